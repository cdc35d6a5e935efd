/** Chance that is the same for the same seed and the same names, whatever is drawn elsewhere and in which order. */
export interface Dice {
  /** Uniform in [0, 1). */
  roll(): number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  /** True so often, from 0 to 1. */
  happens(chance: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
}

export function createDice(...names: readonly (number | string)[]): Dice {
  let state = hash(names.join('/'));
  const roll = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    roll,
    between: (least, most) => least + Math.floor(roll() * (most - least + 1)),
    happens: (chance) => roll() < chance,
    pick: (items) => items[Math.floor(roll() * items.length)]!,
  };
}

/** FNV-1a over the text, spread once more so that names which differ at their end differ everywhere. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x45d9f3b);
  return (value ^ (value >>> 16)) >>> 0;
}
