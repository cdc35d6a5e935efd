import { expect, test } from 'vitest';
import { testLimitSettlement } from '../limit-settlement.conformance.ts';
import { testLimitStore } from '../limit-store.conformance.ts';
import type { LimitRule } from '../limit-store.ts';
import { createManualClock } from '../manual-clock.fixture.ts';
import { createMemoryLimitStore } from './limit-store.ts';

testLimitStore('memory limit store', (clock) => ({ store: createMemoryLimitStore({ clock }) }));
testLimitSettlement('memory limit store', (clock) => ({ store: createMemoryLimitStore({ clock }) }), 300);

const rule: LimitRule = { id: 'r', algorithm: 'sliding_window', limit: 1, windowMs: 1000 };

test('keeps at most so many keys, and forgets the least recently used', () => {
  const store = createMemoryLimitStore({ clock: createManualClock(), maxKeys: 20 });
  const take = (key: string) => store.take([{ rule, key, cost: 1 }]).allowed;
  take('kept');
  for (let key = 0; key < 1000; key += 1) {
    take(`flood-${key}`);
    if (key % 10 === 0) expect(take('kept')).toBe(false);
    expect(store.size()).toBeLessThanOrEqual(20);
  }
  expect(take('flood-0')).toBe(true);
});

test('drops idle keys as new ones come', () => {
  const clock = createManualClock();
  const store = createMemoryLimitStore({ clock });
  const bucket: LimitRule = { id: 'b', algorithm: 'token_bucket', capacity: 1, refillPerSecond: 1 };
  for (let key = 0; key < 100; key += 1) store.take([{ rule: key % 2 ? rule : bucket, key: `${key}`, cost: 1 }]);
  expect(store.size()).toBe(100);
  clock.advance(1000);
  for (let key = 0; key < 100; key += 1) store.take([{ rule, key: `later-${key}`, cost: 1 }]);
  expect(store.size()).toBeLessThanOrEqual(101);
});

test('a refused call leaves no counter changed at fractional times', () => {
  const clock = createManualClock(0.25);
  const store = createMemoryLimitStore({ clock });
  expect(store.take([{ rule, key: 'a', cost: 1 }]).allowed).toBe(true);
  clock.advance(0.5);
  const verdict = store.take([{ rule, key: 'a', cost: 1 }]);
  expect(verdict).toMatchObject({ allowed: false, retryAfterMs: 1001 });
  clock.advance(1001);
  expect(store.take([{ rule, key: 'a', cost: 1 }]).allowed).toBe(true);
});

test('a window of tokens is bounded however many moments they come in, and lets no more pass for it', () => {
  const clock = createManualClock();
  const store = createMemoryLimitStore({ clock });
  const tokens: LimitRule = { id: 't', algorithm: 'sliding_window', limit: 30_000, windowMs: 60_000 };
  const passed: number[] = [];
  for (let ms = 0; ms < 150_000; ms += 1) {
    clock.advance(1);
    if (store.take([{ rule: tokens, key: 'a', cost: 1 }]).allowed) passed.push(clock.now());
  }
  expect(passed.length).toBeGreaterThan(60_000);
  for (let first = 0; first + 30_000 < passed.length; first += 1) {
    if (passed[first + 30_000]! - passed[first]! < 60_000) throw new Error('Too many in one window.');
  }
});

test('what was used before is counted at its time, between what was counted since', () => {
  const clock = createManualClock();
  const store = createMemoryLimitStore({ clock });
  const rule: LimitRule = { id: 'past', algorithm: 'sliding_window', limit: 10, windowMs: 100_000 };
  const take = (cost: number) => store.take([{ rule, key: 'a', cost }]);
  expect(take(2).allowed).toBe(true);
  clock.advance(10_000);
  const before = { ...rule, limit: 0 };
  store.restore([
    { rule: before, key: 'a', units: 3, ageMs: 5_000 },
    { rule: before, key: 'a', units: 4, ageMs: 60_000 },
    { rule: before, key: 'a', units: 1, ageMs: 10_000 },
    { rule: before, key: 'a', units: 100, ageMs: 100_000 },
  ]);
  expect(take(0)).toMatchObject({ limit: 10, remaining: 0 });
  // The oldest leave first, 40 s from now, whenever they were told of.
  expect(take(1)).toMatchObject({ allowed: false, retryAfterMs: 40_000 });
  clock.advance(40_000);
  expect(take(0)).toMatchObject({ remaining: 4 });
  expect(take(5)).toMatchObject({ allowed: false, retryAfterMs: 50_000 });
  clock.advance(50_000);
  expect(take(0)).toMatchObject({ remaining: 7 });
  clock.advance(5_000);
  expect(take(0)).toMatchObject({ remaining: 10 });
});
