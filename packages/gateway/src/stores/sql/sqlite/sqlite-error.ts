import { SqlError } from '../sql-error.ts';

/** What the driver says, as a `SqlError`. `place` is the file, for messages. */
export function toSqliteError(code: string, message: string, place: string): SqlError {
  const cause = new Error(`${code}: ${message}`);
  if (/^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)/.test(code)) return new SqlError('unique', message, cause);
  // A reference that restricts deletions is kept by a trigger of the database's own.
  const isReference = /^SQLITE_CONSTRAINT_(FOREIGNKEY|TRIGGER)/.test(code) && message.startsWith('FOREIGN KEY');
  if (isReference) return new SqlError('foreign_key', message, cause);
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return new SqlError('busy', `${place} is being written by another process; try again.`, cause);
  }
  const remedy = remedies.find(([pattern]) => pattern.test(code));
  if (remedy !== undefined) return new SqlError('unavailable', `${place} ${remedy[1]}`, cause);
  return new SqlError('invalid', `${place} refused a statement: ${message}`, cause);
}

const remedies: readonly (readonly [code: RegExp, sentence: string])[] = [
  [/^SQLITE_INTERRUPT/, 'was told to break off a report that nobody waits for any more.'],
  [/^SQLITE_FULL/, 'cannot grow: the disk is full. Make room.'],
  [/^SQLITE_READONLY/, 'is read-only. Let the user of this process write it and its folder.'],
  [/^SQLITE_CANTOPEN/, 'cannot be opened. See that its folder exists and that the user of this process may write it.'],
  [/^SQLITE_NOTADB/, 'is not a SQLite database. Name another file, or move this one away.'],
  [/^SQLITE_CORRUPT/, 'is damaged. Restore it from a copy; the command "llm-gateway db check" shows what is wrong.'],
  [/^SQLITE_(IOERR|NOLFS|PERM|AUTH)/, 'cannot be read or written. See the disk and the permissions of the file.'],
  [/^(MODULE_NOT_FOUND|ERR_DLOPEN_FAILED)/, 'needs the package "libsql", which is not installed for this platform.'],
];
