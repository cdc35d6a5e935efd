import { nowhere } from '../canonical/config-error.ts';
import { type ConfigDocument, positionOf } from './config-document.ts';
import type { ConfigPath } from './config-path.ts';
import { ConfigError, type ConfigNotice, type ConfigNoticeLike, type ConfigPlace } from './gateway-config.ts';

/** What was found while a configuration was read: notices for the operator, and problems that keep it from being used. */
export interface Findings {
  readonly notices: readonly ConfigNotice[];
  /** Something works differently than written. `where` is its path in the file, or its place in another one; undefined: no place. */
  warn(message: string, where?: ConfigPath | ConfigPlace): void;
  /** A feature that is accepted, but does nothing yet. */
  pend(message: string, path?: ConfigPath): void;
  /** The configuration cannot be used. */
  fail(message: string, where?: ConfigPath | ConfigPlace): void;
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
  const place = (message: string, where: ConfigPath | ConfigPlace = nowhere): ConfigNoticeLike => ({
    message,
    ...(isPath(where) ? placeOf(where) : where),
  });
  return {
    notices,
    warn: (message, where) => void notices.push({ level: 'warning', ...place(message, where) }),
    pend: (message, path) => void notices.push({ level: 'pending', ...place(message, path) }),
    fail: (message, where) => void problems.push(place(message, where)),
    placeOf,
    throwProblems() {
      if (problems.length > 0) throw new ConfigError(problems, { warnings: notices.filter(isWarning) });
    },
  };
}

function isPath(where: ConfigPath | ConfigPlace): where is ConfigPath {
  return Array.isArray(where);
}

function isWarning({ level }: ConfigNotice): boolean {
  return level === 'warning';
}
