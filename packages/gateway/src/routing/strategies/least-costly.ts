import type { PickFacts } from '../pick-facts.ts';
import { drawMember } from './draw-member.ts';

/** Tiers up to this size are compared as a whole. */
const MOST_COMPARED = 8;
/** So many are drawn of a larger one. Four do nearly as well as all (bench/strategies), and two clearly worse. */
const DRAWN = 4;

export interface LeastCostlyInput {
  readonly eligible: Uint8Array;
  readonly weights: Float64Array;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** What a pick of this member would cost, in whatever unit; never infinite. */
  readonly costAt: (index: number, facts: PickFacts) => number;
}

export interface LeastCostly {
  /** Index of the member picked, -1 when there is none. */
  readonly pick: (facts: PickFacts) => number;
  /** As a picker has it, but for the random numbers, which are the giver's. */
  readonly mark: () => () => void;
}

/**
 * Picks the least costly of the members that may be picked and have a weight, equals in turn; of many, the least costly
 * of a few drawn at random, so that a pick takes as long however many they are.
 */
export function createLeastCostly(input: LeastCostlyInput): LeastCostly {
  const { costAt, eligible, random, weights } = input;
  const { length } = eligible;
  let next = 0;

  function pickOfAll(facts: PickFacts): number {
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let step = 0; step < length; step++) {
      const index = (next + step) % length;
      if (eligible[index] !== 1 || weights[index] === 0) continue;
      const cost = costAt(index, facts);
      if (cost >= least) continue;
      least = cost;
      best = index;
    }
    if (best !== -1) next = (best + 1) % length;
    return best;
  }

  function pickOfDrawn(facts: PickFacts): number {
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let draw = 0; draw < DRAWN; draw++) {
      const index = drawMember(eligible, weights, random);
      if (index === -1) return -1;
      const cost = costAt(index, facts);
      if (cost >= least) continue;
      least = cost;
      best = index;
    }
    return best;
  }

  return {
    pick: length > MOST_COMPARED ? pickOfDrawn : pickOfAll,
    mark() {
      const before = next;
      return () => {
        next = before;
      };
    },
  };
}
