import type { PickFacts } from '../pick-facts.ts';
import { hashText, mixBits } from '../sticky-hash.ts';
import {
  defineStrategy,
  type PickFigure,
  type StrategyMember,
  type StrategySurroundings,
  type TierPicker,
  weightRemark,
} from './define-strategy.ts';

/**
 * The same target for the same hash (rendezvous hashing, in proportion to the weights): each target draws a number for
 * the hash, and the highest wins. So a target that comes or goes moves only the requests that are its own, those of one
 * that may not be picked spread over all others, and they come back with it. A target that is much busier than the
 * others is passed over for the next one. Requests without a hash take turns.
 */
export default defineStrategy({
  name: 'sticky',
  aliases: ['consistent_hash'],
  createPicker: (members, { inFlight }) => new StickyPicker(members, inFlight),
});

/** How much more than its share of the running attempts a target may have before it is passed over. */
const MOST_OF_SHARE = 1.25;
const WHOLE = 2 ** 32;

class StickyPicker implements TierPicker {
  readonly eligible: Uint8Array;
  readonly #members: readonly StrategyMember[];
  readonly #inFlight: StrategySurroundings['inFlight'];
  readonly #weights: Float64Array;
  readonly #seeds: Int32Array;
  #next = 0;

  constructor(members: readonly StrategyMember[], inFlight: StrategySurroundings['inFlight']) {
    this.eligible = new Uint8Array(members.length);
    this.#members = members;
    this.#inFlight = inFlight;
    this.#weights = Float64Array.from(members, ({ weight }) => Math.max(0, weight));
    this.#seeds = Int32Array.from(members, ({ targetId }) => hashText(targetId));
  }

  pick({ stickyHash }: PickFacts): number {
    const index = stickyHash === undefined ? this.#inTurn() : this.#byHash(stickyHash);
    // Where nobody with a weight may be picked, one without.
    return index === -1 ? this.eligible.indexOf(1) : index;
  }

  mark(): () => void {
    const before = this.#next;
    return () => {
      this.#next = before;
    };
  }

  /** With a hash, how many of those with a weight are before it for this hash; without, its turn. */
  figureOf(index: number, { stickyHash }: PickFacts): PickFigure {
    const remark = weightRemark(this.#weights[index]!);
    const { length } = this.#members;
    if (stickyHash === undefined) return { name: 'turn', value: (index - this.#next + length) % length, remark };
    if (remark !== undefined) return { name: 'order', value: undefined, remark };
    const own = this.#drawOf(index, stickyHash);
    let before = 0;
    for (let other = 0; other < length; other++) {
      if (this.#weights[other]! > 0 && this.#drawOf(other, stickyHash) > own) before++;
    }
    return { name: 'order', value: before };
  }

  #byHash(hash: number): number {
    let running = 0;
    let weight = 0;
    for (let index = 0; index < this.#members.length; index++) {
      if (!this.#isCandidate(index)) continue;
      running += this.#inFlight(this.#members[index]!.targetId);
      weight += this.#weights[index]!;
    }
    const mostForWeight = (MOST_OF_SHARE * (running + 1)) / weight;
    const own = this.#highest(hash, Number.POSITIVE_INFINITY);
    if (own === -1 || !this.#isBusy(own, mostForWeight)) return own;
    const other = this.#highest(hash, mostForWeight);
    return other === -1 ? own : other;
  }

  /** Of those that are not too busy, the one with the highest draw; -1 when there is none. */
  #highest(hash: number, mostForWeight: number): number {
    const isBounded = mostForWeight !== Number.POSITIVE_INFINITY;
    let best = -1;
    let highest = Number.NEGATIVE_INFINITY;
    for (let index = 0; index < this.#members.length; index++) {
      if (!this.#isCandidate(index) || (isBounded && this.#isBusy(index, mostForWeight))) continue;
      const draw = this.#drawOf(index, hash);
      if (draw <= highest) continue;
      highest = draw;
      best = index;
    }
    return best;
  }

  /** Negative, and the nearer to 0 the higher. */
  #drawOf(index: number, hash: number): number {
    return Math.log((mixBits(hash ^ this.#seeds[index]!) + 0.5) / WHOLE) / this.#weights[index]!;
  }

  #isCandidate(index: number): boolean {
    return this.eligible[index] === 1 && this.#weights[index] !== 0;
  }

  #isBusy(index: number, mostForWeight: number): boolean {
    return this.#inFlight(this.#members[index]!.targetId) > mostForWeight * this.#weights[index]! + 1;
  }

  #inTurn(): number {
    const { length } = this.#members;
    for (let step = 0; step < length; step++) {
      const index = (this.#next + step) % length;
      if (!this.#isCandidate(index)) continue;
      this.#next = (index + 1) % length;
      return index;
    }
    return -1;
  }
}
