import type { SqlCell } from '../database.ts';
import type { ThreadKit } from './thread-kit.ts';
import type { ThreadReply, ThreadRequest, ThreadSettings } from './thread-messages.ts';

/**
 * What runs in a thread of SQLite that only reads: it answers one statement after the other, and breaks off the one that
 * runs when it is told to. The driver works on it in a thread of its own, so that this one can be told. A thread that is
 * ended while the driver works takes the whole process with it, so breaking off is the only way to end a long report, and
 * closing waits for whatever is under way.
 *
 * As with `threadMain`, nothing outside the function can be named in it.
 */
export function reportMain({ faultOf, isBusy, openAttempts, pauseMs, toBinding, toCell }: ThreadKit): void {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  const { createRequire } = process.getBuiltinModule('node:module');
  const settings = workerData as ThreadSettings;
  type Binding = typeof import('libsql/promise');
  type SqliteFile = InstanceType<Binding>;
  const port = parentPort!;
  /** Rows after which somebody may break off what is read. */
  const ROWS_AT_ONCE = 1_000;

  const open = async (): Promise<SqliteFile> => {
    const Binding = createRequire(settings.requireFrom)('libsql/promise') as Binding;
    const opened = new Binding(settings.file, { timeout: settings.busyTimeoutMs });
    for (let attempt = 1; ; attempt += 1) {
      try {
        for (const pragma of settings.pragmas) await opened.pragma(pragma, undefined);
        return opened.defaultSafeIntegers(true);
      } catch (error) {
        if (!isBusy(error) || attempt === openAttempts) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  };
  let database: SqliteFile | undefined;
  const ensureOpen = async () => {
    database ??= await open();
  };
  // What fails here is tried again for the first request, which is told why it cannot be.
  const opening = ensureOpen().catch(() => undefined);

  const read = async (sql: string, parameters: readonly unknown[]) => {
    const statement = await database!.prepare(sql);
    statement.raw(true);
    const rows: SqlCell[][] = [];
    for (const row of await statement.iterate(parameters.map(toBinding))) {
      rows.push((row as SqlCell[]).map(toCell));
      if (rows.length % ROWS_AT_ONCE === 0) await new Promise(setImmediate);
    }
    return { columns: statement.columns().map(({ name }: { readonly name: string }) => name), rows };
  };

  const answer = async (request: ThreadRequest): Promise<ThreadReply> => {
    const { id } = request;
    await opening;
    if (request.do === 'close') {
      database?.close();
      return { id, changes: 0 };
    }
    if (request.do !== 'all') throw new Error(`Reports only read; "${request.do}" does not.`);
    await ensureOpen();
    return { id, ...(await read(request.sql, request.parameters)) };
  };

  let isAsked = false;
  let isBrokenOff = false;
  // What has not begun yet hears nothing of it, so that it is told until it has ended.
  const breakOff = () => {
    if (!isBrokenOff) return;
    database?.interrupt();
    setTimeout(breakOff, pauseMs);
  };

  port.on('message', (request: ThreadRequest | 'interrupt') => {
    if (request === 'interrupt') {
      isBrokenOff ||= isAsked;
      breakOff();
      return;
    }
    isAsked = true;
    answer(request)
      .catch((error) => faultOf(error, request.id))
      .then((reply) => {
        isAsked = false;
        isBrokenOff = false;
        port.postMessage(reply);
      });
  });
}
