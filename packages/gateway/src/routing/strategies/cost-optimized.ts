import type { PickFacts } from '../pick-facts.ts';
import { defineStrategy, weightRemark } from './define-strategy.ts';
import { MemberObservations } from './member-observations.ts';

const NANO_PER_DOLLAR = 1e9;

/**
 * The cheapest target for the request as it is: its tokens times the prices of the target's model. Models that are
 * known to be too small for it, or not to be able to do what it needs, come after all that fit; a price that is not
 * known comes after all that are. Of equal prices the faster target is taken, of equals among those the next in turn.
 */
export default defineStrategy({
  name: 'cost_optimized',
  aliases: [],
  createPicker(members, { observations, prices }) {
    const eligible = new Uint8Array(members.length);
    const seen = new MemberObservations(members, observations);
    let next = 0;

    function rankOf(index: number, facts: PickFacts): number {
      const member = members[index]!;
      return (member.weight > 0 ? 0 : 2) + (prices.fits(member, facts) ? 0 : 1);
    }

    return {
      eligible,
      pick(facts) {
        let best = -1;
        let bestRank = 0;
        let bestPrice = 0;
        for (let step = 0; step < members.length; step++) {
          const index = (next + step) % members.length;
          if (eligible[index] !== 1) continue;
          const rank = rankOf(index, facts);
          if (best !== -1 && rank > bestRank) continue;
          const price = prices.costOf(members[index]!, facts) ?? Number.POSITIVE_INFINITY;
          if (best !== -1 && rank === bestRank) {
            if (price > bestPrice) continue;
            if (price === bestPrice && seen.costAt(index, 1, facts) >= seen.costAt(best, 1, facts)) continue;
          }
          best = index;
          bestRank = rank;
          bestPrice = price;
        }
        if (best !== -1) next = (best + 1) % members.length;
        return best;
      },
      mark() {
        const before = next;
        return () => {
          next = before;
        };
      },
      figureOf(index, facts) {
        const member = members[index]!;
        const price = prices.costOf(member, facts);
        const remark = weightRemark(member.weight) ?? (prices.fits(member, facts) ? undefined : 'model_unfit');
        return { name: 'cost_usd', value: price === undefined ? undefined : price / NANO_PER_DOLLAR, remark };
      },
    };
  },
});
