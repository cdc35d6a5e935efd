import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { SqlCell } from '../database.ts';
import { driver, faultReply, isBusy, OPEN_ATTEMPTS, PAUSE_MS, toBinding, toCell } from './thread-kit.ts';
import type { ThreadReply, ThreadRequest, ThreadSettings } from './thread-messages.ts';

/*
 * The program of a thread of SQLite that only reads: it answers one statement after the other, and breaks off the one that
 * runs when it is told to. The driver works on it in a thread of its own, so that this one can be told. A thread that is
 * ended while the driver works takes the whole process with it, so breaking off is the only way to end a long report, and
 * closing waits for whatever is under way.
 */
type Binding = typeof import('libsql/promise');
type SqliteFile = InstanceType<Binding>;

/** Rows after which somebody may break off what is read. */
const ROWS_AT_ONCE = 1_000;

const { busyTimeoutMs, file, pragmas, requireFrom } = workerData as ThreadSettings;
const port = parentPort!;
let database: SqliteFile | undefined;
let isAsked = false;
let isBrokenOff = false;

async function open(): Promise<SqliteFile> {
  const Binding = driver<Binding>('libsql/promise', requireFrom);
  const opened = new Binding(file, { timeout: busyTimeoutMs });
  for (let attempt = 1; ; attempt += 1) {
    try {
      for (const pragma of pragmas) await opened.pragma(pragma, undefined);
      return opened.defaultSafeIntegers(true);
    } catch (error) {
      if (!isBusy(error) || attempt === OPEN_ATTEMPTS) throw error;
      await pause(PAUSE_MS);
    }
  }
}

async function ensureOpen(): Promise<SqliteFile> {
  database ??= await open();
  return database;
}

async function read(opened: SqliteFile, sql: string, parameters: readonly unknown[]) {
  const statement = await opened.prepare(sql);
  statement.raw(true);
  const rows: SqlCell[][] = [];
  for (const row of await statement.iterate(parameters.map(toBinding))) {
    rows.push((row as SqlCell[]).map(toCell));
    if (rows.length % ROWS_AT_ONCE === 0) await nextTurn();
  }
  return { columns: statement.columns().map(({ name }: { readonly name: string }) => name), rows };
}

async function answer(request: ThreadRequest): Promise<ThreadReply> {
  const { id } = request;
  await opening;
  if (request.do === 'close') {
    database?.close();
    return { id, changes: 0 };
  }
  if (request.do !== 'all') throw new Error(`Reports only read; "${request.do}" does not.`);
  return { id, ...(await read(await ensureOpen(), request.sql, request.parameters)) };
}

/** What has not begun yet hears nothing of it, so that it is told until it has ended. */
function breakOff(): void {
  if (!isBrokenOff) return;
  database?.interrupt();
  setTimeout(breakOff, PAUSE_MS);
}

// What fails here is tried again for the first request, which is told why it cannot be.
const opening = ensureOpen().catch(() => undefined);

port.on('message', async (request: ThreadRequest | 'interrupt') => {
  if (request === 'interrupt') {
    isBrokenOff ||= isAsked;
    breakOff();
    return;
  }
  isAsked = true;
  const reply = await answer(request).catch((error: unknown) => faultReply(error, request.id));
  isAsked = false;
  isBrokenOff = false;
  port.postMessage(reply);
});
