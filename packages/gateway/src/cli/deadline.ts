import type { Clock } from '../canonical/clock.ts';

/** A limit on waiting: its signal aborts when the time is over or when `parent` aborts. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Whether the time ran out, rather than `parent` aborting. */
  readonly isOver: boolean;
  /** Starts the time again, with another length in milliseconds. */
  restart(limitMs: number): void;
  /** Ends the wait; the signal never aborts afterwards. */
  cancel(): void;
}

export function createDeadline(clock: Clock, limitMs: number, parent: AbortSignal): Deadline {
  const controller = new AbortController();
  let isOver = false;
  const expire = () => {
    isOver = true;
    controller.abort();
  };
  const follow = () => controller.abort();
  let stopTimer = clock.schedule(expire, limitMs);
  if (parent.aborted) controller.abort();
  else parent.addEventListener('abort', follow, { once: true });

  return {
    signal: controller.signal,
    get isOver() {
      return isOver;
    },
    restart(nextLimitMs) {
      stopTimer();
      stopTimer = clock.schedule(expire, nextLimitMs);
    },
    cancel() {
      stopTimer();
      parent.removeEventListener('abort', follow);
    },
  };
}
