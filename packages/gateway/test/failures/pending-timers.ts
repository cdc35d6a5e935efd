import { vi } from 'vitest';
import { systemClock } from '../../src/canonical/clock.ts';

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
  const spy = vi.spyOn(systemClock, 'schedule').mockImplementation((callback, delayMs) => {
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
  });
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
    restore: () => spy.mockRestore(),
  };
}
