import type { SqlCell } from '../database.ts';
import type { ThreadKit } from './thread-kit.ts';
import type { ThreadReply, ThreadRequest, ThreadSettings } from './thread-messages.ts';

/**
 * What runs in a thread of SQLite: it opens the file and answers requests one after the other.
 *
 * The thread is started from this function's own text, so that it runs the same from sources, from the bundle and in
 * tests, where no loader could read a file of its own. Nothing outside the function can be named in it.
 */
export function threadMain({ faultOf, isBusy, openAttempts, pauseMs, toBinding, toCell }: ThreadKit): void {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  const { createRequire } = process.getBuiltinModule('node:module');
  const settings = workerData as ThreadSettings;
  type Binding = typeof import('libsql');
  type Statement = ReturnType<InstanceType<Binding>['prepare']>;
  type GroupRequest = Extract<ThreadRequest, { readonly do: 'groups' }>;
  const port = parentPort!;
  const MAX_STATEMENTS = 500;

  const pause = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

  const open = () => {
    const SqliteFile = createRequire(settings.requireFrom)('libsql') as Binding;
    const opened = new SqliteFile(settings.file, { timeout: settings.busyTimeoutMs });
    // Several processes may open a new file at once; the change to a write-ahead log does not wait for a lock by itself.
    for (let attempt = 1; ; attempt += 1) {
      try {
        for (const pragma of settings.pragmas) opened.pragma(pragma);
        break;
      } catch (error) {
        if (!isBusy(error) || attempt === openAttempts) throw error;
        pause(pauseMs);
      }
    }
    return opened.defaultSafeIntegers(true);
  };
  let database: InstanceType<Binding> | undefined;
  try {
    database = open();
  } catch {
    // It is tried again for the first request, which is told why it cannot be.
  }
  const statements = new Map<string, Statement>();

  const prepare = (sql: string): Statement => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    if (statements.size >= MAX_STATEMENTS) statements.clear();
    const statement = database!.prepare(sql);
    if (statement.reader) statement.raw(true);
    statements.set(sql, statement);
    return statement;
  };

  /** All of it or nothing. */
  const whole = (work: () => number): number => {
    const own = !database!.inTransaction;
    if (own) database!.exec('BEGIN IMMEDIATE');
    try {
      const changes = work();
      if (own) database!.exec('COMMIT');
      return changes;
    } catch (error) {
      if (own && database!.inTransaction) database!.exec('ROLLBACK');
      throw error;
    }
  };

  const insertRows = (sql: string, rows: readonly (readonly unknown[])[]): number => {
    const statement = prepare(sql);
    let changes = 0;
    for (const row of rows) changes += statement.run(row.map(toBinding)).changes;
    return changes;
  };

  // These go into columns that make whole numbers of them by themselves.
  const toPlain = (value: unknown) => (typeof value === 'boolean' ? Number(value) : value);

  const insertGroups = ({ groups, rows, statements: texts, width }: GroupRequest): number => {
    database!.exec(texts.prepare);
    for (const [place, shared] of groups.entries()) prepare(texts.group).run([place, ...shared.map(toPlain)]);
    const values = rows.map(toPlain);
    let changes = 0;
    for (let done = 0; done < values.length; ) {
      const left = (values.length - done) / width;
      const { count, sql } = texts.rows.find((one) => one.count <= left)!;
      const next = done + count * width;
      changes += prepare(sql).run(values.slice(done, next)).changes;
      done = next;
    }
    return changes;
  };

  const answer = (request: ThreadRequest): ThreadReply => {
    database ??= open();
    const { id } = request;
    switch (request.do) {
      case 'script':
        database.exec(request.sql);
        return { id, changes: 0 };
      case 'insert':
        return { id, changes: whole(() => insertRows(request.sql, request.rows)) };
      case 'groups':
        return { id, changes: whole(() => insertGroups(request)) };
      case 'run': {
        const statement = prepare(request.sql);
        const parameters = request.parameters.map(toBinding);
        if (!statement.reader) return { id, changes: statement.run(parameters).changes };
        return { id, changes: statement.all(parameters).length };
      }
      case 'all': {
        const statement = prepare(request.sql);
        const parameters = request.parameters.map(toBinding);
        if (!statement.reader) {
          statement.run(parameters);
          return { id, columns: [], rows: [] };
        }
        const rows = (statement.all(parameters) as SqlCell[][]).map((row) => row.map(toCell));
        return { id, columns: statement.columns().map(({ name }) => name), rows };
      }
      case 'close':
        statements.clear();
        database.close();
        return { id, changes: 0 };
    }
  };

  port.on('message', (request: ThreadRequest) => {
    let reply: ThreadReply;
    try {
      reply = answer(request);
    } catch (error) {
      reply = faultOf(error, request.id);
    }
    port.postMessage(reply);
  });
}
