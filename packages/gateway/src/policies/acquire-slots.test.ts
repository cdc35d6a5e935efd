import { expect, it } from 'vitest';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import { createMemorySlotStore } from '../stores/memory/slot-store.ts';
import type { SlotStore } from '../stores/slot-store.ts';
import { acquireAll } from './acquire-slots.ts';

const never = new AbortController().signal;
const pools = ['key:k1', 'team:t1'].map((id) => ({ id, maxConcurrent: 1, maxQueue: 0, timeoutMs: 0 }));

it('slots are asked for together, at once where they are here', () => {
  const slots = createMemorySlotStore({ clock: createManualClock() });
  expect(acquireAll(slots, pools, never)).toEqual([expect.anything(), expect.anything()]);
  expect(acquireAll(slots, pools, never)).toEqual(['full', 'full']);
});

it.each(['throws', 'rejects'])('none is held where the store %s for one of them', async (manner) => {
  const slots = createMemorySlotStore({ clock: createManualClock() });
  const away = new Error('It is away.');
  const fail = (): Promise<never> => {
    if (manner === 'throws') throw away;
    return Promise.reject(away);
  };
  const failing: SlotStore = {
    acquire: (pool, signal) => (pool.id.startsWith('team') ? fail() : slots.acquire(pool, signal)),
    resize: (pool) => slots.resize(pool),
    counts: (id) => slots.counts(id),
  };
  await expect((async () => acquireAll(failing, pools, never))()).rejects.toBe(away);
  await new Promise(setImmediate);
  expect(slots.counts('key:k1').inFlight).toBe(0);
});
