import type { LimitRule } from '../limit-store.ts';

type SlidingWindowRule = Extract<LimitRule, { algorithm: 'sliding_window' }>;

const initialCapacity = 4;

/**
 * Counts one key against one sliding-window rule by an exact log: the time of every counted unit, in a ring that grows
 * with use. Times are whole milliseconds, units rounded up and questions rounded down, so a fraction of a millisecond
 * never lets one unit too many into a window, and waiting exactly as long as told is always enough.
 */
export class SlidingWindow {
  readonly algorithm = 'sliding_window';
  limit: number;
  #windowMs: number;
  #times = new Float64Array(initialCapacity);
  #first = 0;
  #count = 0;
  /** Units that earlier claims of the same call want of this counter. */
  #pending = 0;

  constructor(rule: SlidingWindowRule) {
    this.limit = rule.limit;
    this.#windowMs = rule.windowMs;
  }

  /** Takes over numbers that a reload changed; what is counted stays counted. */
  adopt(rule: SlidingWindowRule): void {
    this.limit = rule.limit;
    this.#windowMs = rule.windowMs;
  }

  /** Milliseconds until `cost` could pass on top of what the same call already wants; 0 means now. */
  offer(cost: number, now: number): number {
    const units = Math.ceil(cost);
    this.#prune(now);
    this.#pending += units;
    const excess = this.#count + this.#pending - this.limit;
    if (excess <= 0 || units <= 0) return 0;
    // More than was ever counted would have to expire: it can never pass, and one window is as good an answer as any.
    if (excess > this.#count) return this.#windowMs;
    return this.#timeAt(excess - 1) + this.#windowMs - Math.floor(now);
  }

  /** Counts what was offered. */
  commit(now: number): void {
    const needed = this.#count + this.#pending;
    if (needed > this.#times.length) this.#grow(needed);
    const time = Math.ceil(now);
    const capacity = this.#times.length;
    let slot = this.#first + this.#count;
    for (let unit = 0; unit < this.#pending; unit += 1) {
      if (slot >= capacity) slot -= capacity;
      this.#times[slot] = time;
      slot += 1;
    }
    this.#count = needed;
    this.#pending = 0;
  }

  /** Forgets what was offered. */
  withdraw(): void {
    this.#pending = 0;
  }

  remaining(): number {
    return Math.max(0, this.limit - this.#count);
  }

  resetMs(now: number): number {
    return this.#count === 0 ? 0 : Math.max(0, this.#timeAt(this.#count - 1) + this.#windowMs - Math.floor(now));
  }

  /** Whether forgetting this counter would change nothing. */
  isIdle(now: number): boolean {
    return this.#pending === 0 && this.resetMs(now) === 0;
  }

  #timeAt(index: number): number {
    const slot = this.#first + index;
    return this.#times[slot < this.#times.length ? slot : slot - this.#times.length]!;
  }

  #prune(now: number): void {
    const bound = Math.floor(now) - this.#windowMs;
    while (this.#count > 0 && this.#times[this.#first]! <= bound) {
      this.#first = this.#first + 1 === this.#times.length ? 0 : this.#first + 1;
      this.#count -= 1;
    }
  }

  #grow(needed: number): void {
    const grown = new Float64Array(Math.max(needed, Math.min(this.#times.length * 2, Math.max(this.limit, needed))));
    for (let index = 0; index < this.#count; index += 1) grown[index] = this.#timeAt(index);
    this.#times = grown;
    this.#first = 0;
  }
}
