import type { SpendCap, SpendClaim, SpendVerdict } from './spend-store.ts';

/** What is known of one counter. */
export interface SpendSums {
  /** Whether there is no room for so much more. */
  refuses(cap: SpendCap, nanos: number): boolean;
  left(cap: SpendCap): number;
  /** Milliseconds until there is more; null where there never is. */
  resetMs(wallMs: number): number | null;
}

/** What nothing stands against. */
export const unlimitedSpend: SpendVerdict = {
  allowed: true,
  index: -1,
  leftNanos: Number.MAX_SAFE_INTEGER,
  resetMs: null,
};

/** Whether all counters have room for an estimate; names the one that is spent for longest, or that has the least left. */
export function judgeSpend(
  claims: readonly SpendClaim[],
  counters: readonly SpendSums[],
  estimate: number,
  wallNow: number,
): SpendVerdict {
  let named = -1;
  let least = Number.POSITIVE_INFINITY;
  let longest = -1;
  for (let index = 0; index < counters.length; index += 1) {
    const { cap } = claims[index]!;
    const counter = counters[index]!;
    if (counter.refuses(cap, estimate)) {
      const wait = counter.resetMs(wallNow) ?? Number.POSITIVE_INFINITY;
      if (wait > longest) [named, longest] = [index, wait];
    } else if (longest < 0 && cap.isHard && counter.left(cap) < least) [named, least] = [index, counter.left(cap)];
  }
  if (named < 0) return unlimitedSpend;
  const counter = counters[named]!;
  const leftNanos = counter.left(claims[named]!.cap);
  return { allowed: longest < 0, index: named, leftNanos, resetMs: counter.resetMs(wallNow) };
}
