import { defineStrategy, weightRemark } from './define-strategy.ts';
import { DrawAhead } from './draw-ahead.ts';

/** By chance, in proportion to the weights. */
export default defineStrategy({
  name: 'random',
  aliases: [],
  createPicker(members, { random }) {
    const draws = new DrawAhead(random);
    const weights = members.map((member) => Math.max(0, member.weight));
    const eligible = new Uint8Array(members.length);
    return {
      eligible,
      pick() {
        let total = 0;
        for (let index = 0; index < weights.length; index++) if (eligible[index] === 1) total += weights[index]!;
        let left = draws.next() * total;
        let last = -1;
        for (let index = 0; index < weights.length; index++) {
          const weight = weights[index]!;
          if (eligible[index] !== 1 || weight === 0) continue;
          last = index;
          left -= weight;
          if (left < 0) return index;
        }
        // Rounding can leave a crumb of the total; all weights 0 leaves the first that may be picked.
        return last === -1 ? eligible.indexOf(1) : last;
      },
      mark: () => draws.mark(),
      figureOf: (index) => ({ name: 'weight', value: weights[index], remark: weightRemark(weights[index]!) }),
    };
  },
});
