import { resolve } from 'node:path';
import type { SpoolCarrier, SpoolToCarry } from '../../../ledger/spool-carrier.ts';
import { Circuit } from '../circuit.ts';
import type {
  CallLimits,
  Database,
  DatabaseSettings,
  GroupsToInsert,
  RowsToInsert,
  SqlRunner,
  SqlValue,
} from '../database.ts';
import { insertStatement } from '../insert-statement.ts';
import { repeatBusy } from '../repeat-busy.ts';
import { SqlError } from '../sql-error.ts';
import type { TimeLimit } from '../time-limit.ts';
import { groupTask } from './group-task.ts';
import { makeFile } from './sqlite-file.ts';
import { SqliteLane } from './sqlite-lane.ts';
import { carriedOf, changesOf, rowsOf } from './sqlite-result.ts';
import { SqliteThread, type ThreadResult } from './sqlite-thread.ts';
import { SqliteTransaction } from './sqlite-transaction.ts';
import { type AskToCarry, ThreadCarrier } from './thread-carrier.ts';

const DEFAULT_TIMEOUT_MS = 5_000;
const DEFAULT_REPORT_TIMEOUT_MS = 30_000;
/** Milliseconds that closing waits for a report that runs. */
const REPORT_PATIENCE_MS = 1_000;
/** Milliseconds that a statement waits while another process writes. */
const BUSY_TIMEOUT_MS = 4_000;

/**
 * What each connection is set to. A write-ahead log lets reports read while a batch is written. `FULL` makes a commit
 * survive a power cut, as a revoked key must; the wait for the disk is a thread's and is paid once for a batch.
 */
const pragmas = [
  'journal_mode = WAL',
  'synchronous = FULL',
  'foreign_keys = ON',
  'temp_store = MEMORY',
  'cache_size = -16000',
  'journal_size_limit = 67108864',
];

/** Opens a file, made with its folder for the user of this process alone where there is none. */
export async function openSqlite(path: string, settings: DatabaseSettings): Promise<Database> {
  const file = path === ':memory:' ? path : resolve(path);
  if (file !== ':memory:') await makeFile(file);
  return new SqliteDatabase(file, settings);
}

/** One thread for reads and writes, one for reports. A database in memory has one for both: nobody else can see it. */
class SqliteDatabase implements Database {
  readonly dialect = 'sqlite';
  readonly location: string;
  readonly #settings: DatabaseSettings;
  readonly #circuit: Circuit;
  readonly #main: SqliteLane;
  readonly #reports: SqliteLane;

  constructor(file: string, settings: DatabaseSettings) {
    const { clock, onNotice } = settings;
    this.location = file;
    this.#settings = settings;
    const threadSettings = { requireFrom: import.meta.url, file, busyTimeoutMs: BUSY_TIMEOUT_MS, pragmas };
    this.#main = new SqliteLane(new SqliteThread(threadSettings), clock, file);
    this.#main.thread.start();
    this.#reports =
      file === ':memory:' ? this.#main : new SqliteLane(new SqliteThread(threadSettings, 'reports'), clock, file);
    const probe = () => this.#main.takeTurn(() => this.#ask('all', 'SELECT 1', []), {}, DEFAULT_TIMEOUT_MS);
    this.#circuit = new Circuit({ clock, place: file, probe, onNotice });
  }

  run(sql: string, parameters: readonly SqlValue[] = [], limits: CallLimits = {}): Promise<number> {
    return this.#call(() => this.#ask('run', sql, parameters).then(changesOf), limits);
  }

  all<Row extends object>(
    sql: string,
    parameters: readonly SqlValue[] = [],
    limits: CallLimits = {},
  ): Promise<readonly Row[]> {
    return this.#call(() => this.#ask('all', sql, parameters).then((result) => rowsOf<Row>(result)), limits);
  }

  async insertMany(insert: RowsToInsert, limits: CallLimits = {}): Promise<number> {
    if (insert.rows.length === 0) return 0;
    const sql = insertStatement(insert, 1);
    return this.#call(() => this.#main.thread.ask({ do: 'insert', sql, rows: insert.rows }).then(changesOf), limits);
  }

  async insertGroups(insert: GroupsToInsert, limits: CallLimits = {}): Promise<number> {
    if (insert.rows.length === 0) return 0;
    return this.#call(() => this.#main.thread.ask({ do: 'groups', ...groupTask(insert) }).then(changesOf), limits);
  }

  async script(sql: string, limits: CallLimits = {}): Promise<void> {
    await this.#call(() => this.#main.thread.ask({ do: 'script', sql }), limits);
  }

  transaction<Result>(work: (transaction: SqlRunner) => Promise<Result>, limits: CallLimits = {}): Promise<Result> {
    return this.#call((limit) => {
      const attempt = () => new SqliteTransaction(this.#main.thread, limit).perform(work);
      return repeatBusy(attempt, limit);
    }, limits);
  }

  carrierOf(toCarry: SpoolToCarry, limits: CallLimits = {}): SpoolCarrier {
    const ask: AskToCarry = (makeTask, take) =>
      this.#call(
        (limit) =>
          repeatBusy(
            () =>
              this.#main.thread
                .ask({ do: 'carry', ...makeTask() })
                .then(carriedOf)
                .then(take),
            limit,
          ),
        limits,
      );
    return new ThreadCarrier(toCarry, ask);
  }

  async report<Row extends object>(
    sql: string,
    parameters: readonly SqlValue[] = [],
    limits: CallLimits = {},
  ): Promise<readonly Row[]> {
    const result = await this.#reports.takeTurn(
      () => this.#reports.thread.ask({ do: 'all', sql, parameters }),
      limits,
      this.#settings.reportTimeoutMs ?? DEFAULT_REPORT_TIMEOUT_MS,
    );
    return rowsOf<Row>(result);
  }

  expectReport(): void {
    this.#reports.thread.start();
  }

  listen(): undefined {
    return undefined;
  }

  async close(): Promise<void> {
    // The last connection that is closed puts the log into the file, which is not for that of the reports.
    if (this.#reports !== this.#main) await this.#reports.close(REPORT_PATIENCE_MS);
    await this.#main.close(DEFAULT_TIMEOUT_MS);
  }

  #ask(what: 'run' | 'all', sql: string, parameters: readonly SqlValue[]): Promise<ThreadResult> {
    return this.#main.thread.ask({ do: what, sql, parameters });
  }

  async #call<Result>(work: (limit: TimeLimit) => Promise<Result>, limits: CallLimits): Promise<Result> {
    await this.#circuit.enter();
    try {
      const result = await this.#main.takeTurn(work, limits, this.#settings.timeoutMs ?? DEFAULT_TIMEOUT_MS);
      this.#circuit.succeeded();
      return result;
    } catch (error) {
      const kind = error instanceof SqlError ? error.kind : undefined;
      if (kind === 'timeout' || kind === 'unavailable') this.#circuit.failed();
      throw error;
    }
  }
}
