/**
 * What went wrong in a database, as far as callers tell cases apart:
 * `unique`, `foreign_key`: the row breaks a rule of the schema. `busy`: others write; a repetition may succeed.
 * `unavailable`: the database cannot be reached, or calls fail at once because it could not be. `timeout`: the time
 * limit passed. `aborted`: the caller gave up. `invalid`: the statement itself, or anything else the database refused.
 */
export type SqlErrorKind = 'unique' | 'foreign_key' | 'busy' | 'unavailable' | 'timeout' | 'aborted' | 'invalid';

/** The one error that calls of a `Database` reject with; it stays within `stores/`. The message holds no parameters. */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly kind: SqlErrorKind;

  constructor(kind: SqlErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}
