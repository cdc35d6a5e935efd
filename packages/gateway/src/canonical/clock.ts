// Not the global of that name, which looks itself up anew each time it is used.
import { performance } from 'node:perf_hooks';

/** Time as it is given to whatever needs it, so that tests decide what time it is. */
export interface Clock {
  /** Monotonic milliseconds, for durations. */
  now(): number;
  /** Milliseconds since 1970, for timestamps. */
  wallNow(): number;
  /** Runs `callback` once after `delayMs`; the returned function cancels it. */
  schedule(callback: () => void, delayMs: number): () => void;
}

/** Schedules so that `callback` never runs early: timers of Node cut off fractions of milliseconds. */
export function scheduleNoSooner(clock: Clock, callback: () => void, delayMs: number): () => void {
  const at = clock.now() + delayMs;
  const check = (): void => {
    const leftMs = at - clock.now();
    if (leftMs > 0) cancel = clock.schedule(check, leftMs);
    else callback();
  };
  let cancel = clock.schedule(check, delayMs);
  return () => cancel();
}

/** The process's own time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  schedule(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
