import type { Failure, FailureKind } from '../resilience/failure.ts';
import { createPlan, type PlanInput, type PlanStep } from '../routing/plan.ts';
import type { RouteTarget } from '../routing/target.ts';
import type { Reason } from './reason.ts';
import { Rehearsal } from './rehearsal.ts';

/** Why the gateway itself would not ask a target now, though its plan offers it; undefined: it would. */
export type RefusalOf = (member: RouteTarget, upstreamModel: string | undefined) => Reason | undefined;

/** How a request would go. */
export interface PlanWalked {
  /** Undefined: nobody would be asked. */
  readonly chosen: PlanStep | undefined;
  /** Who would be asked after the one that is chosen, in order, if each failed in a way that another may not; the first of them. */
  readonly rest: readonly PlanStep[];
  /** Those that the plan offers and the gateway would not ask. */
  readonly refused: ReadonlyMap<RouteTarget, Reason>;
}

/**
 * Follows the plan of a request without making it: no picker moves, no budget is spent, nobody is asked. A target whose
 * traffic grows back is passed over when that is the likelier of the two.
 */
export function walkPlan(plan: PlanInput, refusalOf: RefusalOf, nowMs: number): PlanWalked {
  const rehearsal = new Rehearsal(plan.strategies);
  try {
    return follow({ ...plan, strategies: rehearsal, random: () => 0.5 }, refusalOf, nowMs);
  } finally {
    rehearsal.end();
  }
}

/** Targets told of at most; no request makes more attempts. */
const MOST_ASKED = 100;

const noDeadline = Number.POSITIVE_INFINITY;

function follow(plan: PlanInput, refusalOf: RefusalOf, nowMs: number): PlanWalked {
  const retry = { ...plan.retry, maxAttempts: Number.POSITIVE_INFINITY };
  const walk = createPlan({ ...plan, retry, budget: undefined });
  const refused = new Map<RouteTarget, Reason>();
  const asked: PlanStep[] = [];
  let step = walk.next(undefined, nowMs, noDeadline);
  while (step !== undefined && asked.length < MOST_ASKED) {
    const refusal = refusalOf(step.routeTarget, step.upstreamModel);
    if (refusal === undefined) asked.push(step);
    else refused.set(step.routeTarget, refusal);
    step = walk.next(failed(refusal === undefined ? silence : kindOfRefusal(refusal)), nowMs, noDeadline);
  }
  const [chosen, ...rest] = asked;
  return { chosen, rest, refused };
}

/** The failure as which an attempt would be refused for this reason. */
export function kindOfRefusal({ code }: Reason): 'inexpressible' | 'limit_spent' | 'target_busy' {
  return code === 'inexpressible' || code === 'limit_spent' ? code : 'target_busy';
}

/** A failure after which the same target is not asked again, and every other one may be. */
const silence: FailureKind = 'headers_timeout';

function failed(kind: FailureKind): Failure {
  return { kind, status: 0, retryAfterMs: undefined, message: kind, body: undefined, contentType: undefined };
}
