import type { SqlCell } from '../database.ts';
import { driver, isBusy, OPEN_ATTEMPTS, PAUSE_MS, toBinding, toCell } from './thread-kit.ts';
import type { GroupsTask, ThreadSettings } from './thread-messages.ts';

type Binding = typeof import('libsql');
type SqliteFile = InstanceType<Binding>;
type Statement = ReturnType<SqliteFile['prepare']>;

/** Statements that are kept prepared. */
const MAX_STATEMENTS = 500;

/** What a statement says: its rows, cells in the order of the columns. */
export interface ReadRows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlCell[])[];
}

/** A SQLite file in the thread that has it open. Every call is over when it returns, and throws as the driver does. */
export class SqliteConnection {
  readonly #file: SqliteFile;
  readonly #statements = new Map<string, Statement>();

  constructor(settings: ThreadSettings) {
    this.#file = openFile(settings);
  }

  script(sql: string): void {
    this.#file.exec(sql);
  }

  /** Gives the number of rows that it changed. */
  run(sql: string, parameters: readonly unknown[]): number {
    const statement = this.#prepare(sql);
    const values = parameters.map(toBinding);
    return statement.reader ? statement.all(values).length : statement.run(values).changes;
  }

  all(sql: string, parameters: readonly unknown[]): ReadRows {
    const statement = this.#prepare(sql);
    const values = parameters.map(toBinding);
    if (!statement.reader) {
      statement.run(values);
      return { columns: [], rows: [] };
    }
    const rows = (statement.all(values) as SqlCell[][]).map((row) => row.map(toCell));
    return { columns: statement.columns().map(({ name }) => name), rows };
  }

  insertRows(sql: string, rows: readonly (readonly unknown[])[]): number {
    return this.#whole(() => {
      const statement = this.#prepare(sql);
      let changes = 0;
      for (const row of rows) changes += statement.run(row.map(toBinding)).changes;
      return changes;
    });
  }

  insertGroups({ groups, rows, statements: texts, width }: GroupsTask): number {
    return this.#whole(() => {
      this.#file.exec(texts.prepare);
      for (const [place, shared] of groups.entries()) this.#prepare(texts.group).run([place, ...shared.map(toPlain)]);
      let changes = 0;
      for (let done = 0; done < rows.length; ) {
        const left = (rows.length - done) / width;
        const { count, sql } = texts.rows.find((one) => one.count <= left)!;
        const next = done + count * width;
        changes += this.#prepare(sql).run(rows.slice(done, next)).changes;
        done = next;
      }
      return changes;
    });
  }

  /** Undoes what a transaction did; nothing where the database did so by itself. */
  rollBack(): void {
    if (this.#file.inTransaction) this.#file.exec('ROLLBACK');
  }

  close(): void {
    this.#statements.clear();
    this.#file.close();
  }

  /** All of it or nothing. */
  #whole(work: () => number): number {
    const own = !this.#file.inTransaction;
    if (own) this.#file.exec('BEGIN IMMEDIATE');
    try {
      const changes = work();
      if (own) this.#file.exec('COMMIT');
      return changes;
    } catch (error) {
      if (own) this.rollBack();
      throw error;
    }
  }

  #prepare(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
    const statement = this.#file.prepare(sql);
    if (statement.reader) statement.raw(true);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function openFile({ busyTimeoutMs, file, pragmas, requireFrom }: ThreadSettings): SqliteFile {
  const SqliteFile = driver<Binding>('libsql', requireFrom);
  const opened = new SqliteFile(file, { timeout: busyTimeoutMs });
  // Several processes may open a new file at once; the change to a write-ahead log does not wait for a lock by itself.
  for (let attempt = 1; ; attempt += 1) {
    try {
      for (const pragma of pragmas) opened.pragma(pragma);
      return opened.defaultSafeIntegers(true);
    } catch (error) {
      if (!isBusy(error) || attempt === OPEN_ATTEMPTS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}

/** Of values that go into columns that make whole numbers of them by themselves. */
function toPlain(value: unknown): unknown {
  return typeof value === 'boolean' ? Number(value) : value;
}
