import type { RetryStrategy } from '../config/gateway-config.ts';

export interface BackoffSettings {
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  /** By how much each delay is longer than the one before. */
  readonly backoffMultiplier: number;
  /** How delays grow; left out: `jittered`. */
  readonly strategy?: RetryStrategy | undefined;
}

/**
 * Milliseconds to wait before something is tried again, never more than the longest delay configured.
 *
 * @param delaysBefore waits of the same exchange before this one
 * @param lastDelayMs the wait before this one, 0 when it is the first
 */
export type Backoff = (delaysBefore: number, lastDelayMs: number) => number;

/** Compiles how waits grow. `random` is uniform in [0, 1). */
export function createBackoff(settings: BackoffSettings, random: () => number): Backoff {
  const { initialDelayMs, maxDelayMs, backoffMultiplier } = settings;
  const shortestMs = Math.min(initialDelayMs, maxDelayMs);
  const growing = (delaysBefore: number): number => {
    // Nothing stays nothing, however often it is multiplied; the power alone would overflow and make no number of it.
    return initialDelayMs === 0 ? 0 : Math.min(maxDelayMs, initialDelayMs * backoffMultiplier ** delaysBefore);
  };
  switch (settings.strategy ?? 'jittered') {
    case 'jittered':
      // The lower half is left out so that every wait is longer than the one before (at the usual multiplier of 2),
      // which waits between nothing and the whole would break one time in four.
      return (delaysBefore) => growing(delaysBefore) * (0.5 + random() / 2);
    case 'full_jitter':
      return (delaysBefore) => growing(delaysBefore) * random();
    case 'decorrelated':
      return (_delaysBefore, lastDelayMs) => {
        const longestMs = 3 * Math.max(lastDelayMs, initialDelayMs);
        return Math.min(maxDelayMs, initialDelayMs + (longestMs - initialDelayMs) * random());
      };
    case 'exponential':
      return growing;
    case 'fixed':
      return () => shortestMs;
  }
}
