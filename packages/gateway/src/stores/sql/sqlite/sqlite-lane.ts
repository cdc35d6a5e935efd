import type { Clock } from '../../../canonical/clock.ts';
import type { CallLimits } from '../database.ts';
import { SqlError } from '../sql-error.ts';
import { TimeLimit } from '../time-limit.ts';
import type { SqliteThread } from './sqlite-thread.ts';

/** Calls that may wait for their turn. */
const MAX_WAITING = 1_000;
/** Milliseconds until a report has ended that was broken off. */
const BREAK_OFF_MS = 1_000;

/**
 * The calls of one thread, one after the other: a transaction has the connection for itself. A call whose time is over
 * before its turn is never sent; one that is given up during its turn is broken off where it is a report, and holds up the
 * next until the thread is done with it.
 */
export class SqliteLane {
  readonly thread: SqliteThread;
  readonly #clock: Clock;
  readonly #place: string;
  /** Resolves when the last call that took a turn is over. */
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #isClosed = false;

  constructor(thread: SqliteThread, clock: Clock, place: string) {
    this.thread = thread;
    this.#clock = clock;
    this.#place = place;
  }

  /**
   * Runs `work` when its turn comes. `work` is over only when the thread has nothing of it left to do; it learns from
   * `limit` that nobody waits for it any more.
   */
  async takeTurn<Result>(
    work: (limit: TimeLimit) => Promise<Result>,
    limits: CallLimits,
    defaultMs: number,
  ): Promise<Result> {
    if (this.#waiting >= MAX_WAITING) {
      throw new SqlError('busy', `Too many calls wait for ${this.#place}; try again.`);
    }
    const limit = new TimeLimit(this.#clock, this.#place, limits, defaultMs);
    this.#waiting += 1;
    let isRunning = false;
    const turn = this.#last.then(() => {
      this.#waiting -= 1;
      if (this.#isClosed) throw new SqlError('unavailable', `${this.#place} is closed.`);
      if (limit.reason !== undefined) throw limit.reason;
      isRunning = true;
      return work(limit);
    });
    const isOver = () => {
      isRunning = false;
    };
    this.#last = turn.then(isOver, isOver);
    try {
      return await limit.within(turn);
    } finally {
      limit.end();
      if (isRunning && limit.reason !== undefined) this.thread.interrupt();
    }
  }

  /**
   * Refuses the calls that wait and ends the thread. The call that runs is waited for, but no longer than `patienceMs`:
   * then it is broken off where it is a report. The thread of another statement is given up, and ends when that does.
   */
  async close(patienceMs: number): Promise<void> {
    this.#isClosed = true;
    const closed = this.#last.then(() => this.thread.close());
    if (await this.#isDone(closed, patienceMs)) return;
    if (this.thread.interrupt() && (await this.#isDone(closed, BREAK_OFF_MS))) return;
    this.thread.abandon();
  }

  /** Whether it is, within so many milliseconds. */
  async #isDone(work: Promise<void>, limitMs: number): Promise<boolean> {
    const limit = new TimeLimit(this.#clock, this.#place, {}, limitMs);
    try {
      await limit.within(work);
      return true;
    } catch {
      return false;
    } finally {
      limit.end();
    }
  }
}
