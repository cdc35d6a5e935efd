import { defineStrategy, weightRemark } from './define-strategy.ts';

/** Fewest running attempts for its weight. Equals take turns, so that an idle gateway still shares the load. */
export default defineStrategy({
  name: 'least_loaded',
  aliases: ['least_connections'],
  createPicker(members, { inFlight }) {
    const eligible = new Uint8Array(members.length);
    let next = 0;
    return {
      eligible,
      pick() {
        let best = -1;
        let least = Number.POSITIVE_INFINITY;
        for (let step = 0; step < members.length; step++) {
          const index = (next + step) % members.length;
          if (eligible[index] !== 1) continue;
          const { targetId, weight } = members[index]!;
          // A weight of 0 loses to everything except another of its kind.
          const load = weight > 0 ? (inFlight(targetId) + 1) / weight : Number.MAX_VALUE;
          if (load < least) {
            least = load;
            best = index;
          }
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
      figureOf(index) {
        const { targetId, weight } = members[index]!;
        return { name: 'in_flight', value: inFlight(targetId), remark: weightRemark(weight) };
      },
    };
  },
});
