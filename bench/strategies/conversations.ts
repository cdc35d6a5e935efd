import { hashText } from '../../packages/gateway/src/routing/sticky-hash.ts';
import type { Chance } from './chance.ts';

/** Turns of a conversation on average. */
const MEAN_TURNS = 8;
/** A provider keeps the beginning of a prompt so long after its last use. */
const KEPT_MS = 300_000;

/** Who talks: each request is the first or a further turn of a conversation. */
export class Conversations {
  readonly #chance: Chance;
  readonly #open: number[] = [];
  readonly #lastUse = new Map<number, number>();
  readonly #targets: number;
  readonly #most: number;
  #count = 0;

  /** `most`: conversations that go on at the same time. */
  constructor(chance: Chance, { targets, most }: { readonly targets: number; readonly most: number }) {
    this.#chance = chance;
    this.#targets = targets;
    this.#most = most;
  }

  next(): { readonly id: number; readonly hash: number; readonly isFirst: boolean } {
    const isFirst = this.#open.length === 0 || this.#chance.next() < 1 / MEAN_TURNS;
    const place = Math.floor(this.#chance.next() * (isFirst ? this.#most : this.#open.length));
    if (isFirst) {
      // Once there are enough, a new one takes the place of another.
      if (place < this.#open.length) this.#open[place] = this.#count;
      else this.#open.push(this.#count);
    }
    const id = isFirst ? this.#count++ : this.#open[place]!;
    return { id, hash: hashText(`conversation ${id}`), isFirst };
  }

  /** Whether a target still has the beginning of a conversation's prompt; from now on it has. */
  isWarm(conversation: number, target: number, now: number): boolean {
    const key = conversation * this.#targets + target;
    const lastUse = this.#lastUse.get(key);
    this.#lastUse.set(key, now);
    return lastUse !== undefined && now - lastUse <= KEPT_MS;
  }
}
