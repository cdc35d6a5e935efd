import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LimitRule } from '../limit-store.ts';
import { TokenBucket } from './token-bucket.ts';

type BucketRule = Extract<LimitRule, { algorithm: 'token_bucket' }>;

const ruleOf = (capacity: number, refillPerSecond: number): BucketRule => ({
  id: 'r',
  algorithm: 'token_bucket',
  capacity,
  refillPerSecond,
});

/** Parts of a token in which everything here is a whole number: refills are in 60ths a second, time in milliseconds. */
const parts = 60_000n;

/** What a token bucket is, counted in whole parts of tokens. */
class ExactBucket {
  /** Tokens a minute: what configurations say. */
  perMinute: bigint;
  capacity: bigint;
  tokens: bigint;
  #filledAt: number;

  constructor(capacity: number, perMinute: number, now: number) {
    this.capacity = BigInt(capacity) * parts;
    this.perMinute = BigInt(perMinute);
    this.tokens = this.capacity;
    this.#filledAt = Math.floor(now);
  }

  adopt(capacity: number, perMinute: number, now: number): void {
    const wanted = this.at(now) + BigInt(capacity) * parts - this.capacity;
    this.capacity = BigInt(capacity) * parts;
    this.perMinute = BigInt(perMinute);
    this.tokens = wanted < 0n ? 0n : wanted;
    this.#filledAt = Math.floor(now);
  }

  at(now: number): bigint {
    const filled = this.tokens + BigInt(Math.floor(now) - this.#filledAt) * this.perMinute;
    return filled < this.capacity ? filled : this.capacity;
  }

  take(units: number, now: number): void {
    this.tokens = this.at(now) - BigInt(units) * parts;
    this.#filledAt = Math.floor(now);
  }

  /** Milliseconds until so many are there, of which it holds as many. */
  waitMs(units: number, now: number): number {
    const missing = BigInt(units) * parts - this.at(now);
    return missing <= 0n ? 0 : Number((missing + this.perMinute - 1n) / this.perMinute);
  }
}

const gap = fc.oneof(
  fc.integer({ min: 0, max: 5_000 }).map((part) => part / 64),
  fc.integer({ min: 0, max: 90_000 }),
  fc.integer({ min: 0, max: 40_000_000 }),
  // As long as the last one who was refused was told to wait: where rounding decides.
  fc.constant('as told' as const),
);
const perMinute = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 10_000_000 }));
const rule = fc.record({ capacity: fc.integer({ min: 1, max: 10_000_000 }), rate: perMinute });
const step = fc.record({
  gap,
  shares: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 3 }),
  isRefusedElsewhere: fc.boolean(),
  rule: fc.option(rule, { freq: 10 }),
});

it('counts as exactly as whole numbers do, reloads included', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), rule, (steps, first) => {
      let now = 17.5;
      let { capacity } = first;
      let told = 0;
      const bucket = new TokenBucket(ruleOf(capacity, first.rate / 60), now);
      const exact = new ExactBucket(capacity, first.rate, now);
      for (const { gap: passed, shares, isRefusedElsewhere, rule: changed } of steps) {
        now += passed === 'as told' ? told : passed;
        if (changed) {
          ({ capacity } = changed);
          bucket.adopt(ruleOf(capacity, changed.rate / 60), now);
          exact.adopt(capacity, changed.rate, now);
        }
        let units = 0;
        let waitMs = 0;
        for (const part of shares) {
          const cost = 1 + Math.floor(part * (capacity - 1));
          units += cost;
          waitMs = bucket.offer(cost, now);
          if (units <= capacity) expect(waitMs).toBe(exact.waitMs(units, now));
          else expect(waitMs).toBeGreaterThan(0);
        }
        told = waitMs;
        if (waitMs > 0 || isRefusedElsewhere) bucket.withdraw();
        else {
          bucket.commit(now);
          exact.take(units, now);
        }
        expect(bucket.remaining(now)).toBe(Number(exact.at(now) / parts));
        expect(bucket.resetMs(now)).toBe(Math.min(86_400_000, exact.waitMs(capacity, now)));
      }
    }),
    { numRuns: 200 },
  );
});
