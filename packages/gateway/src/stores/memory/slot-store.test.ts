import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createManualClock } from '../manual-clock.fixture.ts';
import { testSlotStore } from '../slot-store.conformance.ts';
import { createMemorySlotStore } from './slot-store.ts';

testSlotStore('memory slot store', (clock) => ({
  store: createMemorySlotStore({ clock }),
  settle: async () => void (await setImmediate()),
}));

const pool = { id: 'p', maxConcurrent: 1, maxQueue: 5, timeoutMs: 100 };
const never = new AbortController().signal;

test('a free slot and a refusal come without a promise', () => {
  const store = createMemorySlotStore({ clock: createManualClock() });
  expect(store.acquire(pool, never)).not.toBeInstanceOf(Promise);
  expect(store.acquire({ ...pool, maxQueue: 0 }, never)).toBe('full');
});

test('every way of leaving the queue takes its timer and listener along', async () => {
  const clock = createManualClock();
  const store = createMemorySlotStore({ clock });
  const slot = store.acquire(pool, never);
  const leaver = new AbortController();
  const waits = [store.acquire(pool, leaver.signal), store.acquire(pool, never), store.acquire(pool, never)];
  expect(clock.pending()).toBe(3);
  leaver.abort();
  if (typeof slot === 'object' && 'release' in slot) slot.release();
  clock.advance(100);
  expect(await Promise.all(waits)).toEqual(['aborted', expect.anything(), 'timeout']);
  expect(clock.pending()).toBe(0);
});
