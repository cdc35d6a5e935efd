import type { TokenBucketRule } from '../limit-store.ts';

/**
 * Tokens that rounding may lose; without it a claim at the promised time could miss its last billionth of a token. Large
 * numbers lose more.
 */
const toleranceOf = (capacity: number): number => Math.max(1e-9, capacity * 2 ** -46);
/** What a claim that can never pass (costs more than the bucket holds, or no refill) is told to wait, in milliseconds. */
const longestWaitMs = 86_400_000;
const decadesMs = 1e12;

/** Counts one key against one token-bucket rule. Time is taken in whole milliseconds, so that the wait told is exact. */
export class TokenBucket {
  readonly algorithm = 'token_bucket';
  limit: number;
  #refillPerMs: number;
  #tokens: number;
  #filledAt: number;
  #pending = 0;
  #tolerance: number;

  constructor(rule: TokenBucketRule, now: number) {
    this.limit = rule.capacity;
    this.#refillPerMs = rule.refillPerSecond / 1000;
    this.#tokens = rule.capacity;
    this.#filledAt = Math.floor(now);
    this.#tolerance = toleranceOf(rule.capacity);
  }

  /** Takes over numbers that a reload changed. What was taken stays taken, and time gone by counts at the old rate. */
  adopt(rule: TokenBucketRule, now: number): void {
    const time = Math.floor(now);
    this.#tokens = this.#tokensAt(time);
    this.#filledAt = Math.max(this.#filledAt, time);
    if (rule.capacity !== this.limit) {
      this.#tokens = Math.max(0, Math.min(rule.capacity, this.#tokens + rule.capacity - this.limit));
    }
    this.limit = rule.capacity;
    this.#refillPerMs = rule.refillPerSecond / 1000;
    // What a larger number lost stays lost.
    this.#tolerance = Math.max(this.#tolerance, toleranceOf(rule.capacity));
  }

  /** Milliseconds until `cost` could pass on top of what the same call already wants; 0 means now. */
  offer(cost: number, now: number): number {
    this.#pending += Math.max(0, cost);
    const wanted = this.#pending;
    const time = Math.floor(now);
    if (cost <= 0 || this.#tokensAt(time) + this.#tolerance >= wanted) return 0;
    if (wanted > this.limit + this.#tolerance || this.#refillPerMs <= 0) return this.#longestWait();
    return this.#waitMs(wanted, time);
  }

  /** Counts what was offered; gives the moment by which `settle` finds it again. */
  commit(now: number): number {
    const time = Math.floor(now);
    // Only rounding takes more than there is. A debt that settling left stays one.
    const tokens = this.#tokensAt(time);
    this.#tokens = Math.max(Math.min(0, tokens), tokens - this.#pending);
    this.#filledAt = Math.max(this.#filledAt, time);
    this.#pending = 0;
    return time;
  }

  /** Forgets what was offered. */
  withdraw(): void {
    this.#pending = 0;
  }

  /** Puts `actual` in the place of `claimed`. What is missing becomes a debt, which the refill pays first. */
  settle(_at: number, claimed: number, actual: number, now: number): void {
    const time = Math.floor(now);
    const difference = Math.max(0, actual) - Math.max(0, claimed);
    this.#tokens = Math.min(this.limit, this.#tokensAt(time) - difference);
    this.#filledAt = Math.max(this.#filledAt, time);
  }

  remaining(now: number): number {
    return Math.max(0, Math.floor(this.#tokensAt(Math.floor(now)) + this.#tolerance));
  }

  resetMs(now: number): number {
    const time = Math.floor(now);
    if (this.limit - this.#tokensAt(time) <= this.#tolerance) return 0;
    return this.#refillPerMs <= 0 ? longestWaitMs : Math.min(longestWaitMs, this.#waitMs(this.limit, time));
  }

  /** Whether forgetting this counter would change nothing. */
  isIdle(now: number): boolean {
    return this.#pending === 0 && this.resetMs(now) === 0;
  }

  #tokensAt(time: number): number {
    const elapsed = time > this.#filledAt ? time - this.#filledAt : 0;
    return Math.min(this.limit, this.#tokens + elapsed * this.#refillPerMs);
  }

  /** Milliseconds until there are as many tokens as it can hold, or fewer. */
  #waitMs(wanted: number, time: number): number {
    const missing = wanted - this.#tolerance - this.#tokensAt(time);
    let waitMs = Math.max(1, Math.ceil(missing / this.#refillPerMs));
    // In decades a millisecond more or less is nothing, not even to the sums below.
    if (waitMs > decadesMs) return waitMs;
    // Division and multiplication may round apart by one step; the check itself decides.
    while (this.#tokensAt(time + waitMs) + this.#tolerance < wanted) waitMs += 1;
    while (waitMs > 1 && this.#tokensAt(time + waitMs - 1) + this.#tolerance >= wanted) waitMs -= 1;
    return waitMs;
  }

  #longestWait(): number {
    return this.#refillPerMs <= 0 ? longestWaitMs : Math.min(longestWaitMs, Math.ceil(this.limit / this.#refillPerMs));
  }
}
