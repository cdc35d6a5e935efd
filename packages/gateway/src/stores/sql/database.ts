import type { Clock } from '../../canonical/clock.ts';
import type { SpoolCarrier, SpoolToCarry } from '../../ledger/spool-carrier.ts';

/**
 * A database that keeps the record: an embedded SQLite file or PostgreSQL, spoken to in the SQL that both understand.
 *
 * - Parameters are written `?` in both; a `?` inside quotes or a comment is none.
 * - Every call ends within its time limit, counted from the call and waits for a connection included. What was sent
 *   may have been done nevertheless: a statement that is repeated after a failure must be repeatable.
 * - After some failures in a row to reach the database, calls fail at once for a second; then one probe decides.
 * - Failures are `SqlError`s.
 */
export interface Database extends SqlRunner {
  readonly dialect: SqlDialect;
  /** Where it is, for messages: a file or an address without its password. */
  readonly location: string;
  /**
   * Runs `work` in one transaction and commits what it did, or undoes it when it throws. Where the database asks for a
   * repetition (a deadlock, a conflict of two writers), `work` runs again, up to three times: it must change nothing
   * but the database. Write transactions see each other's rows: SQLite has one at a time, PostgreSQL reads committed
   * rows and waits for the rows that another one changes.
   */
  transaction<Result>(work: (transaction: SqlRunner) => Promise<Result>, limits?: CallLimits): Promise<Result>;
  /**
   * A reading statement that may take long. It does not hold up other calls: SQLite has a thread for them, PostgreSQL
   * a longer time limit. One that was given up may go on for a while; on SQLite, further ones wait for it.
   */
  report<Row extends object>(
    sql: string,
    parameters?: readonly SqlValue[],
    limits?: CallLimits,
  ): Promise<readonly Row[]>;
  /**
   * Who brings a spool of the ledger here without its rows going through this thread's hands; undefined where the database
   * has no other thread in this process. `limits` are those of each of its calls.
   */
  carrierOf(toCarry: SpoolToCarry, limits?: CallLimits): SpoolCarrier | undefined;
  /** Says that a report is asked soon, so that what answers it is ready then. */
  expectReport(): void;
  /**
   * Calls `onMessage` for everything that is said on a channel by `pg_notify`, and with an empty text whenever it begins to
   * listen: what was said before that, and while a lost connection is made anew, is missed. The returned function ends
   * it. Undefined where the database cannot speak by itself.
   */
  listen(channel: string, onMessage: (text: string) => void): (() => Promise<void>) | undefined;
  /** Refuses what waits, and waits for what runs, seconds at most. */
  close(): Promise<void>;
}

export type SqlDialect = 'sqlite' | 'postgres';

/** Calls of a database, and of a transaction in it. */
export interface SqlRunner {
  /** Runs one statement; gives the number of rows that it changed. */
  run(sql: string, parameters?: readonly SqlValue[], limits?: CallLimits): Promise<number>;
  /** Runs one statement; gives its rows, objects keyed by column name. Also for `RETURNING`. */
  all<Row extends object>(sql: string, parameters?: readonly SqlValue[], limits?: CallLimits): Promise<readonly Row[]>;
  /** Writes rows in as few statements as the dialect takes; gives the number of rows written. */
  insertMany(insert: RowsToInsert, limits?: CallLimits): Promise<number>;
  /** Writes many rows that have most of their values in common with others; gives the number of rows written. */
  insertGroups(insert: GroupsToInsert, limits?: CallLimits): Promise<number>;
  /** Runs several statements that have no parameters, as migrations do. */
  script(sql: string, limits?: CallLimits): Promise<void>;
}

/** What a parameter may be. Booleans are written as 1 and 0, JSON as text, times as milliseconds since 1970. */
export type SqlValue = string | number | bigint | boolean | null;

/** What a row in a group has for itself. They are many, and none is looked at on its way. */
export type OwnValue = Exclude<SqlValue, boolean>;

/**
 * What a column is read as. A whole number, sums included, is a `number` as long as that is exact and a `bigint`
 * beyond (above 2^53: nine million dollars in nano-dollars); `asBigInt` and `asNumber` decide for a column.
 */
export type SqlCell = string | number | bigint | null;

export interface CallLimits {
  /** Gives up when it aborts. */
  readonly signal?: AbortSignal;
  /** Milliseconds from the call on; the database's own limit where absent. */
  readonly timeoutMs?: number;
}

export interface RowsToInsert {
  readonly table: string;
  readonly columns: readonly string[];
  /** Values in the order of `columns`. */
  readonly rows: readonly (readonly SqlValue[])[];
  /** `ignore` leaves out rows whose keys are there already; they are not counted as written. Default: `fail`. */
  readonly onConflict?: 'fail' | 'ignore';
}

/** Rows in groups, so that what is the same in all rows of a group is handed over once. */
export interface GroupsToInsert {
  readonly table: string;
  readonly sharedColumns: readonly string[];
  readonly ownColumns: readonly string[];
  /** What the rows of each group have in common, in the order of `sharedColumns`. */
  readonly groups: readonly (readonly SqlValue[])[];
  /**
   * One row after the other: the index of its group, then its values in the order of `ownColumns`. A number goes into a
   * column of numbers only.
   */
  readonly rows: readonly OwnValue[];
}

/** An address of PostgreSQL, or a SQLite file: a path or `:memory:`. */
export type DatabaseLocation = { readonly url: string } | { readonly file: string };

export interface DatabaseSettings {
  readonly location: DatabaseLocation;
  readonly clock: Clock;
  /** Connections of PostgreSQL, at most; from two on, some are for reports alone. Default: 10. */
  readonly maxConnections?: number;
  /** Connections that are kept when idle. Default: 0. */
  readonly minConnections?: number;
  /** Milliseconds for a call that names no limit. Default: 5,000. */
  readonly timeoutMs?: number;
  /** Milliseconds for a report that names no limit. Default: 30,000. */
  readonly reportTimeoutMs?: number;
  /** Milliseconds for a connection to be made. Default: 3,000. */
  readonly connectTimeoutMs?: number;
  /** Told in a sentence, without secrets, when the database is lost and when it is back. */
  readonly onNotice?: (text: string) => void;
}

/** Opens a database; connections are made when the first call needs them, so an absent server shows there. */
export async function openDatabase(settings: DatabaseSettings): Promise<Database> {
  const { location } = settings;
  // Loaded when chosen: who keeps no record pays for no driver, who has a file pays for one.
  if ('url' in location) return (await import('./postgres/postgres-database.ts')).openPostgres(location.url, settings);
  return (await import('./sqlite/sqlite-database.ts')).openSqlite(location.file, settings);
}

/** A whole number of a row, exact at any size. */
export function asBigInt(cell: number | bigint): bigint {
  return BigInt(cell);
}

/** A whole number of a row as a `number`; throws where that would not be exact. */
export function asNumber(cell: number | bigint): number {
  const number = Number(cell);
  if (!Number.isSafeInteger(number)) throw new RangeError(`The database holds ${cell}, which is too large a number.`);
  return number;
}
