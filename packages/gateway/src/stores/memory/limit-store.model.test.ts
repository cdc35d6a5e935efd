import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LimitClaim, LimitRule } from '../limit-store.ts';
import { createManualClock } from '../manual-clock.fixture.ts';
import { createMemoryLimitStore } from './limit-store.ts';

const windowed = (id: string, limit: number, windowMs: number): LimitRule => ({
  id,
  algorithm: 'sliding_window',
  limit,
  windowMs,
});
const bucketed = (id: string, capacity: number, perMs: number): LimitRule => ({
  id,
  algorithm: 'token_bucket',
  capacity,
  refillPerSecond: perMs * 1000,
});

/** Everything that ever passed for one rule and key, and what it comes to. Quarters of a token add up exactly. */
class Account {
  readonly passed: { readonly at: number; readonly cost: number }[] = [];

  left(rule: LimitRule, now: number): number {
    if (rule.algorithm === 'sliding_window') {
      const counted = this.passed.filter(({ at }) => at > now - rule.windowMs).reduce((sum, { cost }) => sum + cost, 0);
      return rule.limit - counted;
    }
    let tokens = rule.capacity;
    let filledAt = 0;
    const fill = (at: number) => Math.min(rule.capacity, tokens + ((at - filledAt) * rule.refillPerSecond) / 1000);
    for (const { at, cost } of this.passed) {
      tokens = fill(at) - cost;
      filledAt = at;
    }
    return fill(now);
  }
}

/** All claims of a call, or none: by going through the history anew each time. */
class Accounts {
  readonly #all = new Map<string, Account>();

  take(claims: readonly LimitClaim[], now: number): { allowed: boolean; remaining: number } {
    const wanted = new Map<string, number>();
    for (const claim of claims) {
      const name = `${claim.rule.id} ${claim.key}`;
      wanted.set(name, (wanted.get(name) ?? 0) + claim.cost);
      if (!this.#all.has(name)) this.#all.set(name, new Account());
    }
    const left = ({ rule, key }: LimitClaim) => this.#all.get(`${rule.id} ${key}`)!.left(rule, now);
    const allowed = claims.every((claim) => left(claim) >= wanted.get(`${claim.rule.id} ${claim.key}`)!);
    if (allowed) for (const [name, cost] of wanted) this.#all.get(name)!.passed.push({ at: now, cost });
    return { allowed, remaining: Math.min(...claims.map((claim) => Math.max(0, Math.floor(left(claim))))) };
  }
}

const rules = [
  windowed('per second', 3, 1_000),
  windowed('per moment', 5, 40),
  bucketed('slow', 4, 1 / 256),
  bucketed('quick', 6, 1 / 8),
];
const claim = fc.record({
  rule: fc.constantFrom(...rules),
  key: fc.constantFrom('a', 'b', 'c'),
  cost: fc.integer({ min: 1, max: 3 }),
});
const call = fc.record({
  gap: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 1_500 })),
  claims: fc.array(claim, { minLength: 1, maxLength: 4 }),
});

it('lets exactly those calls pass that the whole history allows, and tells a wait that is enough', () => {
  fc.assert(
    fc.property(fc.array(call, { maxLength: 60, size: 'max' }), (calls) => {
      const clock = createManualClock(0);
      const store = createMemoryLimitStore({ clock });
      const accounts = new Accounts();
      for (const { gap, claims } of calls) {
        clock.advance(gap);
        const verdict = store.take(claims);
        const expected = accounts.take(claims, clock.now());
        expect(verdict.allowed).toBe(expected.allowed);
        if (verdict.allowed) {
          expect(verdict.remaining).toBe(expected.remaining);
          expect(verdict.retryAfterMs).toBe(0);
          continue;
        }
        expect(verdict.retryAfterMs).toBeGreaterThan(0);
        expect(claims.map(({ rule }) => rule.id)).toContain(verdict.ruleId);
      }
    }),
    { numRuns: 150 },
  );
});

it('tells each call a wait after which it passes, and before which it does not', () => {
  fc.assert(
    fc.property(fc.array(call, { maxLength: 40, size: 'max' }), (calls) => {
      const clock = createManualClock(0);
      const store = createMemoryLimitStore({ clock });
      for (const { gap, claims } of calls) {
        clock.advance(gap);
        const { allowed, retryAfterMs } = store.take(claims);
        const canPass = claims.every(({ rule, key }) => {
          const same = claims.filter((other) => other.rule === rule && other.key === key);
          const most = rule.algorithm === 'sliding_window' ? rule.limit : rule.capacity;
          return same.reduce((sum, { cost }) => sum + cost, 0) <= most;
        });
        if (allowed || !canPass) continue;
        clock.advance(retryAfterMs - 1);
        expect(store.take(claims).allowed).toBe(false);
        clock.advance(1);
        expect(store.take(claims).allowed).toBe(true);
      }
    }),
    { numRuns: 150 },
  );
});

it('keeps the counters that were used last, and no more than it may', () => {
  const strict = windowed('strict', 1, 1_000_000);
  fc.assert(
    fc.property(fc.array(fc.nat(60), { maxLength: 200, size: 'max' }), (keys) => {
      const store = createMemoryLimitStore({ clock: createManualClock(), maxKeys: 16 });
      let recent: number[] = [];
      for (const key of keys) {
        const { allowed } = store.take([{ rule: strict, key: `${key}`, cost: 1 }]);
        expect(allowed).toBe(!recent.includes(key));
        recent = [key, ...recent.filter((other) => other !== key)].slice(0, 16);
        expect(store.size()).toBeLessThanOrEqual(16);
      }
    }),
  );
});
