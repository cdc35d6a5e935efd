import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LimitClaim, LimitRule, LimitStore } from './limit-store.ts';
import { createManualClock, type ManualClock } from './manual-clock.fixture.ts';

/** What a store under test is: the store, and the end of whatever it needs. */
export interface LimitStoreUnderTest {
  readonly store: LimitStore;
  readonly close?: () => Promise<void> | void;
}

const windowed = (limit: number, windowMs = 1000, id = 'windowed'): LimitRule => ({
  id,
  algorithm: 'sliding_window',
  limit,
  windowMs,
});
const bucketed = (capacity: number, refillPerSecond: number, id = 'bucketed'): LimitRule => ({
  id,
  algorithm: 'token_bucket',
  capacity,
  refillPerSecond,
});
const claim = (rule: LimitRule, key = 'a', cost = 1): LimitClaim => ({ rule, key, cost });

/** Milliseconds in steps of a 64th, which add up without rounding. */
const gapUpTo = (ms: number) => fc.integer({ min: 0, max: ms * 64 }).map((steps) => steps / 64);

/** What every limit store must do, on the clock that `create` gets. */
export function testLimitStore(name: string, create: (clock: ManualClock) => LimitStoreUnderTest): void {
  async function withStore(run: (store: LimitStore, clock: ManualClock) => Promise<void>): Promise<void> {
    const clock = createManualClock();
    const { store, close } = create(clock);
    await run(store, clock);
    await close?.();
  }

  describe(name, () => {
    test('lets no claim and many keys pass', () =>
      withStore(async (store) => {
        expect(await store.take([])).toMatchObject({ allowed: true, retryAfterMs: 0 });
        for (let key = 0; key < 50; key += 1)
          expect((await store.take([claim(windowed(1), `${key}`)])).allowed).toBe(true);
      }));

    test('tells limit, remaining, reset and the wait of a window', () =>
      withStore(async (store, clock) => {
        const rule = windowed(2);
        const first = { allowed: true, ruleId: 'windowed', limit: 2, remaining: 1, resetMs: 1000, retryAfterMs: 0 };
        expect(await store.take([claim(rule)])).toEqual(first);
        clock.advance(400);
        expect(await store.take([claim(rule)])).toMatchObject({ remaining: 0, resetMs: 1000 });
        clock.advance(100);
        expect(await store.take([claim(rule)])).toMatchObject({ allowed: false, resetMs: 900, retryAfterMs: 500 });
        clock.advance(499);
        expect((await store.take([claim(rule)])).allowed).toBe(false);
        clock.advance(1);
        expect((await store.take([claim(rule)])).allowed).toBe(true);
      }));

    test('tells limit, remaining, reset and the wait of a bucket', () =>
      withStore(async (store, clock) => {
        const rule = bucketed(3, 2);
        for (let left = 2; left >= 0; left -= 1) expect((await store.take([claim(rule)])).remaining).toBe(left);
        expect(await store.take([claim(rule)])).toMatchObject({ allowed: false, retryAfterMs: 500, resetMs: 1500 });
        clock.advance(499);
        expect(await store.take([claim(rule)])).toMatchObject({ allowed: false, retryAfterMs: 1 });
        clock.advance(1);
        expect((await store.take([claim(rule)])).allowed).toBe(true);
        clock.advance(60_000);
        expect((await store.take([claim(rule)])).remaining).toBe(2);
      }));

    test('counts none of the claims when one does not pass', () =>
      withStore(async (store) => {
        const narrow = bucketed(1, 0.001);
        const wide = windowed(5);
        expect(await store.take([claim(wide), claim(narrow)])).toMatchObject({ allowed: true, ruleId: 'bucketed' });
        expect(await store.take([claim(wide), claim(narrow)])).toMatchObject({ allowed: false, ruleId: 'bucketed' });
        expect(await store.take([claim(wide)])).toMatchObject({ allowed: true, remaining: 3 });
      }));

    test('counts two claims of one call on the same counter together', () =>
      withStore(async (store) => {
        for (const rule of [windowed(3), bucketed(3, 0.001)]) {
          expect((await store.take([claim(rule), claim(rule)])).allowed).toBe(true);
          expect((await store.take([claim(rule), claim(rule)])).allowed).toBe(false);
          expect((await store.take([claim(rule)])).allowed).toBe(true);
          expect((await store.take([claim(rule)])).allowed).toBe(false);
        }
      }));

    test('names the longest wait when several refuse', () =>
      withStore(async (store) => {
        const short = windowed(1, 100, 'short');
        const long = windowed(1, 5000, 'long');
        await store.take([claim(short), claim(long)]);
        const verdict = await store.take([claim(short), claim(long)]);
        expect(verdict).toMatchObject({ allowed: false, ruleId: 'long', retryAfterMs: 5000 });
      }));

    test('takes costs of more than one, and answers costs that can never pass', () =>
      withStore(async (store) => {
        expect(await store.take([claim(windowed(10), 'a', 4)])).toMatchObject({ allowed: true, remaining: 6 });
        expect(await store.take([claim(windowed(10), 'a', 7)])).toMatchObject({ allowed: false, retryAfterMs: 1000 });
        expect(await store.take([claim(windowed(10), 'a', 11)])).toMatchObject({ allowed: false, retryAfterMs: 1000 });
        expect(await store.take([claim(bucketed(10, 1), 'a', 11)])).toMatchObject({ allowed: false });
        expect(await store.take([claim(windowed(0, 1000, 'closed'))])).toMatchObject({ allowed: false, remaining: 0 });
      }));

    test('keeps counts when a reload changes the numbers', () =>
      withStore(async (store, clock) => {
        for (let taken = 0; taken < 3; taken += 1) await store.take([claim(windowed(3))]);
        expect(await store.take([claim(windowed(5))])).toMatchObject({ allowed: true, limit: 5, remaining: 1 });
        expect(await store.take([claim(windowed(2))])).toMatchObject({ allowed: false, limit: 2, remaining: 0 });
        clock.advance(1000);
        expect(await store.take([claim(windowed(2))])).toMatchObject({ allowed: true, remaining: 1 });
        expect((await store.take([claim(bucketed(2, 1, 'windowed'))])).allowed).toBe(true);
      }));

    test('never lets more than the limit into any window, and tells the wait exactly', async () => {
      const arrivals = fc.array(fc.record({ gap: gapUpTo(400), cost: fc.integer({ min: 1, max: 3 }) }), {
        maxLength: 60,
      });
      await fc.assert(
        fc.asyncProperty(arrivals, fc.integer({ min: 3, max: 6 }), (list, limit) =>
          withStore(async (store, clock) => {
            const passed: number[] = [];
            let refusedUntil = 0;
            for (const { gap, cost } of list) {
              clock.advance(gap);
              const now = clock.now();
              const verdict = await store.take([claim(windowed(limit), 'a', cost)]);
              if (verdict.allowed) for (let unit = 0; unit < cost; unit += 1) passed.push(now);
              else refusedUntil = await expectExactWait(store, clock, windowed(limit), cost, verdict.retryAfterMs);
              if (refusedUntil !== 0) for (let unit = 0; unit < cost; unit += 1) passed.push(refusedUntil);
              refusedUntil = 0;
            }
            for (let first = 0; first + limit < passed.length; first += 1) {
              expect(passed[first + limit]! - passed[first]!).toBeGreaterThanOrEqual(1000);
            }
          }),
        ),
        { numRuns: 60 },
      );
    });

    test('never gives more than a bucket holds and gains, and tells the wait exactly', async () => {
      const gaps = fc.array(gapUpTo(700), { maxLength: 60 });
      const rates = fc.double({ min: 0.3, max: 40, noNaN: true });
      await fc.assert(
        fc.asyncProperty(gaps, fc.integer({ min: 1, max: 5 }), rates, (list, capacity, rate) =>
          withStore(async (store, clock) => {
            const start = clock.now();
            let passed = 0;
            for (const gap of list) {
              clock.advance(gap);
              const verdict = await store.take([claim(bucketed(capacity, rate))]);
              if (!verdict.allowed)
                await expectExactWait(store, clock, bucketed(capacity, rate), 1, verdict.retryAfterMs);
              passed += 1;
              expect(passed).toBeLessThanOrEqual(capacity + ((clock.now() - start + 1) * rate) / 1000 + 1e-6);
            }
          }),
        ),
        { numRuns: 60 },
      );
    });
  });
}

/** Waits one millisecond less than told and is refused, then the rest and passes; returns when it passed. */
async function expectExactWait(
  store: LimitStore,
  clock: ManualClock,
  rule: LimitRule,
  cost: number,
  retryAfterMs: number,
): Promise<number> {
  expect(retryAfterMs).toBeGreaterThan(0);
  expect(Number.isInteger(retryAfterMs)).toBe(true);
  clock.advance(retryAfterMs - 1);
  expect((await store.take([claim(rule, 'a', cost)])).allowed).toBe(false);
  clock.advance(1);
  expect((await store.take([claim(rule, 'a', cost)])).allowed).toBe(true);
  return clock.now();
}
