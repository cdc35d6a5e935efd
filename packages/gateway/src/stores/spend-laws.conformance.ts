import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createManualClock } from './manual-clock.fixture.ts';
import { claimOf, type SpendScene, type SpendStoresUnderTest, testLeaseMs } from './spend-store.conformance.ts';
import type { SpendReservation, SpendStore } from './spend-store.ts';

const day = claimOf({ id: 'day', capNanos: 1_000 });
const total = claimOf({ id: 'total', capNanos: 5_000, window: { kind: 'total' } });

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('reserve' as const), estimate: fc.integer({ min: 0, max: 500 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('settle' as const), which: fc.nat(20), cost: fc.nat(700) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), which: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.oneof(fc.integer({ min: 0, max: testLeaseMs * 1.5 }), fc.constant(20 * 3_600_000)),
    }),
  },
);

interface Request {
  readonly reservation: SpendReservation;
  readonly estimate: number;
  readonly at: number;
  readonly dayOf: number;
  isCrashed: boolean;
}

/** Laws of spending that hold for whatever happens in whatever order. */
export function testSpendLaws(name: string, create: (scene: SpendScene) => SpendStoresUnderTest, numRuns = 100): void {
  describe(`laws: ${name}`, () => {
    test('what is spent and set aside is what a list says, and exceeds a cap only by wrong estimates', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
          const clock = createManualClock();
          const { stores, heard, close } = create({ clock, onCrossing: () => undefined });
          let open: Request[] = [];
          const settled: { readonly cost: number; readonly excess: number; readonly dayOf: number }[] = [];
          const dayNow = () => Math.floor(clock.wallNow() / 86_400_000);
          const expected = (isCounted: (one: { readonly dayOf: number }) => boolean) => ({
            spentNanos: settled.filter(isCounted).reduce((sum, { cost }) => sum + cost, 0),
            reservedNanos: open
              .filter((one) => isCounted(one) && clock.now() < one.at + testLeaseMs)
              .reduce((sum, { estimate }) => sum + estimate, 0),
          });
          for (const [index, action] of steps.entries()) {
            const store: SpendStore = stores[index % stores.length]!;
            if (action.kind === 'wait') clock.advance(action.ms);
            else if (action.kind === 'reserve') {
              const { estimate } = action;
              const reservation = await store.reserve([day, total], estimate);
              const taken = [expected(({ dayOf }) => dayOf === dayNow()), expected(() => true)];
              const hasRoom = taken.every(({ spentNanos, reservedNanos }, cap) => {
                const { capNanos } = [day, total][cap]!.cap;
                const sum = spentNanos + reservedNanos;
                return sum < capNanos && sum + estimate <= capNanos;
              });
              expect(reservation.verdict.allowed).toBe(hasRoom);
              if (hasRoom) {
                open.push({ reservation, estimate, at: clock.now(), dayOf: dayNow(), isCrashed: false });
              }
            } else {
              const living = open.filter(({ isCrashed }) => !isCrashed);
              const one = living[action.which % Math.max(1, living.length)];
              if (one === undefined) continue;
              if (action.kind === 'crash') one.isCrashed = true;
              else {
                one.reservation.settle(action.cost);
                await heard?.();
                open = open.filter((other) => other !== one);
                // What a lease that ended gave back was free for others: all of the cost was not set aside then.
                const isHeld = clock.now() < one.at + testLeaseMs;
                const excess = isHeld ? Math.max(0, action.cost - one.estimate) : action.cost;
                settled.push({ cost: action.cost, excess, dayOf: one.dayOf });
              }
            }
            const readings = await store.read([day, total]);
            for (const [cap, isCounted] of [
              ({ dayOf }: { readonly dayOf: number }) => dayOf === dayNow(),
              () => true,
            ].entries()) {
              const { spentNanos, reservedNanos } = readings[cap]!;
              expect({ spentNanos, reservedNanos }).toEqual(expected(isCounted));
              const wrong = settled.filter(isCounted).reduce((sum, { excess }) => sum + excess, 0);
              expect(spentNanos + reservedNanos).toBeLessThanOrEqual([day, total][cap]!.cap.capNanos + wrong);
            }
          }
          clock.advance(testLeaseMs);
          const readings = await stores[0].read([day, total]);
          expect(readings.map(({ reservedNanos }) => reservedNanos)).toEqual([0, 0]);
          await close?.();
        }),
        { numRuns },
      );
    });

    test('of many at once no more pass than there is room for', async () => {
      const clock = createManualClock();
      const { stores, close } = create({ clock, onCrossing: () => undefined });
      const asked = Array.from({ length: 200 }, (_, index) => stores[index % stores.length]!.reserve([day], 45));
      const reservations = await Promise.all(asked);
      expect(reservations.filter(({ verdict }) => verdict.allowed)).toHaveLength(22);
      await close?.();
    });
  });
}
