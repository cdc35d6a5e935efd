import type { PickFacts } from './pick-facts.ts';
import type { PlanInput } from './plan.ts';
import type { Resolution, RouteTarget, Target } from './target.ts';
import { upstreamModelOf } from './upstream-model.ts';

/** Whether a member may be asked at all: it gets a model where it needs one, and offers the operation. */
export function canServe(input: PlanInput, member: RouteTarget, resolution: Resolution): boolean {
  return canServeAs(input, member.target, upstreamModelOf(member, resolution), resolution);
}

/** Whether a member may be asked now. */
export function isReady(input: PlanInput, member: RouteTarget, resolution: Resolution): boolean {
  const { target } = member;
  const model = upstreamModelOf(member, resolution);
  return canServeAs(input, target, model, resolution) && input.health.isUsable(target, model);
}

function canServeAs(
  { offers }: PlanInput,
  target: Target,
  model: string | undefined,
  { sendsNoModel }: Resolution,
): boolean {
  if (model === undefined && sendsNoModel !== true) return false;
  return offers === undefined || offers(target, model);
}

/** Whether a member that has just come back is passed over this time, as often as it takes to get its share only. */
export function isHeldBack({ health, random }: PlanInput, member: RouteTarget, resolution: Resolution): boolean {
  if (health.rampShare === undefined) return false;
  const share = health.rampShare(member.target, upstreamModelOf(member, resolution));
  return share < 1 && random() >= share;
}

/** Every target is out: where the least bad one stands, because a guess about health may be wrong. */
export function findLeastBad(
  input: PlanInput,
  resolution: Resolution,
): { readonly tier: number; readonly index: number } | undefined {
  const { tiers } = resolution.route;
  const members = tiers.flat().filter((member) => canServe(input, member, resolution));
  if (members.length === 0) return undefined;
  const memberOf = (target: Target) => members.find((member) => member.target === target);
  const target = input.health.leastBad?.(
    members.map((member) => member.target),
    (one) => {
      const member = memberOf(one);
      return member && upstreamModelOf(member, resolution);
    },
  );
  const found = target && memberOf(target);
  if (found === undefined) return undefined;
  const tier = tiers.findIndex((one) => one.includes(found));
  return { tier, index: tiers[tier]!.indexOf(found) };
}

/** What strategies are told of a request when nobody said anything. */
export const noFacts: PickFacts = {
  stickyHash: undefined,
  inputTokens: 0,
  outputTokens: 0,
  searchUnits: 0,
  now: 0,
  stream: false,
  requestedModel: undefined,
  needs: 0,
};

/** The same request for another model. Fact by fact: they may be ones that are found out when they are asked for. */
export function factsForModel(facts: PickFacts, requestedModel: string | undefined): PickFacts {
  const { inputTokens, needs, now, outputTokens, searchUnits, stickyHash, stream } = facts;
  return { inputTokens, needs, now, outputTokens, requestedModel, searchUnits, stickyHash, stream };
}

/** Whether a target may be asked beyond the budget. */
export function isTrusted(input: PlanInput, member: RouteTarget, resolution: Resolution): boolean {
  return input.isTrusted?.(member.target, upstreamModelOf(member, resolution)) === true;
}
