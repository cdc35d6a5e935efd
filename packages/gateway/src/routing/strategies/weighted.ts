import { defineStrategy, weightRemark } from './define-strategy.ts';

/**
 * Smooth weighted round robin: exact over a cycle of as many picks as the weights sum to, and interleaved within it
 * (A B A rather than A A B). A weight of 0 is picked only when nothing else may be.
 */
export default defineStrategy({
  name: 'weighted',
  aliases: ['weighted_round_robin'],
  createPicker(members) {
    const weights = members.map((member) => Math.max(0, member.weight));
    const credit = new Float64Array(members.length);
    const eligible = new Uint8Array(members.length);
    return {
      eligible,
      pick() {
        let total = 0;
        let best = -1;
        for (let index = 0; index < weights.length; index++) {
          const weight = weights[index]!;
          if (eligible[index] !== 1 || weight === 0) continue;
          total += weight;
          credit[index]! += weight;
          if (best === -1 || credit[index]! > credit[best]!) best = index;
        }
        if (best === -1) return eligible.indexOf(1);
        credit[best]! -= total;
        return best;
      },
      mark() {
        const before = credit.slice();
        return () => credit.set(before);
      },
      figureOf: (index) => ({ name: 'weight', value: weights[index], remark: weightRemark(weights[index]!) }),
    };
  },
});
