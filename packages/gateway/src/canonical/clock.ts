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

/** More than timers of Node are early, which cut off fractions of milliseconds, and whose own time stands for a turn. */
const EARLY_MS = 2;

/** Schedules so that `callback` does not run early. A clock that stands still holds nothing up. */
export function scheduleNoSooner(clock: Clock, callback: () => void, delayMs: number): () => void {
  const at = clock.now() + delayMs;
  let cancel = clock.schedule(() => {
    const leftMs = at - clock.now();
    if (leftMs > 0 && leftMs < EARLY_MS) cancel = clock.schedule(callback, Math.ceil(leftMs) + 1);
    else callback();
  }, delayMs);
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
