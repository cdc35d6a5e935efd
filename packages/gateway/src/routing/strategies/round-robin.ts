import { defineStrategy } from './define-strategy.ts';

/** One after the other, whatever their weights; a target that may not be picked now loses its turn. */
export default defineStrategy({
  name: 'round_robin',
  aliases: [],
  createPicker(members) {
    const eligible = new Uint8Array(members.length);
    let next = 0;
    return {
      eligible,
      pick() {
        for (let step = 0; step < eligible.length; step++) {
          const index = (next + step) % eligible.length;
          if (eligible[index] === 1) {
            next = (index + 1) % eligible.length;
            return index;
          }
        }
        return -1;
      },
      mark() {
        const before = next;
        return () => {
          next = before;
        };
      },
      figureOf: (index) => ({ name: 'turn', value: (index - next + eligible.length) % eligible.length }),
    };
  },
});
