import { defineStrategy } from './define-strategy.ts';

/** The first that may be picked, in file order: a primary and its backups. */
export default defineStrategy({
  name: 'priority',
  aliases: ['primary_backup'],
  createPicker(members) {
    const eligible = new Uint8Array(members.length);
    return {
      eligible,
      pick: () => eligible.indexOf(1),
      mark: () => () => {},
      figureOf: (index) => ({ name: 'order', value: index }),
    };
  },
});
