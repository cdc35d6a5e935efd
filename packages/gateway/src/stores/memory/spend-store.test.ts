import { expect, test } from 'vitest';
import { createManualClock } from '../manual-clock.fixture.ts';
import { testSpendLaws } from '../spend-laws.conformance.ts';
import { claimOf, type SpendScene, testLeaseMs, testSpendStore } from '../spend-store.conformance.ts';
import { createMemorySpendStore } from './spend-store.ts';

const inMemory = ({ clock, onCrossing }: SpendScene) => {
  const store = createMemorySpendStore({ clock, onCrossing, leaseMs: testLeaseMs });
  return { stores: [store, store] as const };
};

testSpendStore('memory spend store', inMemory);
testSpendLaws('memory spend store', inMemory, 300);

test('keeps at most so many counters, those that count something for longest', () => {
  const clock = createManualClock();
  const store = createMemorySpendStore({ clock, onCrossing: () => undefined, maxCounters: 20 });
  store.reserve([claimOf({}, 'kept')], 400).settle(400);
  for (let key = 0; key < 1_000; key += 1) {
    store.reserve([claimOf({}, `${key}`)], 1).release();
    expect(store.size()).toBeLessThanOrEqual(20);
  }
  expect(store.read([claimOf({}, 'kept')])[0]?.spentNanos).toBe(400);
  for (let key = 0; key < 1_000; key += 1) store.reserve([claimOf({}, `${key}`)], 1);
  expect(store.size()).toBeLessThanOrEqual(20);
});

test('a cap whose window becomes another one is counted anew', () => {
  const store = createMemorySpendStore({ clock: createManualClock(), onCrossing: () => undefined });
  store.reserve([claimOf()], 900).settle(900);
  const rolling = claimOf({ window: { kind: 'rolling', ms: 1_000 } });
  expect(store.reserve([rolling], 900).verdict.allowed).toBe(true);
  expect(store.size()).toBe(1);
});
