import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LimitReservation, LimitRule, ReservingLimitStore } from './limit-store.ts';
import { createManualClock, type ManualClock } from './manual-clock.fixture.ts';

/** A store whose claims can be settled, on the clock that `create` gets. */
export interface ReservingStoreUnderTest {
  readonly store: ReservingLimitStore;
  /** Resolves when everything said so far has been heard. */
  readonly settle?: () => Promise<void>;
  readonly close?: () => Promise<void> | void;
}

const windowed: LimitRule = { id: 'tokens', algorithm: 'sliding_window', limit: 100, windowMs: 1000 };
/** A fourth of a token a millisecond: adds up without rounding. */
const bucketed: LimitRule = { id: 'bucket', algorithm: 'token_bucket', capacity: 100, refillPerSecond: 250 };
const requests: LimitRule = { id: 'requests', algorithm: 'sliding_window', limit: 3, windowMs: 1000 };

/** What every store that settles must do. */
export function testLimitSettlement(
  name: string,
  create: (clock: ManualClock) => ReservingStoreUnderTest,
  numRuns = 60,
): void {
  interface Scene {
    readonly store: ReservingLimitStore;
    readonly clock: ManualClock;
    readonly heard: () => Promise<void>;
    /** What is left of a rule for one key, asked without claiming anything. */
    readonly left: (rule: LimitRule) => Promise<number>;
  }

  async function onScene(run: (scene: Scene) => Promise<void>): Promise<void> {
    const clock = createManualClock();
    const { store, settle, close } = create(clock);
    const left = async (rule: LimitRule) => (await store.take([{ rule, key: 'a', cost: 0 }])).remaining;
    await run({ store, clock, heard: async () => settle?.(), left });
    await close?.();
  }

  describe(`settling: ${name}`, () => {
    for (const rule of [windowed, bucketed]) {
      test(`gives back what was claimed too much of a ${rule.algorithm}, once`, () =>
        onScene(async ({ store, heard, left }) => {
          const reservation = await store.reserve([{ rule, key: 'a', cost: 80 }]);
          expect(reservation.verdict).toMatchObject({ allowed: true, remaining: 20, limit: 100 });
          reservation.settle([30]);
          reservation.settle([0]);
          await heard();
          expect(await left(rule)).toBe(70);
        }));

      test(`counts what was claimed too little of a ${rule.algorithm}, over the limit if need be`, () =>
        onScene(async ({ store, heard, clock, left }) => {
          const reservation = await store.reserve([{ rule, key: 'a', cost: 10 }]);
          reservation.settle([150]);
          await heard();
          expect(await left(rule)).toBe(0);
          expect((await store.take([{ rule, key: 'a', cost: 1 }])).allowed).toBe(false);
          const { retryAfterMs } = await store.take([{ rule, key: 'a', cost: 1 }]);
          clock.advance(retryAfterMs - 1);
          expect((await store.take([{ rule, key: 'a', cost: 1 }])).allowed).toBe(false);
          clock.advance(1);
          expect((await store.take([{ rule, key: 'a', cost: 1 }])).allowed).toBe(true);
        }));
    }

    test('claims requests and tokens together or not at all', () =>
      onScene(async ({ store, heard, left }) => {
        const claims = [
          { rule: requests, key: 'a', cost: 1 },
          { rule: windowed, key: 'a', cost: 60 },
        ];
        const first = await store.reserve(claims);
        const second = await store.reserve(claims);
        expect(second.verdict).toMatchObject({ allowed: false, ruleId: 'tokens' });
        second.settle([0, 0]);
        await heard();
        expect(await left(requests)).toBe(2);
        first.settle([1, 5]);
        await heard();
        expect(await left(windowed)).toBe(95);
        expect(await left(requests)).toBe(2);
      }));

    test('takes what nobody tells the use of for what was claimed', () =>
      onScene(async ({ store, heard, left }) => {
        const reservation = await store.reserve([
          { rule: requests, key: 'a', cost: 1 },
          { rule: windowed, key: 'a', cost: 80 },
        ]);
        reservation.settle([]);
        reservation.settle([0, 0]);
        await heard();
        expect([await left(requests), await left(windowed)]).toEqual([2, 20]);
      }));

    test('forgets an estimate that is never settled as it forgets everything', () =>
      onScene(async ({ store, clock, left }) => {
        for (const rule of [windowed, bucketed]) await store.reserve([{ rule, key: 'a', cost: 100 }]);
        expect([await left(windowed), await left(bucketed)]).toEqual([0, 0]);
        clock.advance(1000);
        expect([await left(windowed), await left(bucketed)]).toEqual([100, 100]);
      }));

    test('gives nothing back of what has left the window already', () =>
      onScene(async ({ store, clock, heard, left }) => {
        const old = await store.reserve([{ rule: windowed, key: 'a', cost: 90 }]);
        clock.advance(1000);
        await store.reserve([{ rule: windowed, key: 'a', cost: 50 }]);
        old.settle([1]);
        await heard();
        expect(await left(windowed)).toBe(50);
      }));

    test('does what a list of all claims would do', async () => {
      const step = fc.oneof(
        {
          weight: 4,
          arbitrary: fc.record({ kind: fc.constant('claim' as const), cost: fc.integer({ min: 1, max: 60 }) }),
        },
        {
          weight: 3,
          arbitrary: fc.record({ kind: fc.constant('settle' as const), which: fc.nat(9), cost: fc.nat(90) }),
        },
        {
          weight: 2,
          arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 600 }) }),
        },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), (steps) =>
          onScene(async ({ store, clock, heard, left }) => {
            const [window, bucket] = [new WindowModel(), new BucketModel(clock.now())];
            const open: { reservation: LimitReservation; counted: Counted; cost: number }[] = [];
            for (const action of steps) {
              if (action.kind === 'wait') clock.advance(action.ms);
              const now = clock.now();
              if (action.kind === 'claim') {
                const { cost } = action;
                const reservation = await store.reserve([windowed, bucketed].map((rule) => ({ rule, key: 'a', cost })));
                const allowed = window.left(now) >= cost && bucket.left(now) >= cost;
                expect(reservation.verdict.allowed).toBe(allowed);
                if (allowed) {
                  bucket.claim(cost, now);
                  open.push({ reservation, counted: window.claim(cost, now), cost });
                }
              } else if (action.kind === 'settle' && open.length > 0) {
                const [chosen] = open.splice(action.which % open.length, 1);
                chosen!.reservation.settle([action.cost, action.cost]);
                window.settle(chosen!.counted, action.cost - chosen!.cost, now);
                bucket.claim(action.cost - chosen!.cost, now);
                await heard();
              }
              expect(await left(windowed)).toBe(Math.max(0, window.left(now)));
              expect(await left(bucketed)).toBe(Math.max(0, Math.floor(bucket.left(now))));
            }
          }),
        ),
        { numRuns },
      );
    });
  });
}

interface Counted {
  cost: number;
  readonly at: number;
}

class WindowModel {
  readonly #counted: Counted[] = [];

  left(now: number): number {
    return 100 - this.#counted.filter(({ at }) => at > now - 1000).reduce((sum, { cost }) => sum + cost, 0);
  }

  claim(cost: number, at: number): Counted {
    const counted = { cost, at };
    this.#counted.push(counted);
    return counted;
  }

  settle(counted: Counted, difference: number, now: number): void {
    if (difference > 0) this.claim(difference, now);
    else counted.cost += difference;
  }
}

class BucketModel {
  #tokens = 100;
  #at: number;

  constructor(now: number) {
    this.#at = now;
  }

  left(now: number): number {
    return Math.min(100, this.#tokens + (now - this.#at) / 4);
  }

  claim(cost: number, now: number): void {
    this.#tokens = Math.min(100, this.left(now) - cost);
    this.#at = now;
  }
}
