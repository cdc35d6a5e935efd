import { describe, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from './manual-clock.fixture.ts';
import type { OnCrossing, SpendCap, SpendClaim, SpendCrossing, SpendReservation, SpendStore } from './spend-store.ts';

/** Stores that count together, and what lets messages under way arrive. Leases are of a minute. */
export interface SpendStoresUnderTest {
  readonly stores: readonly [SpendStore, ...SpendStore[]];
  readonly heard?: () => Promise<void>;
  readonly close?: () => Promise<void> | void;
}

export interface SpendScene {
  readonly clock: ManualClock;
  readonly onCrossing: OnCrossing;
}

/** Milliseconds that a reservation lives in these tests. */
export const testLeaseMs = 60_000;

export const capOf = (differences: Partial<SpendCap> = {}): SpendCap => ({
  id: 'cap',
  window: { kind: 'calendar', period: 'day' },
  capNanos: 1_000,
  isHard: true,
  thresholds: [],
  ...differences,
});
export const claimOf = (differences: Partial<SpendCap> = {}, key = ''): SpendClaim => ({
  cap: capOf(differences),
  key,
});

const hourMs = 3_600_000;

/** What every spend store must do. */
export function testSpendStore(name: string, create: (scene: SpendScene) => SpendStoresUnderTest): void {
  interface Scene {
    readonly store: SpendStore;
    readonly others: readonly SpendStore[];
    readonly clock: ManualClock;
    readonly crossings: readonly SpendCrossing[];
    readonly heard: () => Promise<void>;
    readonly reserve: (estimate: number, ...claims: SpendClaim[]) => Promise<SpendReservation>;
    /** What is spent and set aside. */
    readonly sums: (claim?: SpendClaim) => Promise<readonly [spent: number, reserved: number]>;
  }

  async function onScene(run: (scene: Scene) => Promise<void>): Promise<void> {
    const clock = createManualClock();
    // The next hour, day and week begin 106 minutes from here.
    clock.advance(Date.UTC(2026, 10, 29, 22, 13, 20) - clock.wallNow());
    const crossings: SpendCrossing[] = [];
    const { stores, heard, close } = create({ clock, onCrossing: (crossing) => crossings.push(crossing) });
    const [store, ...others] = stores;
    await run({
      store,
      others,
      clock,
      crossings,
      heard: async () => heard?.(),
      reserve: async (estimate, ...claims) => store.reserve(claims.length > 0 ? claims : [claimOf()], estimate),
      sums: async (claim = claimOf()) => {
        const [reading] = await store.read([claim]);
        return [reading!.spentNanos, reading!.reservedNanos];
      },
    });
    await close?.();
  }

  describe(name, () => {
    test('counts what is set aside as spent, and tells what refused, what is left and until when', () =>
      onScene(async ({ reserve, sums }) => {
        expect((await reserve(0)).verdict).toMatchObject({ allowed: true, index: 0, leftNanos: 1_000 });
        expect((await reserve(600)).verdict.allowed).toBe(true);
        expect((await reserve(401)).verdict).toEqual({
          allowed: false,
          index: 0,
          leftNanos: 400,
          resetMs: 106 * 60_000 + 40_000,
        });
        expect((await reserve(400)).verdict).toMatchObject({ allowed: true, leftNanos: 400 });
        expect((await reserve(0)).verdict).toMatchObject({ allowed: false, leftNanos: 0 });
        expect(await sums()).toEqual([0, 1_000]);
      }));

    test('puts what it cost in the place of what was set aside, once', () =>
      onScene(async ({ reserve, sums, heard }) => {
        const [first, second, third] = [await reserve(300), await reserve(300), await reserve(300)];
        first.settle(10);
        first.settle(900);
        first.release();
        second.release();
        second.settle(900);
        await heard();
        expect(await sums()).toEqual([10, 300]);
        third.settle(700);
        await heard();
        expect(await sums()).toEqual([710, 0]);
      }));

    test('sets nothing aside where one of several caps has no room', () =>
      onScene(async ({ reserve, sums }) => {
        const [wide, narrow, forEver] = [
          claimOf(),
          claimOf({ id: 'narrow', capNanos: 50 }),
          claimOf({ id: 'total', capNanos: 60, window: { kind: 'total' } }),
        ];
        expect((await reserve(40, wide, narrow)).verdict).toMatchObject({ allowed: true, index: 1, leftNanos: 50 });
        const refused = await reserve(20, wide, narrow);
        expect(refused.verdict).toMatchObject({ allowed: false, index: 1, leftNanos: 10 });
        refused.settle(20);
        expect(await sums(wide)).toEqual([0, 40]);
        // The one that is spent for longest is told of.
        const both = await reserve(70, narrow, forEver);
        expect(both.verdict).toEqual({ allowed: false, index: 1, leftNanos: 60, resetMs: null });
      }));

    test('counts keys apart, and refuses nothing for a cap that only tells', () =>
      onScene(async ({ reserve, sums, heard }) => {
        expect((await reserve(1_000, claimOf({}, 'a'))).verdict.allowed).toBe(true);
        expect((await reserve(1_000, claimOf({}, 'b'))).verdict.allowed).toBe(true);
        expect((await reserve(1, claimOf({}, 'a'))).verdict.allowed).toBe(false);
        const soft = claimOf({ id: 'soft', isHard: false, capNanos: 10 });
        const reservation = await reserve(500, soft);
        expect(reservation.verdict).toMatchObject({ allowed: true, index: -1 });
        reservation.settle(500);
        await heard();
        expect((await reserve(500, soft)).verdict.allowed).toBe(true);
        expect(await sums(soft)).toEqual([500, 500]);
        expect((await reserve(5)).verdict.allowed).toBe(true);
      }));

    test('begins calendar windows anew, and counts late costs where they were set aside', () =>
      onScene(async ({ reserve, sums, heard, clock }) => {
        const periods = ['hour', 'day', 'week', 'month'] as const;
        const claims = periods.map((period) => claimOf({ id: period, window: { kind: 'calendar', period } }));
        const late = await reserve(100, ...claims);
        (await reserve(200, ...claims)).settle(200);
        await heard();
        clock.advance(47 * 60_000);
        expect((await sums(claims[0]))[0]).toBe(0);
        late.settle(100);
        await heard();
        const spent = async () => Promise.all(claims.map(async (claim) => (await sums(claim))[0]));
        expect(await spent()).toEqual([0, 300, 300, 300]);
        clock.advance(hourMs);
        expect(await spent()).toEqual([0, 0, 0, 300]);
        clock.advance(24 * hourMs);
        expect(await spent()).toEqual([0, 0, 0, 0]);
      }));

    test('lets no more than the cap into any rolling window, and all of it go again', () =>
      onScene(async ({ reserve, sums, heard, clock }) => {
        const rolling = claimOf({ window: { kind: 'rolling', ms: hourMs } });
        (await reserve(400, rolling)).settle(400);
        await heard();
        clock.advance(hourMs / 2);
        (await reserve(500, rolling)).settle(500);
        await heard();
        const { verdict } = await reserve(101, rolling);
        expect(verdict).toMatchObject({ allowed: false, leftNanos: 100 });
        expect(verdict.resetMs).toBeGreaterThan(hourMs / 2);
        expect(verdict.resetMs).toBeLessThanOrEqual(hourMs / 2 + hourMs / 60);
        clock.advance(hourMs / 2 - 1);
        expect((await sums(rolling))[0]).toBe(900);
        clock.advance(verdict.resetMs! - hourMs / 2 + 1);
        expect((await sums(rolling))[0]).toBe(500);
        clock.advance(hourMs);
        expect((await sums(rolling))[0]).toBe(0);
      }));

    test('ends a reservation that nobody settles with its lease, and counts what it cost all the same', () =>
      onScene(async ({ reserve, sums, heard, clock }) => {
        const lost = await reserve(800);
        clock.advance(testLeaseMs - 1);
        expect(await sums()).toEqual([0, 800]);
        clock.advance(1);
        expect(await sums()).toEqual([0, 0]);
        const next = await reserve(1_000);
        expect(next.verdict.allowed).toBe(true);
        lost.settle(70);
        await heard();
        expect(await sums()).toEqual([70, 1_000]);
      }));

    test('tells of each threshold once in a window, whichever store reaches it', () =>
      onScene(async ({ store, others, heard, clock, crossings }) => {
        const claim = claimOf({ thresholds: [50, 80, 100], isHard: false }, 'k');
        const spend = async (nanos: number, by: SpendStore = store) => {
          (await by.reserve([claim], nanos)).settle(nanos);
          await heard();
        };
        await spend(499);
        expect(crossings).toEqual([]);
        await spend(1);
        expect(crossings).toMatchObject([{ cap: { id: 'cap' }, key: 'k', percent: 50, spentNanos: 500 }]);
        await spend(600, others[0]);
        expect(crossings.map(({ percent }) => percent)).toEqual([50, 80, 100]);
        await spend(600);
        expect(crossings).toHaveLength(3);
        expect(crossings[0]!.start).toBe(Date.UTC(2026, 10, 29));
        clock.advance(2 * hourMs);
        await spend(850);
        expect(crossings.slice(3).map(({ percent }) => percent)).toEqual([50, 80]);
      }));

    test('tells of what a lower cap has put behind it, once', () =>
      onScene(async ({ store, heard, reserve, crossings }) => {
        const claim = (capNanos: number) => claimOf({ capNanos, thresholds: [50, 100] });
        const tell = async (...claims: SpendClaim[]) => {
          store.tellReached(claims);
          await heard();
        };
        await tell(claim(1_000));
        (await reserve(400, claim(1_000))).settle(400);
        await tell(claim(1_000));
        expect(crossings).toEqual([]);
        await tell(claimOf({ id: 'other' }), claim(800));
        expect(crossings).toMatchObject([{ cap: { id: 'cap', capNanos: 800 }, percent: 50, spentNanos: 400 }]);
        expect(crossings[0]!.start).toBe(Date.UTC(2026, 10, 29));
        await tell(claim(800), claimOf({ id: 'other' }));
        await tell(claim(300));
        await tell(claim(0));
        expect(crossings.map(({ percent }) => percent)).toEqual([50, 100]);
      }));

    test('tells of a rolling window again after its length, if there is cause', () =>
      onScene(async ({ reserve, heard, clock, crossings }) => {
        const claim = claimOf({ thresholds: [80], isHard: false, window: { kind: 'rolling', ms: hourMs } });
        for (let minute = 0; minute < 100; minute += 1) {
          (await reserve(100, claim)).settle(100);
          await heard();
          clock.advance(60_000);
        }
        expect(crossings).toHaveLength(2);
      }));

    test('adds what is known from elsewhere, and takes over a record that knows of more', () =>
      onScene(async ({ store, sums, heard }) => {
        const start = Date.UTC(2026, 10, 29);
        store.add([{ ...claimOf(), start, nanos: 100 }]);
        store.adopt([{ ...claimOf(), start, nanos: 70 }]);
        await heard();
        expect(await sums()).toEqual([100, 0]);
        store.adopt([{ ...claimOf(), start, nanos: 250 }]);
        store.adopt([{ ...claimOf(), start: start - 24 * hourMs, nanos: 900 }]);
        await heard();
        expect(await sums()).toEqual([250, 0]);
        const rolling = claimOf({ id: 'rolling', window: { kind: 'rolling', ms: hourMs } });
        store.adopt([{ ...rolling, start: 0, nanos: 40 }]);
        await heard();
        expect(await sums(rolling)).toEqual([40, 0]);
      }));

    test('reads many, with the window that each is in', () =>
      onScene(async ({ store }) => {
        const claims = [claimOf(), claimOf({ id: 'total', window: { kind: 'total' } })];
        expect(await store.read(claims)).toEqual([
          { spentNanos: 0, reservedNanos: 0, start: Date.UTC(2026, 10, 29), resetMs: 106 * 60_000 + 40_000 },
          { spentNanos: 0, reservedNanos: 0, start: 0, resetMs: null },
        ]);
        expect(await store.read([])).toEqual([]);
      }));

    test('keeps what is spent when a reload changes the cap', () =>
      onScene(async ({ reserve }) => {
        (await reserve(600)).settle(600);
        expect((await reserve(500, claimOf({ capNanos: 2_000 }))).verdict.allowed).toBe(true);
        expect((await reserve(1, claimOf({ capNanos: 500 }))).verdict).toMatchObject({ allowed: false, leftNanos: 0 });
      }));

    test('is exact in the largest amounts, and refuses what is none', () =>
      onScene(async ({ store, reserve, sums, heard }) => {
        const largest = Number.MAX_SAFE_INTEGER;
        const claim = claimOf({ id: 'large', capNanos: largest, window: { kind: 'total' } });
        (await reserve(largest - 1, claim)).settle(largest - 1);
        await heard();
        expect((await reserve(2, claim)).verdict.allowed).toBe(false);
        (await reserve(1, claim)).settle(1);
        await heard();
        expect(await sums(claim)).toEqual([largest, 0]);
        for (const amount of [-1, Number.NaN]) {
          expect(() => store.reserve([claim], amount)).toThrow(RangeError);
        }
      }));
  });
}
