import fc from 'fast-check';
import { expect } from 'vitest';
import { createManualClock, type ManualClock } from '../manual-clock.fixture.ts';
import type { Slot, SlotPool, SlotRefusal, SlotStore } from '../slot-store.ts';

/** What a store under test is: the store, and what lets messages under way arrive. */
export interface ModelledStore {
  readonly store: SlotStore;
  readonly settle: () => Promise<void>;
}

type State = 'waiting' | 'holding' | 'released' | SlotRefusal;

/** Somebody who asked for a slot: what the model says of it, and what the store did. */
interface Asker {
  readonly poolId: string;
  readonly dueAt: number;
  readonly leaver: AbortController;
  state: State;
  readonly outcomes: (Slot | SlotRefusal)[];
}

/** What a slot store is: a list of those who asked, gone through from the beginning each time. */
class SlotModel {
  readonly askers: Asker[] = [];
  readonly sizes = new Map<string, number>();

  inState(poolId: string, state: State): Asker[] {
    return this.askers.filter((asker) => asker.poolId === poolId && asker.state === state);
  }

  ask(pool: SlotPool, now: number): Asker {
    this.sizes.set(pool.id, pool.maxConcurrent);
    this.admit(pool.id);
    const isFull = this.inState(pool.id, 'holding').length >= pool.maxConcurrent;
    const isCrowded = this.inState(pool.id, 'waiting').length >= pool.maxQueue;
    const state = isFull ? (isCrowded ? 'full' : 'waiting') : 'holding';
    const leaver = new AbortController();
    const asker: Asker = { poolId: pool.id, dueAt: now + pool.timeoutMs, leaver, state, outcomes: [] };
    this.askers.push(asker);
    return asker;
  }

  admit(poolId: string): void {
    for (const asker of this.inState(poolId, 'waiting')) {
      if (this.inState(poolId, 'holding').length < this.sizes.get(poolId)!) asker.state = 'holding';
    }
  }

  passTime(now: number): void {
    for (const asker of this.askers) if (asker.state === 'waiting' && asker.dueAt <= now) asker.state = 'timeout';
  }
}

const poolId = fc.constantFrom('a', 'b');
const who = fc.nat(20);
const ask = fc.record({
  kind: fc.constant('ask' as const),
  poolId,
  // Sizes change from request to request: reloads, and limits that are found out.
  maxConcurrent: fc.integer({ min: 1, max: 4 }),
  maxQueue: fc.integer({ min: 0, max: 4 }),
  timeoutMs: fc.constantFrom(10, 25, 1_000),
});
const step = fc.oneof(
  { weight: 5, arbitrary: ask },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('release' as const), who }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('abort' as const), who }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 30 }) }) },
);

export interface SlotModelInput {
  /** Names one of the stores that share their pools, by a number. */
  readonly create: (clock: ManualClock) => (index: number) => ModelledStore;
  readonly numRuns: number;
}

/** Plays random requests to a store and to the model, and compares after each. */
export async function expectSlotModel({ create, numRuns }: SlotModelInput): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const clock = createManualClock();
      const storeOf = create(clock);
      const model = new SlotModel();
      for (const [index, action] of steps.entries()) {
        const { store, settle } = storeOf(index);
        if (action.kind === 'ask') {
          const pool: SlotPool = { ...action, id: action.poolId };
          const asker = model.ask(pool, clock.now());
          note(asker, store.acquire(pool, asker.leaver.signal));
        } else if (action.kind === 'release') release(model, action.who);
        else if (action.kind === 'abort') abort(model, action.who);
        else {
          clock.advance(action.ms);
          model.passTime(clock.now());
        }
        await settle();
        compare(model, store);
      }
      await finish(model, clock, storeOf(0));
    }),
    { numRuns },
  );
}

function note(asker: Asker, outcome: Slot | SlotRefusal | Promise<Slot | SlotRefusal>): void {
  if (outcome instanceof Promise) void outcome.then((late) => asker.outcomes.push(late));
  else asker.outcomes.push(outcome);
}

function release(model: SlotModel, index: number): void {
  const holders = model.askers.filter(({ state }) => state === 'holding' || state === 'released');
  const holder = holders[index % Math.max(1, holders.length)];
  const slot = holder?.outcomes[0];
  if (holder === undefined || typeof slot !== 'object') return;
  // Some are released again, which must do nothing.
  slot.release();
  holder.state = 'released';
  model.admit(holder.poolId);
}

function abort(model: SlotModel, index: number): void {
  const asker = model.askers[index % Math.max(1, model.askers.length)];
  if (asker === undefined) return;
  asker.leaver.abort();
  if (asker.state === 'waiting') asker.state = 'aborted';
}

function compare(model: SlotModel, store: SlotStore): void {
  for (const { state, outcomes } of model.askers) {
    const expected = state === 'waiting' ? [] : [state === 'holding' || state === 'released' ? 'slot' : state];
    expect(outcomes.map((outcome) => (typeof outcome === 'string' ? outcome : 'slot'))).toEqual(expected);
  }
  for (const id of ['a', 'b']) {
    const counts = { inFlight: model.inState(id, 'holding').length, queued: model.inState(id, 'waiting').length };
    expect(store.counts(id)).toEqual(counts);
  }
}

/** Everybody who waits comes to an end, nothing is left, and no timer either. */
async function finish(model: SlotModel, clock: ManualClock, { store, settle }: ModelledStore): Promise<void> {
  for (let round = 0; round < 200 && model.askers.some(({ state }) => state === 'holding'); round += 1) {
    const held = model.askers.findIndex(({ state }) => state === 'holding');
    const holders = model.askers.filter(({ state }) => state === 'holding' || state === 'released');
    release(model, holders.indexOf(model.askers[held]!));
    await settle();
    compare(model, store);
  }
  clock.advance(10_000);
  model.passTime(clock.now());
  await settle();
  compare(model, store);
  expect(model.askers.filter(({ state }) => state === 'waiting' || state === 'holding')).toEqual([]);
  expect(clock.pending()).toBe(0);
}
