import type { PoolClient, QueryConfig } from 'pg';
import pg from 'pg';
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
import { repeatBusy } from '../repeat-busy.ts';
import { SqlError } from '../sql-error.ts';
import { TimeLimit } from '../time-limit.ts';
import { takesNoChanges, toPostgresError } from './postgres-error.ts';
import { PostgresListener } from './postgres-listener.ts';
import { PostgresSession } from './postgres-session.ts';
import { osUser, withoutPassword } from './postgres-url.ts';
import { parserOf } from './postgres-values.ts';

const DEFAULT_TIMEOUT_MS = 5_000;
const DEFAULT_REPORT_TIMEOUT_MS = 30_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 3_000;
const DEFAULT_MAX_CONNECTIONS = 10;
const MAX_REPORT_CONNECTIONS = 2;
/** Milliseconds after which an idle connection is closed. */
const IDLE_TIMEOUT_MS = 60_000;
/** Calls that may wait for a connection. */
const MAX_WAITING = 1_000;

// As with every other client of PostgreSQL: who is not named in the address or in PGUSER is the user of this process.
pg.defaults.user ??= osUser();

/** Opens a pool; it connects when the first call needs it. */
export async function openPostgres(url: string, settings: DatabaseSettings): Promise<Database> {
  return new PostgresDatabase(url, settings);
}

class PostgresDatabase implements Database {
  readonly dialect = 'postgres';
  readonly location: string;
  readonly #url: string;
  readonly #settings: DatabaseSettings;
  readonly #listeners = new Set<PostgresListener>();
  readonly #pool: pg.Pool;
  readonly #reports: pg.Pool;
  readonly #circuit: Circuit;
  readonly #defaultMs: number;

  constructor(url: string, settings: DatabaseSettings) {
    const { clock, onNotice, timeoutMs = DEFAULT_TIMEOUT_MS } = settings;
    this.#url = url;
    this.#settings = settings;
    this.#defaultMs = timeoutMs;
    this.location = withoutPassword(url);
    const connections = settings.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
    const forReports = Math.min(MAX_REPORT_CONNECTIONS, connections - 1);
    this.#pool = this.#createPool(connections - forReports, settings.minConnections ?? 0);
    this.#reports = forReports === 0 ? this.#pool : this.#createPool(forReports, 0);
    const probe = () => this.#within(this.#pool, {}, (session) => session.all('SELECT 1'));
    this.#circuit = new Circuit({ clock, place: this.location, probe, onNotice });
  }

  run(sql: string, parameters?: readonly SqlValue[], limits: CallLimits = {}): Promise<number> {
    return this.#statement(limits, (session) => session.run(sql, parameters));
  }

  all<Row extends object>(
    sql: string,
    parameters?: readonly SqlValue[],
    limits: CallLimits = {},
  ): Promise<readonly Row[]> {
    return this.#statement(limits, (session) => session.all<Row>(sql, parameters));
  }

  insertMany(insert: RowsToInsert, limits: CallLimits = {}): Promise<number> {
    return this.#statement(limits, (session) => session.insertMany(insert));
  }

  insertGroups(insert: GroupsToInsert, limits: CallLimits = {}): Promise<number> {
    return this.#statement(limits, (session) => session.insertGroups(insert));
  }

  script(sql: string, limits: CallLimits = {}): Promise<void> {
    return this.#statement(limits, (session) => session.script(sql));
  }

  transaction<Result>(work: (transaction: SqlRunner) => Promise<Result>, limits: CallLimits = {}): Promise<Result> {
    const settings = this.#settingsFor(limits);
    return this.#call(this.#pool, limits, (session, limit) =>
      repeatBusy(() => session.transaction(work, settings), limit),
    );
  }

  report<Row extends object>(
    sql: string,
    parameters: readonly SqlValue[] = [],
    limits: CallLimits = {},
  ): Promise<readonly Row[]> {
    const { timeoutMs = this.#settings.reportTimeoutMs ?? DEFAULT_REPORT_TIMEOUT_MS } = limits;
    // To compile a statement that looks up much takes longer than the statement.
    const settings = `SET TRANSACTION READ ONLY; SET LOCAL jit = off; ${serverLimits('SET LOCAL', timeoutMs)}`;
    return this.#call(this.#reports, { ...limits, timeoutMs }, (session) =>
      session.transaction((transaction) => transaction.all<Row>(sql, parameters), settings),
    );
  }

  /** A connection for it is made in less time than is left. */
  carrierOf(): undefined {
    return undefined;
  }

  expectReport(): void {}

  listen(channel: string, onMessage: (text: string) => void): () => Promise<void> {
    const { clock } = this.#settings;
    const listener = new PostgresListener({ url: this.#url, channel, clock, onMessage });
    this.#listeners.add(listener);
    return async () => {
      this.#listeners.delete(listener);
      await listener.close();
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#listeners].map((listener) => listener.close()));
    await this.#pool.end();
    if (this.#reports !== this.#pool) await this.#reports.end();
  }

  #statement<Result>(limits: CallLimits, work: (runner: SqlRunner) => Promise<Result>): Promise<Result> {
    const settings = this.#settingsFor(limits);
    return this.#call(this.#pool, limits, (session) =>
      settings === '' ? work(session) : session.transaction(work, settings),
    );
  }

  /** What lets the server work longer than it does for ordinary calls, where a caller asks for it. */
  #settingsFor({ timeoutMs = 0 }: CallLimits): string {
    return timeoutMs > this.#defaultMs ? serverLimits('SET LOCAL', timeoutMs) : '';
  }

  #createPool(max: number, min: number): pg.Pool {
    const { connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = this.#settings;
    const settingsOfSession: QueryConfig & { readonly query_timeout: number } = {
      text: serverLimits('SET', this.#defaultMs),
      query_timeout: connectTimeoutMs,
    };
    const pool = new pg.Pool({
      connectionString: this.#url,
      max,
      min: Math.min(min, max),
      connectionTimeoutMillis: connectTimeoutMs,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      allowExitOnIdle: true,
      keepAlive: true,
      application_name: 'llm-gateway',
      types: { getTypeParser: parserOf },
      // By a statement and not as start-up parameters, which connection poolers refuse.
      onConnect: async (client) => {
        // What breaks while it is in use is told by its statement as well; unheard, it would end the process.
        client.on('error', () => undefined);
        await client.query(settingsOfSession);
      },
    });
    // An idle connection that breaks is taken out of the pool; the next call makes another.
    pool.on('error', () => undefined);
    return pool;
  }

  async #call<Result>(
    pool: pg.Pool,
    limits: CallLimits,
    work: (session: PostgresSession, limit: TimeLimit) => Promise<Result>,
  ): Promise<Result> {
    await this.#circuit.enter();
    try {
      const result = await this.#within(pool, limits, work);
      this.#circuit.succeeded();
      return result;
    } catch (error) {
      // A statement that the server itself gave up shows that the server lives.
      if (error instanceof SqlError && isSilence(error)) this.#circuit.failed();
      throw error;
    }
  }

  /** Gives `work` a connection for the time of one call. One that failed on the way is not used again. */
  async #within<Result>(
    pool: pg.Pool,
    limits: CallLimits,
    work: (session: PostgresSession, limit: TimeLimit) => Promise<Result>,
  ): Promise<Result> {
    if (pool.waitingCount >= MAX_WAITING) {
      throw new SqlError('busy', `Too many calls wait for ${this.location}; try again.`);
    }
    const limit = new TimeLimit(this.#settings.clock, this.location, limits, this.#defaultMs);
    let client: PoolClient | undefined;
    try {
      const connected = pool.connect().catch((error: unknown) => {
        throw toPostgresError(error, this.location);
      });
      client = await limit.within(connected, (late) => late.release());
      const result = await work(new PostgresSession(client, limit, this.location), limit);
      client.release();
      return result;
    } catch (error) {
      client?.release(error instanceof SqlError && ['unavailable', 'timeout', 'aborted'].includes(error.kind));
      throw error;
    } finally {
      limit.end();
    }
  }
}

/** Statements by which the server gives up a little after the caller does, and frees what an abandoned call holds. */
function serverLimits(set: 'SET' | 'SET LOCAL', timeoutMs: number): string {
  const limit = Math.ceil(timeoutMs) + 500;
  return `${set} statement_timeout = ${limit}; ${set} idle_in_transaction_session_timeout = ${limit}`;
}

function isSilence(error: SqlError): boolean {
  // What can only be read is worth reading.
  if (takesNoChanges(error)) return false;
  return error.kind === 'unavailable' || (error.kind === 'timeout' && error.cause === undefined);
}
