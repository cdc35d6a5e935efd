import { type ConfigDocument, positionOf } from './config-document.ts';
import type { ConfigPath } from './config-path.ts';
import { ConfigError, type ConfigNotice, type ConfigNoticeLike, type ConfigPlace, nowhere } from './gateway-config.ts';

/** What was found while a configuration was read: notices for the operator, and problems that keep it from being used. */
export interface Findings {
  readonly notices: readonly ConfigNotice[];
  /** Something works differently than written. `path` places it in the file; undefined: no place. */
  warn(message: string, path?: ConfigPath): void;
  /** A feature that is accepted, but does nothing yet. */
  pend(message: string, path?: ConfigPath): void;
  /** The configuration cannot be used. */
  fail(message: string, path?: ConfigPath): void;
  /** Where something stands, for what is only found later. */
  placeOf(path: ConfigPath): ConfigPlace;
  /** Throws ConfigError with all problems and warnings so far, if there are problems. */
  throwProblems(): void;
}

/** Collects findings and places them in a document. */
export function createFindings(document: ConfigDocument): Findings {
  const notices: ConfigNotice[] = [];
  const problems: ConfigNoticeLike[] = [];
  const placeOf = (path: ConfigPath): ConfigPlace => {
    const position = positionOf(document, path);
    return { file: document.file, line: position?.line, column: position?.column };
  };
  const place = (message: string, path: ConfigPath | undefined): ConfigNoticeLike => ({
    message,
    ...(path === undefined ? nowhere : placeOf(path)),
  });
  return {
    notices,
    warn: (message, path) => void notices.push({ level: 'warning', ...place(message, path) }),
    pend: (message, path) => void notices.push({ level: 'pending', ...place(message, path) }),
    fail: (message, path) => void problems.push(place(message, path)),
    placeOf,
    throwProblems() {
      if (problems.length > 0) throw new ConfigError(problems, { warnings: notices.filter(isWarning) });
    },
  };
}

function isWarning({ level }: ConfigNotice): boolean {
  return level === 'warning';
}
