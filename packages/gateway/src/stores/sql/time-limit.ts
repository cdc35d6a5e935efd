import type { Clock } from '../../canonical/clock.ts';
import type { CallLimits } from './database.ts';
import { SqlError } from './sql-error.ts';

/** The time that one call may take over all its steps: the wait for a connection, each statement, the commit. */
export class TimeLimit {
  /** Milliseconds that the call had at its start. */
  readonly timeoutMs: number;
  readonly #givenUp: Promise<never>;
  #reason: SqlError | undefined;
  #end: () => void = () => undefined;

  /** `place` names the database in messages. */
  constructor(clock: Clock, place: string, limits: CallLimits, defaultMs: number) {
    const { signal, timeoutMs = defaultMs } = limits;
    this.timeoutMs = timeoutMs;
    this.#givenUp = new Promise((_resolve, reject) => {
      const giveUp = (reason: SqlError) => {
        if (this.#reason !== undefined) return;
        this.#reason = reason;
        this.#end();
        reject(reason);
      };
      const onAbort = () => giveUp(new SqlError('aborted', `A call to ${place} was given up by its caller.`));
      const cancel = clock.schedule(
        () => giveUp(new SqlError('timeout', `${place} did not answer within ${timeoutMs} ms.`)),
        timeoutMs,
      );
      this.#end = () => {
        cancel();
        signal?.removeEventListener('abort', onAbort);
      };
      if (signal?.aborted) onAbort();
      else signal?.addEventListener('abort', onAbort, { once: true });
    });
    // Whoever waits hears of it through `within`; with nobody waiting it is no fault of the process.
    this.#givenUp.catch(() => undefined);
  }

  /** Why the call was given up, once it was. */
  get reason(): SqlError | undefined {
    return this.#reason;
  }

  /** Settles as `work` does, or rejects when the call is given up first; what `work` then still yields goes to `onLate`. */
  within<Result>(work: Promise<Result>, onLate?: (result: Result) => void): Promise<Result> {
    work.then(
      (result) => {
        if (this.#reason !== undefined) onLate?.(result);
      },
      () => undefined,
    );
    return Promise.race([work, this.#givenUp]);
  }

  /** The call is over: no timer and no listener stays behind. */
  end(): void {
    this.#end();
  }
}
