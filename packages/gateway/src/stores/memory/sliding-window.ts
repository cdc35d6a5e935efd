import type { SlidingWindowRule } from '../limit-store.ts';

const initialCapacity = 4;
/** Moments that are told apart to the millisecond; past this many, those of a thousandth of the window are put together. */
const exactMoments = 4096;

/**
 * Counts one key against one sliding-window rule by an exact log: the moments at which units were counted, in a ring that
 * grows with use. Times are whole milliseconds, units rounded up and questions rounded down, so a fraction of a
 * millisecond never lets one unit too many into a window, and waiting exactly as long as told is always enough. A log of
 * thousands of moments becomes coarser, in the direction that lets nothing more pass: its size has a bound.
 */
export class SlidingWindow {
  readonly algorithm = 'sliding_window';
  limit: number;
  #windowMs: number;
  #times = new Float64Array(initialCapacity);
  #units = new Float64Array(initialCapacity);
  #first = 0;
  /** Moments in the ring. */
  #moments = 0;
  /** Units of all of them. */
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
    const units = unitsOf(cost);
    this.#prune(now);
    this.#pending += units;
    const excess = this.#count + this.#pending - this.limit;
    if (excess <= 0 || units === 0) return 0;
    // More than was ever counted would have to expire: it can never pass, and one window is as good an answer as any.
    if (excess > this.#count) return this.#windowMs;
    return this.#timeOf(excess) + this.#windowMs - Math.floor(now);
  }

  /** Counts what was offered; gives the moment by which `settle` finds it again. */
  commit(now: number): number {
    const units = this.#pending;
    this.#pending = 0;
    return units === 0 ? this.#lastTime(now) : this.#add(units, now);
  }

  /** Counts units at an earlier moment, as if it had been done then. */
  restore(units: number, at: number): void {
    const time = Math.ceil(at);
    let index = this.#moments;
    while (index > 0 && this.#times[this.#slot(index - 1)]! > time) index -= 1;
    this.#count += unitsOf(units);
    const before = this.#slot(index - 1);
    if (index > 0 && this.#times[before] === time) this.#units[before]! += unitsOf(units);
    else this.#insert(index, time, unitsOf(units));
  }

  /** Forgets what was offered. */
  withdraw(): void {
    this.#pending = 0;
  }

  /** Puts `actual` in the place of `claimed`, which was counted `at` a moment. */
  settle(at: number, claimed: number, actual: number, now: number): void {
    this.#prune(now);
    const difference = unitsOf(actual) - unitsOf(claimed);
    if (difference > 0) this.#add(difference, now);
    else if (difference < 0) this.#giveBack(at, -difference);
  }

  remaining(): number {
    return Math.max(0, this.limit - this.#count);
  }

  resetMs(now: number): number {
    return this.#count === 0 ? 0 : Math.max(0, this.#lastTime(now) + this.#windowMs - Math.floor(now));
  }

  /** Whether forgetting this counter would change nothing. */
  isIdle(now: number): boolean {
    return this.#pending === 0 && this.resetMs(now) === 0;
  }

  #slot(index: number): number {
    const slot = this.#first + index;
    return slot < this.#times.length ? slot : slot - this.#times.length;
  }

  #lastTime(now: number): number {
    return this.#moments === 0 ? Math.ceil(now) : this.#times[this.#slot(this.#moments - 1)]!;
  }

  /** The moment at which so many units, the oldest, were counted. */
  #timeOf(units: number): number {
    let left = units;
    let index = 0;
    for (; index < this.#moments - 1; index += 1) {
      left -= this.#units[this.#slot(index)]!;
      if (left <= 0) break;
    }
    return this.#times[this.#slot(index)]!;
  }

  #add(units: number, now: number): number {
    let time = Math.ceil(now);
    if (this.#moments >= exactMoments) {
      const grain = Math.ceil(this.#windowMs / 1024);
      time = Math.ceil(time / grain) * grain;
    }
    this.#count += units;
    if (this.#moments > 0) {
      const last = this.#slot(this.#moments - 1);
      if (this.#times[last]! >= time) {
        this.#units[last]! += units;
        return this.#times[last]!;
      }
    }
    this.#insert(this.#moments, time, units);
    return time;
  }

  /** Makes room for a moment before the one with this index. */
  #insert(index: number, time: number, units: number): void {
    if (this.#moments === this.#times.length) this.#grow();
    for (let later = this.#moments; later > index; later -= 1) {
      this.#times[this.#slot(later)] = this.#times[this.#slot(later - 1)]!;
      this.#units[this.#slot(later)] = this.#units[this.#slot(later - 1)]!;
    }
    this.#moments += 1;
    const slot = this.#slot(index);
    this.#times[slot] = time;
    this.#units[slot] = units;
  }

  #giveBack(at: number, units: number): void {
    let low = 0;
    let high = this.#moments;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#times[this.#slot(middle)]! < at) low = middle + 1;
      else high = middle;
    }
    const slot = this.#slot(low);
    // What has left the window meanwhile is not counted any more.
    if (low === this.#moments || this.#times[slot] !== at) return;
    const given = Math.min(units, this.#units[slot]!);
    this.#units[slot]! -= given;
    this.#count -= given;
    while (this.#moments > 0 && this.#units[this.#slot(this.#moments - 1)] === 0) this.#moments -= 1;
  }

  #prune(now: number): void {
    const bound = Math.floor(now) - this.#windowMs;
    while (this.#moments > 0 && this.#times[this.#first]! <= bound) {
      this.#count -= this.#units[this.#first]!;
      this.#first = this.#first + 1 === this.#times.length ? 0 : this.#first + 1;
      this.#moments -= 1;
    }
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    const units = new Float64Array(times.length);
    for (let index = 0; index < this.#moments; index += 1) {
      times[index] = this.#times[this.#slot(index)]!;
      units[index] = this.#units[this.#slot(index)]!;
    }
    this.#times = times;
    this.#units = units;
    this.#first = 0;
  }
}

function unitsOf(cost: number): number {
  return Math.max(0, Math.ceil(cost));
}
