import { defineStrategy, weightRemark } from './define-strategy.ts';
import { DrawAhead } from './draw-ahead.ts';
import { drawMember } from './draw-member.ts';
import { createLeastCostly } from './least-costly.ts';
import { MemberObservations } from './member-observations.ts';

/** Share of the picks that go to anybody, so that a target that got faster is found out. */
const EXPLORED = 0.02;

/**
 * The target that is expected to answer first: what it took lately, times the requests it has, for its weight. Who was
 * not asked yet comes first. Of more than eight targets, the best of four drawn at random.
 */
export default defineStrategy({
  name: 'latency_optimized',
  aliases: ['least_latency'],
  createPicker(members, { observations, random }) {
    const eligible = new Uint8Array(members.length);
    const weights = Float64Array.from(members, ({ weight }) => Math.max(0, weight));
    const seen = new MemberObservations(members, observations);
    const draws = new DrawAhead(random);
    const fastest = createLeastCostly({
      eligible,
      weights,
      random: draws.next,
      costAt: (index, facts) => seen.costAt(index, weights[index]!, facts),
    });
    return {
      eligible,
      pick(facts) {
        const index = draws.next() < EXPLORED ? drawMember(eligible, weights, draws.next) : fastest.pick(facts);
        // Where nobody with a weight may be picked, one without.
        return index === -1 ? eligible.indexOf(1) : index;
      },
      mark() {
        const undoDraws = draws.mark();
        const undoTurns = fastest.mark();
        return () => {
          undoDraws();
          undoTurns();
        };
      },
      figureOf(index, facts) {
        const weight = weights[index]!;
        const known = weight > 0 ? seen.costAt(index, weight, facts) : 0;
        return { name: 'expected_ms', value: known > 0 ? known : undefined, remark: weightRemark(weight) };
      },
    };
  },
});
