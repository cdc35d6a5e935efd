/** Chances before the members are looked through one by one. */
const MAX_PROBES = 16;

/**
 * A member that may be picked and has a weight, each with the same chance where most may be picked; -1 when there is
 * none. Tiers are mostly in order, so that this takes a probe or two however many members they have.
 */
export function drawMember(eligible: Uint8Array, weights: ArrayLike<number>, random: () => number): number {
  const { length } = eligible;
  for (let probe = 0; probe < MAX_PROBES; probe++) {
    const index = Math.floor(random() * length);
    if (eligible[index] === 1 && weights[index]! > 0) return index;
  }
  const start = Math.floor(random() * length);
  for (let step = 0; step < length; step++) {
    const index = (start + step) % length;
    if (eligible[index] === 1 && weights[index]! > 0) return index;
  }
  return -1;
}
