import { type Clock, systemClock } from '../../src/canonical/clock.ts';

/** Watches the timers that the gateway sets, to see that none outlives its request. */
export interface PendingTimers {
  /** Delays in milliseconds of those that have neither fired nor been cancelled. */
  readonly delays: () => readonly number[];
  /** Resolves when one with at least this delay is set. */
  readonly waitFor: (atLeastMs: number) => Promise<void>;
  readonly restore: () => void;
}

export function watchTimers(): PendingTimers {
  const pending = new Map<object, number>();
  const waiting = new Set<() => void>();
  const schedule = systemClock.schedule;
  // No mock: it would keep every call, and with it whatever a request held.
  const watched: Clock['schedule'] = (callback, delayMs) => {
    const timer = {};
    pending.set(timer, delayMs);
    for (const check of waiting) check();
    const cancel = schedule(() => {
      pending.delete(timer);
      callback();
    }, delayMs);
    return () => {
      pending.delete(timer);
      cancel();
    };
  };
  Object.assign(systemClock, { schedule: watched });
  return {
    delays: () => [...pending.values()],
    waitFor: (atLeastMs) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (![...pending.values()].some((delayMs) => delayMs >= atLeastMs)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    restore: () => void Object.assign(systemClock, { schedule }),
  };
}
