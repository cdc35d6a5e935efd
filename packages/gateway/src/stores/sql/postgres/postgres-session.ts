import type { PoolClient } from 'pg';
import type { GroupsToInsert, RowsToInsert, SqlRunner, SqlValue } from '../database.ts';
import { insertStatement } from '../insert-statement.ts';
import { SqlError } from '../sql-error.ts';
import type { TimeLimit } from '../time-limit.ts';
import { groupInserts } from './group-inserts.ts';
import { numberedPlaceholders } from './numbered-placeholders.ts';
import { toPostgresError } from './postgres-error.ts';
import { toBinding } from './postgres-values.ts';

/** What a statement may have at most, less than the protocol's 65,535. */
const MAX_PARAMETERS = 30_000;

/** A connection for the time of one call. Its statements run one after the other, also when they are not awaited. */
export class PostgresSession implements SqlRunner {
  readonly #client: PoolClient;
  readonly #limit: TimeLimit;
  readonly #place: string;
  readonly #isTransaction: boolean;
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: PoolClient, limit: TimeLimit, place: string, isTransaction = false) {
    this.#client = client;
    this.#limit = limit;
    this.#place = place;
    this.#isTransaction = isTransaction;
  }

  async run(sql: string, parameters: readonly SqlValue[] = []): Promise<number> {
    const { rowCount } = await this.#query(sql, parameters);
    return rowCount ?? 0;
  }

  async all<Row extends object>(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly Row[]> {
    const { rows } = await this.#query(sql, parameters);
    return rows as Row[];
  }

  async insertMany(insert: RowsToInsert): Promise<number> {
    const { columns, rows } = insert;
    if (rows.length === 0) return 0;
    const size = Math.floor(MAX_PARAMETERS / columns.length);
    if (rows.length <= size) return this.run(insertStatement(insert, rows.length), rows.flat());
    // All rows or none, as with a single statement.
    if (!this.#isTransaction) return this.transaction((transaction) => transaction.insertMany(insert));
    let written = 0;
    for (let start = 0; start < rows.length; start += size) {
      written += await this.insertMany({ ...insert, rows: rows.slice(start, start + size) });
    }
    return written;
  }

  async insertGroups(insert: GroupsToInsert): Promise<number> {
    const { inserts, rest } = groupInserts(insert);
    // All rows or none, as with a single statement.
    if (!this.#isTransaction && inserts.length > 0) {
      return this.transaction((transaction) => transaction.insertGroups(insert));
    }
    let written = await this.insertMany(rest);
    for (const { parameters, sql } of inserts) written += await this.run(sql, parameters);
    return written;
  }

  async script(sql: string): Promise<void> {
    await this.#query(sql, undefined);
  }

  /** Begins, works, commits; undoes everything when `work` throws. */
  async transaction<Result>(work: (transaction: SqlRunner) => Promise<Result>, settings = ''): Promise<Result> {
    const transaction = new PostgresSession(this.#client, this.#limit, this.#place, true);
    await this.script(`BEGIN; ${settings}`);
    try {
      const result = await this.#limit.within(work(transaction));
      await transaction.#end('COMMIT');
      return result;
    } catch (error) {
      // Fails where the connection is lost or the call given up: the connection is closed then, which undoes as well.
      await transaction.#end('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  async #end(sql: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    const ended = this.#query(sql, undefined);
    this.#last = Promise.reject(new SqlError('invalid', 'A statement came after the end of its transaction.'));
    this.#last.catch(() => undefined);
    const { command } = await ended;
    // The server answers a commit so when a statement failed and `work` went on as if nothing had happened.
    if (sql === 'COMMIT' && command === 'ROLLBACK') {
      throw new SqlError('invalid', 'A statement of the transaction failed, and its failure was not passed on.');
    }
  }

  #query(sql: string, parameters: readonly SqlValue[] | undefined) {
    const sent = this.#last.then(async () => {
      if (this.#limit.reason !== undefined) throw this.#limit.reason;
      // Without parameters the driver takes several statements at once, which only scripts may use.
      if (parameters === undefined) return this.#client.query(sql);
      return this.#client.query(numberedPlaceholders(sql), parameters.map(toBinding));
    });
    this.#last = sent.catch(() => undefined);
    return this.#limit.within(sent).catch((error: unknown) => {
      throw toPostgresError(error, this.#place);
    });
  }
}
