import type { GroupsToInsert, RowsToInsert, SqlRunner, SqlValue } from '../database.ts';
import { insertStatement } from '../insert-statement.ts';
import { SqlError } from '../sql-error.ts';
import type { TimeLimit } from '../time-limit.ts';
import { groupTask } from './group-task.ts';
import { changesOf, rowsOf } from './sqlite-result.ts';
import type { SqliteThread, ThreadResult } from './sqlite-thread.ts';
import type { ThreadTask } from './thread-messages.ts';

/** A transaction that has the thread for itself. It locks for writing at once: a later upgrade could not wait. */
export class SqliteTransaction implements SqlRunner {
  readonly #thread: SqliteThread;
  readonly #limit: TimeLimit;
  readonly #deaths: number;
  #isOver = false;

  constructor(thread: SqliteThread, limit: TimeLimit) {
    this.#thread = thread;
    this.#deaths = thread.deaths;
    this.#limit = limit;
  }

  /** Begins, works, commits; undoes everything when `work` throws or the call is given up. */
  async perform<Result>(work: (transaction: SqlRunner) => Promise<Result>): Promise<Result> {
    await this.#thread.ask({ do: 'script', sql: 'BEGIN IMMEDIATE' });
    try {
      const result = await this.#limit.within(work(this));
      await this.#ask({ do: 'script', sql: 'COMMIT' });
      this.#isOver = true;
      return result;
    } catch (error) {
      this.#isOver = true;
      // Fails where the database undid everything by itself, or the thread is gone and its transaction with it.
      await this.#thread.ask({ do: 'script', sql: 'ROLLBACK' }).catch(() => undefined);
      throw error;
    }
  }

  run(sql: string, parameters: readonly SqlValue[] = []): Promise<number> {
    return this.#ask({ do: 'run', sql, parameters }).then(changesOf);
  }

  all<Row extends object>(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly Row[]> {
    return this.#ask({ do: 'all', sql, parameters }).then((result) => rowsOf<Row>(result));
  }

  async insertMany(insert: RowsToInsert): Promise<number> {
    if (insert.rows.length === 0) return 0;
    return changesOf(await this.#ask({ do: 'insert', sql: insertStatement(insert, 1), rows: insert.rows }));
  }

  async insertGroups(insert: GroupsToInsert): Promise<number> {
    return insert.rows.length === 0 ? 0 : changesOf(await this.#ask({ do: 'groups', ...groupTask(insert) }));
  }

  async script(sql: string): Promise<void> {
    await this.#ask({ do: 'script', sql });
  }

  async #ask(task: ThreadTask): Promise<ThreadResult> {
    if (this.#isOver) throw new SqlError('invalid', 'A statement came after the end of its transaction.');
    if (this.#thread.deaths !== this.#deaths) throw new SqlError('unavailable', 'The transaction was lost; try again.');
    return this.#limit.within(this.#thread.ask(task));
  }
}
