import type { HealthRegistry } from '../resilience/health.ts';
import type { PickFacts } from '../routing/pick-facts.ts';
import type { PlanInput, PlanStep } from '../routing/plan.ts';
import { factsForModel } from '../routing/plan-candidates.ts';
import type { PickFigure } from '../routing/strategies/define-strategy.ts';
import type { Resolution, RouteTarget, Target } from '../routing/target.ts';
import { upstreamModelOf } from '../routing/upstream-model.ts';
import { figureText } from './figure-text.ts';
import { healthReasons } from './health-reasons.ts';
import { isBlocking, percentText, type Reason } from './reason.ts';
import type { PlanWalked } from './walk-plan.ts';

/** One target of a route, and why it is not the one that is chosen. */
export interface Candidate {
  readonly target: string;
  readonly provider: string;
  /** The model of the fallback that it serves; absent: the one asked for. */
  readonly fallback_model?: string;
  /** Number of its tier, the first being 1; null when it is in none. */
  readonly tier: number | null;
  readonly upstream_model: string | null;
  readonly weight: number;
  readonly canary_percent?: number;
  readonly chosen: boolean;
  /** It might have been chosen. */
  readonly usable: boolean;
  /** By what the strategy compares it with the others of its tier; absent where it is alone. */
  readonly figure?: { readonly name: PickFigure['name']; readonly value: number | null };
  readonly reasons_not: readonly Reason[];
  /** What is wrong with the one that is chosen all the same, because everybody is out. */
  readonly despite?: readonly Reason[];
}

export interface CandidatesInput {
  readonly plan: PlanInput;
  readonly registry: HealthRegistry;
  readonly walked: PlanWalked;
  readonly facts: PickFacts;
  /** Whether who asks may be served by a target. */
  readonly mayUse: (target: Target) => boolean;
  /** Monotonic milliseconds. */
  readonly nowMs: number;
}

/** Every target that a model leads to, tier by tier, then those that are in none. */
export function candidatesOf(input: CandidatesInput, resolution: Resolution): readonly Candidate[] {
  const { excluded = [], shadows = [], tiers } = resolution.route;
  return [
    ...tiers.flatMap((tier, tierIndex) =>
      tier.map((member, index) => memberCandidate(input, resolution, { member, tierIndex, index })),
    ),
    ...excluded.map((target) =>
      outsideTiers(input, resolution, { target, upstreamModel: undefined }, excludedWhy(target)),
    ),
    ...shadows.map((member) => outsideTiers(input, resolution, member, shadowWhy(member.target))),
  ];
}

interface Place {
  readonly member: RouteTarget;
  readonly tierIndex: number;
  readonly index: number;
}

function memberCandidate(input: CandidatesInput, resolution: Resolution, place: Place): Candidate {
  const { member, tierIndex } = place;
  const { chosen } = input.walked;
  const isChosen = chosen?.routeTarget === member && chosen.resolution === resolution;
  const figure = figureOf(input, resolution, place);
  const blocking = blockingReasons(input, resolution, member);
  const isOut = blocking.some(isBlocking);
  const others = isChosen ? [] : chosen === undefined ? unasked(isOut) : passedOver(input, resolution, place, figure);
  return {
    ...baseOf(input, resolution, member),
    tier: tierIndex + 1,
    chosen: isChosen,
    usable: !isOut,
    ...(figure && { figure: { name: figure.name, value: figure.value ?? null } }),
    reasons_not: isChosen ? [] : [...blocking, ...(isOut ? others.filter(isOfPlace) : others)],
    ...(isChosen && isOut && { despite: blocking }),
  };
}

/** Why a member that might be asked is not although nobody is chosen: whoever was picked would not be asked now. */
function unasked(isOut: boolean): readonly Reason[] {
  const message = 'Fallbacks are switched off, so the request stays with the target that it was given to.';
  return isOut ? [] : [{ code: 'not_picked_by_strategy', message }];
}

/** Whether a reason holds for whoever is in that tier. */
function isOfPlace({ code }: Reason): boolean {
  return code === 'lower_tier';
}

function outsideTiers(input: CandidatesInput, resolution: Resolution, member: RouteTarget, reason: Reason): Candidate {
  return { ...baseOf(input, resolution, member), tier: null, chosen: false, usable: false, reasons_not: [reason] };
}

function baseOf({ plan }: CandidatesInput, resolution: Resolution, member: RouteTarget) {
  const { canaryPercent, id, provider, weight } = member.target;
  const isFallback = resolution !== plan.resolution && resolution.requestedModel !== undefined;
  return {
    target: id,
    provider,
    ...(isFallback && { fallback_model: resolution.requestedModel }),
    upstream_model: upstreamModelOf(member, resolution) ?? null,
    weight,
    ...(canaryPercent !== undefined && { canary_percent: canaryPercent }),
  };
}

function excludedWhy({ enabled, unusable }: Target): Reason {
  if (!enabled) return { code: 'disabled', message: 'The configuration disables it.' };
  return { code: 'unusable', message: `It cannot be used: ${unusable ?? 'its configuration is incomplete'}.` };
}

function shadowWhy({ shadowPercent = 0 }: Target): Reason {
  const message = `It is only watched: it gets copies of ${shadowPercent} % of the requests and never answers.`;
  return { code: 'shadow', message, percent: shadowPercent };
}

function outOfScope({ provider, region }: Target): Reason {
  const place = region === undefined ? `${provider}, whose region is not known` : `${provider} in the region ${region}`;
  const message = `It is ${place}: the team, tenant or organisation of the caller does not allow that.`;
  return { code: 'out_of_scope', message };
}

/** Why a member may not be asked at all. */
function blockingReasons(input: CandidatesInput, resolution: Resolution, member: RouteTarget): readonly Reason[] {
  const { mayUse, plan, registry, walked } = input;
  const { target } = member;
  if (!mayUse(target)) return [outOfScope(target)];
  const model = upstreamModelOf(member, resolution);
  if (model === undefined && resolution.sendsNoModel !== true) {
    return [
      { code: 'no_model', message: 'Nobody names a model for it: neither the request, nor its route, nor a default.' },
    ];
  }
  if (plan.offers?.(target, model) === false) {
    return [{ code: 'no_path_for_operation', message: 'It has no path at which this is asked for.' }];
  }
  const reasons: Reason[] = [];
  if (!plan.health.isUsable(target, model)) {
    const isWell = registry.isUsable(target.healthId, model) || registry.canTry(target.healthId, model);
    const record = isWell ? undefined : registry.recordOf(target.healthId);
    if (record !== undefined) reasons.push(...healthReasons(record, model));
    if (isWell) reasons.push(ejected);
  }
  const refusal = walked.refused.get(member);
  return refusal === undefined ? reasons : [...reasons, refusal];
}

const ejected: Reason = {
  code: 'ejected',
  message: 'It is left out for a while because clearly more of its requests fail than of the others in its tier.',
};

/** Why somebody else was preferred to a member that might be asked. */
function passedOver(
  input: CandidatesInput,
  resolution: Resolution,
  place: Place,
  figure: PickFigure | undefined,
): readonly Reason[] {
  const { member, tierIndex } = place;
  const chosen = input.walked.chosen!;
  const ramping = rampingReason(input, resolution, member);
  if (chosen.resolution !== resolution) return ramping;
  const chosenTier = resolution.route.tiers.findIndex((tier) => tier.includes(chosen.routeTarget));
  if (tierIndex > chosenTier) {
    const message = `Tier ${tierIndex + 1} is asked when everybody in the tiers before it failed or is out.`;
    return [...ramping, { code: 'lower_tier', message, tier: tierIndex + 1 }];
  }
  const isHeldBack = ramping.some(({ share = 1 }) => share <= 0.5);
  if (isHeldBack || tierIndex < chosenTier) return ramping;
  return [...ramping, notPicked(resolution, member, chosen, figure)];
}

function notPicked(
  { route }: Resolution,
  { target }: RouteTarget,
  { routeTarget: { target: picked } }: PlanStep,
  figure: PickFigure | undefined,
): Reason {
  const percent = target.canaryPercent;
  if (percent !== undefined && picked.canaryPercent === undefined) {
    const message = `It is a canary for ${percent} % of the requests, and this is none of them.`;
    return { code: 'canary', message, percent };
  }
  const known = figure && { figure: { name: figure.name, value: figure.value ?? null } };
  const told = figure === undefined ? '' : `: ${figureText(figure)}`;
  const message =
    picked.canaryPercent !== undefined && percent === undefined
      ? `This request is one of the ${picked.canaryPercent} % that go to the canary ${picked.id}.`
      : `The strategy ${route.strategy} picked ${picked.id}${told}.`;
  return { code: 'not_picked_by_strategy', message, ...known };
}

function rampingReason({ plan }: CandidatesInput, resolution: Resolution, member: RouteTarget): readonly Reason[] {
  const share = plan.health.rampShare?.(member.target, upstreamModelOf(member, resolution)) ?? 1;
  if (share >= 1) return [];
  if (share === 0) {
    const message = 'It limits the rate of requests without saying for how long, and is passed over for a moment.';
    return [{ code: 'spared', message, share }];
  }
  const message = `It has just come back and gets ${percentText(share)} of its usual traffic for now.`;
  return [{ code: 'ramping', message, share: Math.round(share * 1_000) / 1_000 }];
}

/** Undefined for who is alone in its tier: nobody compares it with anybody. */
function figureOf({ facts, plan }: CandidatesInput, resolution: Resolution, { index, tierIndex }: Place) {
  if (resolution.route.tiers[tierIndex]!.length === 1) return undefined;
  const own = resolution === plan.resolution ? facts : factsForModel(facts, resolution.requestedModel);
  return plan.strategies.of(resolution.route, tierIndex).figureOf?.(index, own);
}
