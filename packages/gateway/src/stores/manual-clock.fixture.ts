import type { Clock } from '../canonical/clock.ts';

export interface ManualClock extends Clock {
  /** Moves time on and runs what becomes due, in order. */
  advance(ms: number): void;
  /** Work that is scheduled and neither ran nor was cancelled. */
  pending(): number;
}

/** A clock that stands still until a test moves it. */
export function createManualClock(startMs = 1000): ManualClock {
  let now = startMs;
  let scheduled: { at: number; callback: () => void }[] = [];
  return {
    now: () => now,
    wallNow: () => 1_700_000_000_000 + now,
    schedule(callback, delayMs) {
      const task = { at: now + delayMs, callback };
      scheduled.push(task);
      return () => {
        scheduled = scheduled.filter((other) => other !== task);
      };
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const due = scheduled.filter((task) => task.at <= end).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        scheduled = scheduled.filter((task) => task !== due);
        now = Math.max(now, due.at);
        due.callback();
      }
      now = end;
    },
    pending: () => scheduled.length,
  };
}
