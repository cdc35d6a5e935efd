import { mixBits } from './sticky-hash.ts';
import type { Strategy, StrategyMember, StrategySurroundings, TierPicker } from './strategies/define-strategy.ts';

/** Shares are counted in thousandths of a percent, so that they add up exactly. */
const PER_PERCENT = 1_000;
const WHOLE = 100 * PER_PERCENT;
/** Makes who is with a canary independent of where the same hash leads otherwise. */
const SALT = 0x6a09e667;

/**
 * The picker of a tier in which some members get a fixed share of the picks, whatever the strategy, which shares the
 * rest among the others. The shares are exact over a cycle (a hundred picks for whole percents) and interleaved; where
 * the strategy keeps requests together, who comes with a hash is with a canary always or never instead. A canary that
 * may not be picked leaves its share to the others. Where only canaries may be picked, they take turns.
 */
export function createCanaryPicker(
  strategy: Strategy,
  members: readonly StrategyMember[],
  surroundings: StrategySurroundings,
): TierPicker {
  const inner = strategy.createPicker(members, surroundings);
  const canaries = members.flatMap(({ canaryPercent }, index) => (canaryPercent === undefined ? [] : [index]));
  if (canaries.length === 0 || canaries.length === members.length) return inner;
  const eligible = new Uint8Array(members.length);
  const shares = canaries.map((index) => Math.max(0, Math.round(members[index]!.canaryPercent! * PER_PERCENT)));
  const turns = new Turns(shares);
  const keepsTogether = strategy.name === 'sticky';
  let next = 0;

  /** The next canary in turn that may be picked; -1 when there is none. */
  function anyCanary(): number {
    for (let step = 0; step < canaries.length; step++) {
      const index = canaries[(next + step) % canaries.length]!;
      if (eligible[index] !== 1) continue;
      next = (next + step + 1) % canaries.length;
      return index;
    }
    return -1;
  }

  return {
    eligible,
    pick(facts) {
      const stickyHash = keepsTogether ? facts.stickyHash : undefined;
      const turn = stickyHash === undefined ? turns.next() : turns.of(stickyHash);
      const canary = turn === -1 ? -1 : canaries[turn]!;
      if (canary !== -1 && eligible[canary] === 1) return canary;
      inner.eligible.set(eligible);
      for (let at = 0; at < canaries.length; at++) inner.eligible[canaries[at]!] = 0;
      const picked = inner.pick(facts);
      return picked === -1 ? anyCanary() : picked;
    },
    mark() {
      const before = next;
      const undoTurns = turns.mark();
      const undoInner = inner.mark?.();
      return () => {
        next = before;
        undoTurns();
        undoInner?.();
      };
    },
    figureOf(index, facts) {
      const percent = members[index]!.canaryPercent;
      if (percent !== undefined) return { name: 'canary_percent', value: percent };
      return inner.figureOf?.(index, facts) ?? { name: 'order', value: index };
    },
  };
}

/** Whose turn it is: that of one of the shares, or, as -1, that of all who have no share of their own. */
class Turns {
  readonly #shares: readonly number[];
  /** What is left for the others; nothing when the shares come to more than everything. */
  readonly #rest: number;
  readonly #total: number;
  readonly #credit: Float64Array;
  #restCredit = 0;

  constructor(shares: readonly number[]) {
    this.#shares = shares;
    const sum = shares.reduce((total, share) => total + share, 0);
    this.#rest = Math.max(0, WHOLE - sum);
    this.#total = this.#rest + sum;
    this.#credit = new Float64Array(shares.length);
  }

  /** Smooth weighted round robin. */
  next(): number {
    this.#restCredit += this.#rest;
    let best = -1;
    let most = this.#restCredit;
    for (let index = 0; index < this.#shares.length; index++) {
      this.#credit[index]! += this.#shares[index]!;
      if (this.#credit[index]! <= most) continue;
      most = this.#credit[index]!;
      best = index;
    }
    if (best === -1) this.#restCredit -= this.#total;
    else this.#credit[best]! -= this.#total;
    return best;
  }

  mark(): () => void {
    const credit = this.#credit.slice();
    const restCredit = this.#restCredit;
    return () => {
      this.#credit.set(credit);
      this.#restCredit = restCredit;
    };
  }

  of(hash: number): number {
    let left = (mixBits(hash ^ SALT) / 2 ** 32) * this.#total;
    for (let index = 0; index < this.#shares.length; index++) {
      left -= this.#shares[index]!;
      if (left < 0) return index;
    }
    return -1;
  }
}
