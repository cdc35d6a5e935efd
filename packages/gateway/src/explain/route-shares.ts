import type { PickFacts } from '../routing/pick-facts.ts';
import type { Pickers } from '../routing/pickers.ts';
import type { PlanInput } from '../routing/plan.ts';
import { isReady } from '../routing/plan-candidates.ts';
import type { TierPicker } from '../routing/strategies/define-strategy.ts';
import type { RouteTarget } from '../routing/target.ts';
import { upstreamModelOf } from '../routing/upstream-model.ts';

/** The share of one target in the requests of its route. */
export interface RouteShare {
  readonly target: string;
  readonly provider: string;
  /** Number of its tier, the first being 1. */
  readonly tier: number;
  readonly upstream_model: string | null;
  readonly weight: number;
  readonly canary_percent: number | null;
  readonly usable: boolean;
  /** What it gets of its usual traffic while it comes back, from 0 to 1; 1 for all of it. */
  readonly ramp_share: number;
  /** Its share of its tier if everybody in it could be used, from 0 to 1. */
  readonly configured_share: number;
  /** Its share of the requests that the route gets now, from 0 to 1. */
  readonly effective_share: number;
}

/** Picks that a share is counted of: exact to a thousandth where a strategy takes turns. */
const PICKS = 1_000;

/**
 * Who gets how much of a route, found by picking with pickers of its own: nothing that is in use moves. What strategies
 * look at (load, speed, quotas, prices) is taken as it stands now; a request picks by itself, without a retry.
 */
export function sharesOf(plan: PlanInput): readonly RouteShare[] {
  const { tiers } = plan.resolution.route;
  const members = tiers.map((tier) => tier.map((member) => standingOf(plan, member)));
  const configured = tiers.map((_tier, tierIndex) => {
    const all = members.map((tier, index) => tier.map(() => ({ isReady: index === tierIndex, ramp: 1 })));
    return countPicks(plan, all)[tierIndex]!;
  });
  const effective = countPicks(plan, members);
  return tiers.flatMap((tier, tierIndex) =>
    tier.map((member, index) => {
      const { isReady: usable, ramp } = members[tierIndex]![index]!;
      const { canaryPercent, id, provider, weight } = member.target;
      return {
        target: id,
        provider,
        tier: tierIndex + 1,
        upstream_model: upstreamModelOf(member, plan.resolution) ?? null,
        weight,
        canary_percent: canaryPercent ?? null,
        usable,
        ramp_share: ramp,
        configured_share: configured[tierIndex]![index]! / PICKS,
        effective_share: effective[tierIndex]![index]! / PICKS,
      };
    }),
  );
}

interface Standing {
  readonly isReady: boolean;
  readonly ramp: number;
}

function standingOf(plan: PlanInput, member: RouteTarget): Standing {
  const ramp = plan.health.rampShare?.(member.target, upstreamModelOf(member, plan.resolution)) ?? 1;
  return { isReady: isReady(plan, member, plan.resolution), ramp: Math.round(ramp * 1_000) / 1_000 };
}

/** How many of the picks each target gets, tier by tier. */
function countPicks(plan: PlanInput, standings: readonly (readonly Standing[])[]): readonly Uint32Array[] {
  const { route } = plan.resolution;
  const random = createRandom();
  const pickers = standings.map((_tier, tierIndex) => newPicker(plan.strategies, route, tierIndex, random));
  const counts = standings.map((tier) => new Uint32Array(tier.length));
  const given = typeof plan.facts === 'function' ? plan.facts() : plan.facts;
  for (let pick = 0; pick < PICKS; pick++) {
    const facts = usualFacts(given, pick);
    pickOnce(standings, pickers, counts, facts, random);
  }
  return counts;
}

/** One request: everybody who is not held back, tier by tier, and then whoever may be asked at all. */
function pickOnce(
  standings: readonly (readonly Standing[])[],
  pickers: readonly TierPicker[],
  counts: readonly Uint32Array[],
  facts: PickFacts,
  random: () => number,
): void {
  for (const heedsRamp of [true, false]) {
    for (const [tierIndex, tier] of standings.entries()) {
      const picker = pickers[tierIndex]!;
      let candidates = 0;
      for (const [index, { isReady: may, ramp }] of tier.entries()) {
        const isHeldBack = heedsRamp && ramp < 1 && random() >= ramp;
        picker.eligible[index] = may && !isHeldBack ? 1 : 0;
        candidates += picker.eligible[index]!;
      }
      if (candidates === 0) continue;
      const index = picker.pick(facts);
      if (index !== -1) counts[tierIndex]![index]! += 1;
      return;
    }
  }
}

function newPicker(strategies: Pickers, ...[route, tierIndex, random]: Parameters<NonNullable<Pickers['anew']>>) {
  const picker = strategies.anew?.(route, tierIndex, random);
  if (picker === undefined) throw new TypeError('These pickers cannot begin anew.');
  return picker;
}

/** A request of a usual size; each has another key, conversation or header, so that those who keep them together share. */
function usualFacts(given: PickFacts | undefined, pick: number): PickFacts {
  return {
    stickyHash: Math.imul(pick + 1, 0x9e3779b1) >>> 0,
    inputTokens: given?.inputTokens || USUAL_INPUT,
    outputTokens: given?.outputTokens ?? USUAL_OUTPUT,
    searchUnits: given?.searchUnits ?? 0,
    now: given?.now ?? 0,
    stream: given?.stream ?? true,
    requestedModel: given?.requestedModel,
    needs: given?.needs ?? 0,
  };
}

const USUAL_INPUT = 1_000;
const USUAL_OUTPUT = 500;

/** Numbers uniform in [0, 1), the same every time, so that an answer that is asked for again is the same (xorshift). */
function createRandom(): () => number {
  let state = 0x2545f491;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
