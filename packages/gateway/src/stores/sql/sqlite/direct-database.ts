import type { Database, GroupsToInsert, RowsToInsert, SqlRunner, SqlValue } from '../database.ts';
import { insertStatement } from '../insert-statement.ts';
import { groupTask } from './group-task.ts';
import type { SqliteConnection } from './sqlite-connection.ts';
import { toSqliteError } from './sqlite-error.ts';
import { rowsOf } from './sqlite-result.ts';
import { faultOf } from './thread-kit.ts';

/**
 * A database as the thread sees it that has the file open: statements are done when they are called. Limits of time are
 * those of who asks the thread. Nothing else may be asked of the connection while a transaction waits for anything but
 * its own statements.
 */
export class DirectDatabase implements SqlRunner, Pick<Database, 'dialect' | 'transaction'> {
  readonly dialect = 'sqlite';
  readonly #connection: SqliteConnection;
  readonly #place: string;

  /** `place` names the file in messages. */
  constructor(connection: SqliteConnection, place: string) {
    this.#connection = connection;
    this.#place = place;
  }

  async run(sql: string, parameters: readonly SqlValue[] = []): Promise<number> {
    return this.#done(() => this.#connection.run(sql, parameters));
  }

  async all<Row extends object>(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly Row[]> {
    return this.#done(() => rowsOf<Row>(this.#connection.all(sql, parameters)));
  }

  async insertMany(insert: RowsToInsert): Promise<number> {
    if (insert.rows.length === 0) return 0;
    return this.#done(() => this.#connection.insertRows(insertStatement(insert, 1), insert.rows));
  }

  async insertGroups(insert: GroupsToInsert): Promise<number> {
    return insert.rows.length === 0 ? 0 : this.#done(() => this.#connection.insertGroups(groupTask(insert)));
  }

  async script(sql: string): Promise<void> {
    this.#done(() => this.#connection.script(sql));
  }

  async transaction<Result>(work: (transaction: SqlRunner) => Promise<Result>): Promise<Result> {
    await this.script('BEGIN IMMEDIATE');
    try {
      const result = await work(this);
      await this.script('COMMIT');
      return result;
    } catch (error) {
      this.#connection.rollBack();
      throw error;
    }
  }

  #done<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      const { code, message } = faultOf(error);
      throw toSqliteError(code, message, this.#place);
    }
  }
}
