import type { StrategyName } from '../target.ts';

/** What a strategy knows of one target of its tier. */
export interface StrategyMember {
  readonly targetId: string;
  readonly weight: number;
}

/** What a strategy may look at while it picks. */
export interface StrategySurroundings {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Attempts running on a target now. */
  readonly inFlight: (targetId: string) => number;
}

/**
 * Picks the target of one tier for one attempt. Lives as long as the tier has the same members, over reloads too, and
 * keeps its counters in itself. Picking allocates nothing.
 */
export interface TierPicker {
  /** One flag for each member, set by the caller before every pick: 1 when it may be picked now. */
  readonly eligible: Uint8Array;
  /** Index of the member picked, or -1 when none is eligible. */
  readonly pick: () => number;
}

/** A way to share the load of a tier: a file in this folder, exported as default, collected by `npm run generate`. */
export interface Strategy {
  readonly name: StrategyName;
  /** Other names that a configuration may use for it. */
  readonly aliases: readonly string[];
  readonly createPicker: (members: readonly StrategyMember[], surroundings: StrategySurroundings) => TierPicker;
}

/** Declares a strategy; it exists for the types and for whoever looks for all strategies. */
export function defineStrategy(strategy: Strategy): Strategy {
  return strategy;
}
