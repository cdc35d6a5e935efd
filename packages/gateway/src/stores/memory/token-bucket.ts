import type { LimitRule } from '../limit-store.ts';

type TokenBucketRule = Extract<LimitRule, { algorithm: 'token_bucket' }>;

/** Tokens that rounding may lose; without it a claim at the promised time could miss its last billionth of a token. */
const tolerance = 1e-9;
/** What a claim that can never pass (costs more than the bucket holds, or no refill) is told to wait, in milliseconds. */
const longestWaitMs = 86_400_000;

/** Counts one key against one token-bucket rule. Time is taken in whole milliseconds, so that the wait told is exact. */
export class TokenBucket {
  readonly algorithm = 'token_bucket';
  limit: number;
  #refillPerMs: number;
  #tokens: number;
  #filledAt: number;
  #pending = 0;

  constructor(rule: TokenBucketRule, now: number) {
    this.limit = rule.capacity;
    this.#refillPerMs = rule.refillPerSecond / 1000;
    this.#tokens = rule.capacity;
    this.#filledAt = Math.floor(now);
  }

  /** Takes over numbers that a reload changed; what was taken stays taken. */
  adopt(rule: TokenBucketRule): void {
    if (rule.capacity !== this.limit) {
      this.#tokens = Math.max(0, Math.min(rule.capacity, this.#tokens + rule.capacity - this.limit));
    }
    this.limit = rule.capacity;
    this.#refillPerMs = rule.refillPerSecond / 1000;
  }

  /** Milliseconds until `cost` could pass on top of what the same call already wants; 0 means now. */
  offer(cost: number, now: number): number {
    this.#pending += Math.max(0, cost);
    const wanted = this.#pending;
    const time = Math.floor(now);
    if (cost <= 0 || this.#tokensAt(time) + tolerance >= wanted) return 0;
    if (wanted > this.limit + tolerance || this.#refillPerMs <= 0) return this.#longestWait();
    let waitMs = Math.ceil((wanted - this.#tokensAt(time)) / this.#refillPerMs);
    // Division and multiplication may round apart by one step; the check itself decides.
    while (this.#tokensAt(time + waitMs) + tolerance < wanted) waitMs += 1;
    while (waitMs > 1 && this.#tokensAt(time + waitMs - 1) + tolerance >= wanted) waitMs -= 1;
    return waitMs;
  }

  /** Counts what was offered. */
  commit(now: number): void {
    const time = Math.floor(now);
    this.#tokens = Math.max(0, this.#tokensAt(time) - this.#pending);
    this.#filledAt = Math.max(this.#filledAt, time);
    this.#pending = 0;
  }

  /** Forgets what was offered. */
  withdraw(): void {
    this.#pending = 0;
  }

  remaining(now: number): number {
    return Math.floor(this.#tokensAt(Math.floor(now)) + tolerance);
  }

  resetMs(now: number): number {
    const missing = this.limit - this.#tokensAt(Math.floor(now));
    if (missing <= tolerance) return 0;
    return this.#refillPerMs <= 0 ? longestWaitMs : Math.min(longestWaitMs, Math.ceil(missing / this.#refillPerMs));
  }

  /** Whether forgetting this counter would change nothing. */
  isIdle(now: number): boolean {
    return this.#pending === 0 && this.resetMs(now) === 0;
  }

  #tokensAt(time: number): number {
    const elapsed = time > this.#filledAt ? time - this.#filledAt : 0;
    return Math.min(this.limit, this.#tokens + elapsed * this.#refillPerMs);
  }

  #longestWait(): number {
    return this.#refillPerMs <= 0 ? longestWaitMs : Math.min(longestWaitMs, Math.ceil(this.limit / this.#refillPerMs));
  }
}
