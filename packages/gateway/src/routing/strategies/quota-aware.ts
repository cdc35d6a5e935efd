import type { PickFacts } from '../pick-facts.ts';
import { defineStrategy, weightRemark } from './define-strategy.ts';
import { DrawAhead } from './draw-ahead.ts';
import { createLeastCostly } from './least-costly.ts';
import { MemberObservations } from './member-observations.ts';

/** How much a quota that is seen counts in the mean that stands for those that are not known. */
const SHARE_OF_MEAN = 0.05;
/** Keeps the last request of a quota from being infinitely costly. */
const LAST = 1e-6;
/** More than anything costs that has something left. */
const SPENT = 1e12;

/**
 * The target that has most left of its quotas for each request that it runs: what the headers of its answers tell, less
 * what was sent to it since, by its attempts and its weight. What runs must count too, or a target that has stopped
 * answering, and so uses up nothing, would get everything. Who tells nothing of quotas counts as the mean of those who
 * do. Who has nothing left comes last. Of more than eight targets, the best of four drawn at random.
 */
export default defineStrategy({
  name: 'quota_aware',
  aliases: [],
  createPicker(members, { inFlight, observations, random }) {
    const eligible = new Uint8Array(members.length);
    const weights = Float64Array.from(members, ({ weight }) => Math.max(0, weight));
    const seen = new MemberObservations(members, observations);
    let mean = 1;

    function costAt(index: number, facts: PickFacts): number {
      const share = seen.at(index, facts)?.quotaAfter(facts);
      if (share !== undefined) mean += (Math.max(0, share) - mean) * SHARE_OF_MEAN;
      const left = share ?? mean;
      if (left < 0) return SPENT - left;
      return (inFlight(members[index]!.targetId) + 1) / ((left + LAST) * weights[index]!);
    }

    const draws = new DrawAhead(random);
    const leastSpent = createLeastCostly({ eligible, weights, random: draws.next, costAt });
    return {
      eligible,
      pick(facts) {
        const index = leastSpent.pick(facts);
        // Where nobody with a weight may be picked, one without.
        return index === -1 ? eligible.indexOf(1) : index;
      },
      mark() {
        const before = mean;
        const undoDraws = draws.mark();
        const undoTurns = leastSpent.mark();
        return () => {
          mean = before;
          undoDraws();
          undoTurns();
        };
      },
      figureOf(index, facts) {
        const value = seen.at(index, facts)?.quotaAfter(facts);
        return { name: 'quota_share', value, remark: weightRemark(weights[index]!) };
      },
    };
  },
});
