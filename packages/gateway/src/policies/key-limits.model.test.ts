import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createUnsettled } from '../stores/limit-store.fixture.ts';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import { createMemoryLimitStore } from '../stores/memory/limit-store.ts';
import { createMemorySlotStore } from '../stores/memory/slot-store.ts';
import { limitOf, requestOf } from './key-limits.fixture.ts';
import { createKeyLimits, type KeyHold } from './key-limits.ts';

const ESTIMATE = 100;

/** What becomes of a request, step by step; each step takes as long as chance has it. */
const visit = fc.record({
  startsAfter: fc.nat(6),
  leavesAfter: fc.option(fc.nat(8), { nil: undefined }),
  /** What the gateway's own limits say; undefined: nothing is limited there, or it is known at once. */
  counting: fc.constantFrom(undefined, 'passes', 'refuses'),
  bodyBytes: fc.constantFrom(10, 1_000_000, undefined),
  isBodyBad: fc.boolean(),
  isRefusedLater: fc.boolean(),
  used: fc.constantFrom(0, 40, 150, undefined),
});
type Visit = typeof visit extends fc.Arbitrary<infer Value> ? Value : never;

function setUp(scheduler: fc.Scheduler, hasTokens: boolean) {
  const clock = createManualClock();
  const limits = createMemoryLimitStore({ clock });
  const slots = createMemorySlotStore({ clock });
  const later = (name: string): Promise<void> => scheduler.schedule(Promise.resolve(), name);
  const unsettled = createUnsettled();
  const own = (scope: 'key' | 'tenant') =>
    limitOf({
      ...{ scope, id: scope, requestsPerMinute: 5, maxConcurrent: scope === 'key' ? 2 : 3 },
      ...(hasTokens && { tokensPerMinute: 450 }),
    });
  const request = () => requestOf(own('key'), own('tenant'));
  const policy = createKeyLimits({
    limits: {
      take: (claims) => later('limit').then(() => limits.take(claims)),
      reserve: (claims) => later('limit').then(() => unsettled.watch(limits.reserve(claims))),
    },
    slots: {
      acquire: (pool, signal) => later('place').then(() => slots.acquire(pool, signal)),
      resize: (pool) => slots.resize(pool),
      counts: (id) => slots.counts(id),
    },
    whenStoreIsAway: 'open',
  });
  return { later, limits, policy, request, slots, unsettled };
}

it('a request holds nothing of its key once it is over, and has counted what it used and no more', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.boolean(),
      fc.array(visit, { minLength: 1, maxLength: 7 }),
      async (scheduler, hasTokens, visits) => {
        const { later, limits, policy, request, slots, unsettled } = setUp(scheduler, hasTokens);
        let tokens = 0;
        let fewest = 0;
        let most = 0;
        const one = async ({ counting, ...rest }: Visit): Promise<void> => {
          for (let step = 0; step < rest.startsAfter; step++) await later('start');
          const leaver = new AbortController();
          const asked = request();
          const leaving = (async () => {
            for (let step = 0; step < (rest.leavesAfter ?? 0); step++) await later('leave');
            if (rest.leavesAfter !== undefined) leaver.abort();
          })();
          const count = async (): Promise<void> => {
            await later('counting');
            if (counting === 'refuses') throw new Error('refused');
          };
          let hold: KeyHold | undefined;
          let used: number | undefined = 0;
          let isCounted = false;
          try {
            hold = await policy.enter(asked, leaver.signal, counting && count(), rest.bodyBytes);
            isCounted = hold?.needsClaim === false;
            await later('body');
            if (rest.isBodyBad) throw new Error('a bad body');
            if (hold?.needsClaim) await hold.claim(asked, ESTIMATE);
            isCounted = true;
            if (rest.isRefusedLater) throw new Error('refused by another policy');
            await later('answer');
            used = rest.used;
          } catch {
            // A body that is bad may come while the request is being counted.
            if (rest.isBodyBad && hold !== undefined && !hasTokens) most++;
          }
          hold?.end(used);
          if (isCounted) {
            if (hasTokens) tokens += used ?? ESTIMATE;
            fewest++;
            if (!(rest.isBodyBad && !hasTokens)) most++;
          }
          await leaving;
        };
        const ended = Promise.all(visits.map(one));
        await scheduler.waitFor(ended);
        await scheduler.waitAll();
        await new Promise((resolve) => setImmediate(resolve));
        expect(unsettled.count()).toBe(0);
        for (const scope of ['key', 'tenant'] as const) {
          expect(slots.counts(`${scope}:${scope}`)).toEqual({ inFlight: 0, queued: 0 });
          const left = (units: string, limit: number) => {
            const rule = { id: `${scope}.${units}`, algorithm: 'sliding_window', limit, windowMs: 60_000 } as const;
            return limit - limits.take([{ rule, key: scope, cost: 0 }]).remaining;
          };
          expect(left('requests', 5)).toBeGreaterThanOrEqual(fewest);
          expect(left('requests', 5)).toBeLessThanOrEqual(most);
          if (hasTokens) expect(left('tokens', 450)).toBe(Math.min(450, tokens));
        }
      },
    ),
    { numRuns: 300 },
  );
}, 60_000);
