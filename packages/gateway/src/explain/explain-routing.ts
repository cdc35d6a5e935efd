import { GatewayError } from '../canonical/gateway-error.ts';
import { failureMessage, failureTraits } from '../resilience/failure-table.ts';
import type { HealthRegistry } from '../resilience/health.ts';
import { noTargetError } from '../routing/no-target-error.ts';
import type { PlanInput, PlanStep } from '../routing/plan.ts';
import { canServe, noFacts } from '../routing/plan-candidates.ts';
import type { Resolution, StrategyName, Target } from '../routing/target.ts';
import { type Candidate, candidatesOf } from './candidate.ts';
import { decisionText } from './decision.ts';
import { kindOfRefusal, type PlanWalked, type RefusalOf, walkPlan } from './walk-plan.ts';

/** A target that would be asked after another one failed. */
export interface ChainedTarget {
  /** Number of the attempt, the first being 1. */
  readonly attempt: number;
  readonly target: string;
  readonly provider: string;
  /** Number of its tier in the route of its model, the first being 1. */
  readonly tier: number;
  readonly upstream_model: string | null;
  /** The fallback that it serves; absent: the model asked for. */
  readonly fallback_model?: string;
  /** As many attempts are not made: it would be asked only if there were more. */
  readonly beyond_max_attempts?: true;
}

/** Where a request would go, and why not elsewhere, as it is written in answers. */
export interface RoutingExplanation {
  readonly selected_provider: string | null;
  readonly selected_target: string | null;
  readonly upstream_model: string | null;
  /** The fallback that would answer in place of the model asked for. */
  readonly fallback_model: string | null;
  /** Null, as are the next two, when the model leads nowhere. */
  readonly route: string | null;
  readonly strategy: StrategyName | null;
  /** How the model led to the route, as in `rule:nightly`. */
  readonly reason: string | null;
  readonly decision: string;
  /** What the caller would be told when nobody is chosen. */
  readonly error: { readonly status: number; readonly code: string; readonly message: string } | null;
  /** Everybody is out, and one is asked all the same. */
  readonly last_resort: boolean;
  readonly fallback_chain: readonly ChainedTarget[];
  readonly max_attempts: number;
  /** Whether further attempts after a failure would be allowed now; without it only targets that have not failed are asked. */
  readonly retry_budget_left: boolean;
  readonly candidates: readonly Candidate[];
}

export interface ExplainInput {
  /** As the request would have it. */
  readonly plan: PlanInput;
  readonly registry: HealthRegistry;
  readonly refusalOf: RefusalOf;
  /** Whether who asks may be served by a target. */
  readonly mayUse: (target: Target) => boolean;
  /** Monotonic milliseconds. */
  readonly nowMs: number;
}

/** An explanation, and the step that it explains. */
export interface ExplainedRouting {
  readonly explanation: RoutingExplanation;
  readonly chosen: PlanStep | undefined;
}

/** Finds out where a request would go without sending it, and without a trace in what decides about later ones. */
export function explainRouting({ plan, registry, refusalOf, mayUse, nowMs }: ExplainInput): ExplainedRouting {
  const facts = typeof plan.facts === 'function' ? plan.facts() : (plan.facts ?? noFacts);
  const walked = walkPlan({ ...plan, facts }, refusalOf, nowMs);
  const { chosen } = walked;
  const own = plan.resolution;
  const candidates = resolutionsUpTo(plan, chosen).map((resolution) => ({
    resolution,
    list: candidatesOf({ plan, registry, walked, facts, mayUse, nowMs }, resolution),
  }));
  const answering = candidates.find(({ resolution }) => resolution === (chosen?.resolution ?? own))?.list ?? [];
  const error = chosen === undefined ? nobodyError(plan, walked) : undefined;
  const explanation = {
    ...selectionOf(chosen),
    route: (chosen?.resolution ?? own).route.id,
    strategy: (chosen?.resolution ?? own).route.strategy,
    reason: own.reason,
    decision: decisionText({ own, chosen, candidates: answering, error }),
    error: error === undefined ? null : errorOf(error),
    last_resort: chosen?.isLastResort ?? false,
    fallback_chain: walked.rest.map((step, index) => chained(step, index + 2, plan)),
    max_attempts: plan.retry.maxAttempts,
    retry_budget_left: plan.budget?.hasRoom(nowMs) ?? true,
    candidates: candidates.flatMap(({ list }) => list),
  };
  return { explanation, chosen };
}

/** An error as answers tell it. */
export function errorOf({ code, message, status }: GatewayError): NonNullable<RoutingExplanation['error']> {
  return { status, code, message };
}

function selectionOf(chosen: PlanStep | undefined) {
  const target = chosen?.routeTarget.target;
  return {
    selected_provider: target?.provider ?? null,
    selected_target: target?.id ?? null,
    upstream_model: chosen?.upstreamModel ?? null,
    fallback_model: chosen?.isFallbackModel ? (chosen.resolution.requestedModel ?? null) : null,
  };
}

/** The model asked for, and of those that follow it as many as had to be looked at. */
function resolutionsUpTo(plan: PlanInput, chosen: PlanStep | undefined): readonly Resolution[] {
  const { fallbacks, resolution } = plan;
  const members = resolution.route.tiers.flat();
  // Who asks for what nobody there offers is told so rather than given another model.
  const isUnserved = members.length > 0 && !members.some((member) => canServe(plan, member, resolution));
  if (chosen?.resolution === resolution || (chosen === undefined && isUnserved)) return [resolution];
  const all = [resolution, ...(fallbacks?.(undefined) ?? [])];
  const last = chosen === undefined ? -1 : all.findIndex((one) => isSame(one, chosen.resolution));
  // The plan's own objects are those that the step and its targets are compared with.
  const until = last === -1 ? all : all.slice(0, last);
  return last === -1 ? until : [...until, chosen!.resolution];
}

function isSame(one: Resolution, other: Resolution): boolean {
  return one.route === other.route && one.requestedModel === other.requestedModel;
}

/** What the caller would be told: why the last target that was to be asked is not, or why there is none. */
function nobodyError(plan: PlanInput, { refused }: PlanWalked): GatewayError {
  const last = [...refused.values()].at(-1);
  if (last === undefined) return noTargetError(plan.resolution, plan.offers);
  const kind = kindOfRefusal(last);
  const message = kind === 'inexpressible' ? last.message : failureMessage(kind);
  return new GatewayError(failureTraits[kind].callerError, message);
}

function chained(
  { isFallbackModel, resolution, routeTarget, upstreamModel }: PlanStep,
  attempt: number,
  plan: PlanInput,
) {
  const { id, provider } = routeTarget.target;
  return {
    attempt,
    target: id,
    provider,
    tier: resolution.route.tiers.findIndex((tier) => tier.includes(routeTarget)) + 1,
    upstream_model: upstreamModel ?? null,
    ...(isFallbackModel && resolution.requestedModel !== undefined && { fallback_model: resolution.requestedModel }),
    ...(attempt > plan.retry.maxAttempts && { beyond_max_attempts: true as const }),
  };
}
