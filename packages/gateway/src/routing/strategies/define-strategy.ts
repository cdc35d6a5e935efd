import type { MemberPrices } from '../member-prices.ts';
import type { PickFacts } from '../pick-facts.ts';
import type { StrategyName } from '../target.ts';
import type { TargetObservations } from '../target-observations.ts';

/** What a strategy knows of one target of its tier. */
export interface StrategyMember {
  readonly targetId: string;
  /** Members of one address and credential share it, and what was observed of them. */
  readonly healthId: string;
  /** Name of the provider's definition: whose prices it has. */
  readonly kind: string;
  /** With 0 it is picked only when nothing else may be. */
  readonly weight: number;
  /** Name sent upstream; undefined: what the caller asked for, under the target's own name for it, or its default. */
  readonly upstreamModel: string | undefined;
  readonly models: ReadonlyMap<string, string> | undefined;
  readonly defaultModel: string | undefined;
  /** Share of the picks that it gets whatever the strategy, in percent; undefined: it takes part as any other. */
  readonly canaryPercent: number | undefined;
}

/** What a strategy may look at while it picks. */
export interface StrategySurroundings {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Attempts running on a target now. */
  readonly inFlight: (targetId: string) => number;
  /** How fast targets were, and what is left of their quotas. */
  readonly observations: TargetObservations;
  /** What requests would cost, and whether models take them. */
  readonly prices: MemberPrices;
}

/** By what a strategy compares the members of a tier, and whether more or less of it is better is the strategy's business. */
export type PickFigureName =
  | 'turn'
  | 'weight'
  | 'order'
  | 'in_flight'
  | 'expected_ms'
  | 'cost_usd'
  | 'quota_share'
  | 'canary_percent';

/** What a strategy knows of one member, as operators read it. */
export interface PickFigure {
  /**
   * `turn`: turns until it is its turn, 0 being now. `weight`: as configured. `order`: place in the order in which
   * members are taken, 0 being the first. `in_flight`: attempts running there. `expected_ms`: milliseconds until an
   * answer, times the attempts it would have, for its weight. `cost_usd`: of this request, as far as it is known
   * beforehand. `quota_share`: what this request would leave of its scarcer quota, 1 being all. `canary_percent`: its
   * share whatever the strategy.
   */
  readonly name: PickFigureName;
  /** Undefined where it is not known. */
  readonly value: number | undefined;
  /** What puts it behind others whatever the figure; undefined: nothing. */
  readonly remark?: 'no_weight' | 'model_unfit' | undefined;
}

/**
 * Picks the target of one tier for one attempt. Lives as long as the tier has the same members, over reloads too, and
 * keeps its counters in itself. Picking allocates nothing.
 */
export interface TierPicker {
  /** One flag for each member, set by the caller before every pick: 1 when it may be picked now. */
  readonly eligible: Uint8Array;
  /** Index of the member picked, or -1 when none is eligible. */
  readonly pick: (facts: PickFacts) => number;
  /**
   * Remembers where it stands. What it returns takes it back there, random numbers included, as if nothing had been
   * picked since; it is called once, in the same turn. So somebody can find out what would be picked without moving
   * anything. Every strategy has it.
   */
  readonly mark?: () => () => void;
  /** By what the strategy would compare a member for this request; changes nothing. Every strategy has it. */
  readonly figureOf?: (index: number, facts: PickFacts) => PickFigure;
}

/** A way to share the load of a tier: a file in this folder, exported as default, collected by `npm run generate`. */
export interface Strategy {
  readonly name: StrategyName;
  /** Other names that a configuration may use for it. */
  readonly aliases: readonly string[];
  readonly createPicker: (members: readonly StrategyMember[], surroundings: StrategySurroundings) => TierPicker;
}

/** The remark of a member whose weight is 0. */
export function weightRemark(weight: number): PickFigure['remark'] {
  return weight > 0 ? undefined : 'no_weight';
}

/** Declares a strategy; it exists for the types and for whoever looks for all strategies. */
export function defineStrategy(strategy: Strategy): Strategy {
  return strategy;
}
