import type { PlanHealth } from './plan.ts';
import type { RouteTarget } from './target.ts';

/** A target that was tried, where it stands, and what came of it. */
export interface Tried {
  readonly leg: number;
  readonly tier: number;
  readonly index: number;
  readonly routeTarget: RouteTarget;
  readonly upstreamModel: string | undefined;
  count: number;
  /** Its last failure allows another try. */
  retryable: boolean;
  /** When it asked to be left alone until, monotonic milliseconds. */
  notBeforeMs: number;
}

/** The entry of a member of a tier; undefined when it was not tried. */
export function findTried(tried: readonly Tried[], leg: number, tier: number, index: number): Tried | undefined {
  for (const entry of tried) if (entry.index === index && entry.tier === tier && entry.leg === leg) return entry;
  return undefined;
}

/** Whether nobody else of its tier was tried. */
export function isAlone(tried: readonly Tried[], one: Tried): boolean {
  return !tried.some((other) => other !== one && other.tier === one.tier && other.leg === one.leg);
}

/** Waits are asked for in whole seconds, so what others were told may be that much later. */
const roundedMs = 1_000;

/** Milliseconds until one may be tried again, infinite when it may not. */
export function readyInMs(one: Tried, health: PlanHealth, nowMs: number): number {
  const { target } = one.routeTarget;
  if (!one.retryable || one.count >= target.maxAttempts) return Number.POSITIVE_INFINITY;
  const askedMs = Math.max(0, one.notBeforeMs - nowMs);
  if (health.isUsable(target, one.upstreamModel)) return askedMs;
  // It may be out only because it asked to be left alone, which is what will be done.
  const outMs = health.waitMs?.(target, one.upstreamModel) ?? Number.POSITIVE_INFINITY;
  return askedMs > 0 && outMs <= askedMs + roundedMs ? Math.max(askedMs, outMs) : Number.POSITIVE_INFINITY;
}

/**
 * Of those that may be tried again, the one that may be soonest; among equals the one tried least.
 *
 * @param waitMsOf milliseconds until one may be tried again, infinite when it may not
 */
export function readiestOf(tried: readonly Tried[], waitMsOf: (one: Tried) => number): Tried | undefined {
  let best: Tried | undefined;
  let bestMs = Number.POSITIVE_INFINITY;
  for (const one of tried) {
    const waitMs = waitMsOf(one);
    if (waitMs < bestMs || (waitMs === bestMs && best !== undefined && one.count < best.count)) {
      best = one;
      bestMs = waitMs;
    }
  }
  return best;
}

/**
 * Of those that said when to come again, the one that may be tried soonest: for the last attempt, a promise is worth more
 * than another try of somebody who has just failed.
 */
export function promisedOf(
  tried: readonly Tried[],
  waitMsOf: (one: Tried) => number,
  nowMs: number,
): Tried | undefined {
  return readiestOf(
    tried.filter(({ notBeforeMs }) => notBeforeMs > nowMs),
    waitMsOf,
  );
}

/** Shorter than what a connection to another target costs: such a wait is waited although another might answer. */
const shortWaitMs = 250;

/** Whether the wait that a target asks for is no reason to leave it; once only, for who asks again is busy. */
export function isShortWait({ count, notBeforeMs }: Tried, backoffMs: number, nowMs: number): boolean {
  const askedMs = notBeforeMs - nowMs;
  return askedMs <= 0 || (count === 1 && askedMs <= Math.max(shortWaitMs, backoffMs));
}
