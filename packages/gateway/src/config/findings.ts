import { type ConfigDocument, positionOf } from './config-document.ts';
import type { ConfigPath } from './config-path.ts';
import { ConfigError, type ConfigNotice, type ConfigNoticeLike } from './gateway-config.ts';

/** What was found while a configuration was read: notices for the operator, and problems that keep it from being used. */
export interface Findings {
  readonly notices: readonly ConfigNotice[];
  /** Something works differently than written. `path` places it in the file; undefined: no place. */
  warn(message: string, path?: ConfigPath): void;
  /** A feature that is accepted, but does nothing yet. */
  pend(message: string, path?: ConfigPath): void;
  /** The configuration cannot be used. */
  fail(message: string, path?: ConfigPath): void;
  /** Throws ConfigError with all problems so far, if any. */
  throwProblems(): void;
}

/** Collects findings and places them in a document. */
export function createFindings(document: ConfigDocument): Findings {
  const notices: ConfigNotice[] = [];
  const problems: ConfigNoticeLike[] = [];
  const place = (message: string, path: ConfigPath | undefined): ConfigNoticeLike => {
    const position = path === undefined ? undefined : positionOf(document, path);
    const file = path === undefined ? undefined : document.file;
    return { message, file, line: position?.line, column: position?.column };
  };
  return {
    notices,
    warn: (message, path) => void notices.push({ level: 'warning', ...place(message, path) }),
    pend: (message, path) => void notices.push({ level: 'pending', ...place(message, path) }),
    fail: (message, path) => void problems.push(place(message, path)),
    throwProblems() {
      if (problems.length > 0) throw new ConfigError(problems);
    },
  };
}
