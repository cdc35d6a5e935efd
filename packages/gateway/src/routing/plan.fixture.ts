import { createBackoff } from '../resilience/backoff.ts';
import type { Failure, FailureKind } from '../resilience/failure.ts';
import { failureTraits } from '../resilience/failure-table.ts';
import type { Pickers } from './pickers.ts';
import { createPlan, type Plan, type PlanInput } from './plan.ts';
import type { RouteTarget } from './target.ts';

export const retry = { maxAttempts: 3, initialDelayMs: 100, maxDelayMs: 5_000, backoffMultiplier: 2 };
export const deadlineMs = 300_000;

export function failed(kind: FailureKind, retryAfterMs?: number): Failure {
  return { kind, status: 0, retryAfterMs, message: kind, body: undefined, contentType: undefined };
}

/** Takes the members of a tier in turn, apart for each tier. */
export function takeTurns(): Pickers {
  const pickers = new Map<readonly RouteTarget[], ReturnType<Pickers['of']>>();
  return {
    of(route, tierIndex) {
      const tier = route.tiers[tierIndex]!;
      const known = pickers.get(tier);
      if (known !== undefined) return known;
      const eligible = new Uint8Array(tier.length);
      let next = 0;
      const pick = () => {
        while (eligible[next % tier.length] !== 1) next++;
        return next++ % tier.length;
      };
      const picker = { eligible, pick };
      pickers.set(tier, picker);
      return picker;
    },
  };
}

/** A plan in which everybody is usable and chance is in the middle, with whatever a test changes. */
export function makePlan(changes: Partial<PlanInput> & Pick<PlanInput, 'resolution'>): Plan {
  const random = () => 0.5;
  return createPlan({
    retry,
    backoff: createBackoff(changes.retry ?? retry, random),
    strategies: takeTurns(),
    health: { isUsable: () => true },
    random,
    failureTraits,
    ...changes,
  });
}

/** Which targets are tried, and after which waits, when attempts fail in the given way; the last failure repeats. */
export function follow(started: Plan, failures: readonly Failure[], limitMs = deadlineMs): string[] {
  const steps: string[] = [];
  let nowMs = 0;
  let last: Failure | undefined;
  for (let count = 0; count < 20; count++) {
    const step = started.next(last, nowMs, limitMs);
    if (step === undefined) return steps;
    nowMs += step.delayMs;
    steps.push(step.delayMs === 0 ? step.routeTarget.target.id : `${step.delayMs} ${step.routeTarget.target.id}`);
    last = failures[Math.min(count, failures.length - 1)]!;
  }
  throw new Error('the plan does not end');
}
