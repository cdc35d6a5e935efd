import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from './manual-clock.fixture.ts';
import type { Slot, SlotPool, SlotRefusal, SlotStore } from './slot-store.ts';

/** What a store under test is: the store, and what lets messages under way arrive. */
export interface SlotStoreUnderTest {
  readonly store: SlotStore;
  /** Resolves when everything said so far has been heard and answered. */
  readonly settle: () => Promise<void>;
  readonly close?: () => Promise<void> | void;
}

type Outcome = Slot | SlotRefusal;

const poolOf = (differences: Partial<SlotPool> = {}): SlotPool => ({
  id: 'pool',
  isShared: true,
  maxConcurrent: 1,
  maxQueue: 2,
  timeoutMs: 1000,
  ...differences,
});
const never = new AbortController().signal;

function slotOf(outcome: Outcome): Slot {
  if (typeof outcome === 'string') throw new Error(`refused: ${outcome}`);
  return outcome;
}

/** What every slot store must do, on the clock that `create` gets. */
export function testSlotStore(name: string, create: (clock: ManualClock) => SlotStoreUnderTest): void {
  interface Scene extends SlotStoreUnderTest {
    readonly clock: ManualClock;
    /** Asks for a slot and notes the outcome under this name once there is one. */
    readonly ask: (who: string, pool?: SlotPool, signal?: AbortSignal) => Promise<void>;
    readonly outcomes: Map<string, Outcome>;
  }

  async function onScene(run: (scene: Scene) => Promise<void>): Promise<void> {
    const clock = createManualClock();
    const { store, settle, close } = create(clock);
    const outcomes = new Map<string, Outcome>();
    const ask: Scene['ask'] = async (who, pool = poolOf(), signal = never) => {
      const outcome = store.acquire(pool, signal);
      if (outcome instanceof Promise) void outcome.then((value) => outcomes.set(who, value));
      else outcomes.set(who, outcome);
      await settle();
    };
    await run({ store, settle, clock, ask, outcomes });
    await close?.();
  }

  describe(name, () => {
    test('hands out free slots, queues, and refuses when the queue is full', () =>
      onScene(async ({ store, ask, outcomes }) => {
        for (const who of ['a', 'b', 'c', 'd']) await ask(who);
        slotOf(outcomes.get('a')!);
        expect([...outcomes.keys()]).toEqual(['a', 'd']);
        expect(outcomes.get('d')).toBe('full');
        expect(store.counts('pool')).toEqual({ inFlight: 1, queued: 2 });
        expect(store.counts('other')).toEqual({ inFlight: 0, queued: 0 });
      }));

    test('serves the queue in the order of arrival', () =>
      onScene(async ({ store, ask, outcomes, settle }) => {
        for (const who of ['a', 'b', 'c']) await ask(who);
        slotOf(outcomes.get('a')!).release();
        await settle();
        expect([...outcomes.keys()]).toEqual(['a', 'b']);
        slotOf(outcomes.get('b')!).release();
        await settle();
        slotOf(outcomes.get('c')!).release();
        await settle();
        expect(store.counts('pool')).toEqual({ inFlight: 0, queued: 0 });
      }));

    test('a second release is harmless', () =>
      onScene(async ({ store, ask, outcomes, settle }) => {
        await ask('a');
        const slot = slotOf(outcomes.get('a')!);
        slot.release();
        slot.release();
        await settle();
        await ask('b');
        slot.release();
        await ask('c');
        slotOf(outcomes.get('b')!);
        expect(outcomes.has('c')).toBe(false);
        expect(store.counts('pool')).toEqual({ inFlight: 1, queued: 1 });
      }));

    test('a wait ends after its timeout', () =>
      onScene(async ({ store, ask, outcomes, clock, settle }) => {
        await ask('a');
        await ask('b');
        clock.advance(999);
        await settle();
        expect(outcomes.has('b')).toBe(false);
        clock.advance(1);
        await settle();
        expect(outcomes.get('b')).toBe('timeout');
        expect(store.counts('pool').queued).toBe(0);
      }));

    test('an aborted waiter leaves at once and the next moves up', () =>
      onScene(async ({ store, ask, outcomes, settle }) => {
        const leaver = new AbortController();
        await ask('a');
        await ask('b', poolOf(), leaver.signal);
        await ask('c');
        leaver.abort();
        await settle();
        expect(outcomes.get('b')).toBe('aborted');
        expect(store.counts('pool')).toEqual({ inFlight: 1, queued: 1 });
        slotOf(outcomes.get('a')!).release();
        await settle();
        slotOf(outcomes.get('c')!);
      }));

    test('who has left already gets nothing', () =>
      onScene(async ({ store, ask, outcomes }) => {
        await ask('a', poolOf(), AbortSignal.abort());
        expect(outcomes.get('a')).toBe('aborted');
        expect(store.counts('pool')).toEqual({ inFlight: 0, queued: 0 });
      }));

    test('a pool that grows admits waiters first, one that shrinks keeps its holders', () =>
      onScene(async ({ store, ask, outcomes, settle }) => {
        for (const who of ['a', 'b', 'c']) await ask(who);
        await ask('d', poolOf({ maxConcurrent: 3 }));
        slotOf(outcomes.get('b')!);
        slotOf(outcomes.get('c')!);
        expect(outcomes.has('d')).toBe(false);
        await ask('e', poolOf({ maxConcurrent: 1 }));
        expect(store.counts('pool')).toEqual({ inFlight: 3, queued: 2 });
        for (const who of ['a', 'b']) slotOf(outcomes.get(who)!).release();
        await settle();
        expect(outcomes.has('d')).toBe(false);
        slotOf(outcomes.get('c')!).release();
        await settle();
        slotOf(outcomes.get('d')!);
        expect(outcomes.has('e')).toBe(false);
      }));

    test('a pool that grows admits waiters though nobody asks', () =>
      onScene(async ({ store, ask, outcomes, settle }) => {
        for (const who of ['a', 'b', 'c']) await ask(who);
        store.resize(poolOf({ id: 'unused', maxConcurrent: 3 }));
        store.resize(poolOf({ maxConcurrent: 2 }));
        await settle();
        slotOf(outcomes.get('b')!);
        expect(outcomes.has('c')).toBe(false);
        store.resize(poolOf({ maxConcurrent: 1 }));
        slotOf(outcomes.get('a')!).release();
        await settle();
        expect(outcomes.has('c')).toBe(false);
        slotOf(outcomes.get('b')!).release();
        await settle();
        slotOf(outcomes.get('c')!);
        expect(store.counts('pool')).toEqual({ inFlight: 1, queued: 0 });
      }));

    test('pools are apart', () =>
      onScene(async ({ ask, outcomes }) => {
        await ask('a');
        await ask('b', poolOf({ id: 'other' }));
        slotOf(outcomes.get('b')!);
      }));

    test('never hands out more than the pool has, and loses none', async () => {
      const steps = fc.array(fc.constantFrom('acquire', 'release', 'abort', 'wait'), { maxLength: 40 });
      await fc.assert(
        fc.asyncProperty(steps, fc.integer({ min: 1, max: 3 }), (list, maxConcurrent) =>
          onScene(async ({ store, clock, settle }) => {
            const pool = poolOf({ maxConcurrent, timeoutMs: 50 });
            const held: Slot[] = [];
            const leavers: AbortController[] = [];
            const note = (outcome: Outcome) => {
              if (typeof outcome !== 'string') held.push(outcome);
            };
            for (const step of list) {
              if (step === 'acquire') {
                const leaver = new AbortController();
                leavers.push(leaver);
                const outcome = store.acquire(pool, leaver.signal);
                if (outcome instanceof Promise) void outcome.then(note);
                else note(outcome);
              } else if (step === 'release') held.shift()?.release();
              else if (step === 'abort') leavers.pop()?.abort();
              else clock.advance(20);
              await settle();
              expect(held.length).toBeLessThanOrEqual(maxConcurrent);
              expect(store.counts('pool').inFlight).toBe(held.length);
              expect(store.counts('pool').queued).toBeLessThanOrEqual(pool.maxQueue);
            }
            clock.advance(100);
            await settle();
            while (held.length > 0) {
              held.shift()!.release();
              await settle();
            }
            expect(store.counts('pool')).toEqual({ inFlight: 0, queued: 0 });
          }),
        ),
        { numRuns: 60 },
      );
    });
  });
}
