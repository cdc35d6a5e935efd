import { Worker } from 'node:worker_threads';
import { SqlError } from '../sql-error.ts';
import reportProgram from './report-main.ts?bundled';
import { toSqliteError } from './sqlite-error.ts';
import threadProgram from './thread-main.ts?bundled';
import type { ThreadReply, ThreadSettings, ThreadTask } from './thread-messages.ts';

/** What the programs of threads do: one reads and writes, the other reads what can be broken off. */
const programs = { all: threadProgram, reports: reportProgram };

/** An answer that is no error. */
export type ThreadResult = Exclude<ThreadReply, { readonly code: string }>;

interface Waiting {
  readonly resolve: (result: ThreadResult) => void;
  readonly reject: (error: SqlError) => void;
}

/**
 * One thread with one connection to a SQLite file. It is started by the first request, or before, and started anew when
 * it died; it keeps the process alive only while it is asked something.
 */
export class SqliteThread {
  readonly #settings: ThreadSettings;
  readonly #does: keyof typeof programs;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;
  #deaths = 0;

  constructor(settings: ThreadSettings, does: keyof typeof programs = 'all') {
    this.#settings = settings;
    this.#does = does;
  }

  /** How often a thread ended by itself; a transaction does not outlive it. */
  get deaths(): number {
    return this.#deaths;
  }

  /** Has the thread open its file, which takes some 40 ms, before it is asked anything. */
  start(): void {
    this.#worker ??= this.#begin();
  }

  /** Resolves with what the thread answers; rejects with a `SqlError`. It waits as long as the thread takes. */
  ask(task: ThreadTask): Promise<ThreadResult> {
    return new Promise((resolve, reject) => {
      this.#worker ??= this.#begin();
      this.#lastId += 1;
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(this.#lastId, { resolve, reject });
      this.#worker.postMessage({ ...task, id: this.#lastId });
    });
  }

  /** Closes the file and ends the thread. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    await this.ask({ do: 'close' }).catch(() => undefined);
    this.#worker = undefined;
    await worker.terminate();
  }

  /** Breaks off the report that runs, which then fails; answers whether that can be done. */
  interrupt(): boolean {
    if (this.#does !== 'reports') return false;
    this.#worker?.postMessage('interrupt');
    return true;
  }

  /** Ends the thread without waiting for what it is at. */
  abandon(): void {
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#lose(worker, undefined);
    void worker.terminate();
  }

  #begin(): Worker {
    const worker = new Worker(programs[this.#does], {
      eval: true,
      name: 'sqlite',
      workerData: this.#settings,
      // The variables of the process hold secrets, and this thread needs none of them.
      env: {},
    });
    worker.on('message', (reply: ThreadReply) => this.#settle(reply));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', () => this.#lose(worker, undefined));
    worker.unref();
    return worker;
  }

  #settle(reply: ThreadReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker?.unref();
    if ('code' in reply) waiting?.reject(toSqliteError(reply.code, reply.message, this.#settings.file));
    else waiting?.resolve(reply);
  }

  #lose(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#deaths += 1;
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of lost) {
      reject(new SqlError('unavailable', `The thread of ${this.#settings.file} ended before it answered.`, cause));
    }
  }
}
