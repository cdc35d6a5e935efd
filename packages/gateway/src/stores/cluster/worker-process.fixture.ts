import { systemClock } from '../../canonical/clock.ts';
import { createMemoryLimitStore } from '../memory/limit-store.ts';
import { createMemorySlotStore } from '../memory/slot-store.ts';
import type { Slot } from '../slot-store.ts';
import { createClusterBus } from './bus.ts';
import { processChannel } from './channel.ts';
import { createClusterLimitStore } from './limit-store.ts';
import { createClusterSlotStore } from './slot-store.ts';

/** Runs in a process of its own, and does what the test asks over the bus. */
const bus = createClusterBus({ channel: processChannel(process), clock: systemClock });
const shared = { bus, clock: systemClock, onNotice: () => undefined };
const limits = createClusterLimitStore({ ...shared, fallback: createMemoryLimitStore({ clock: systemClock }) });
const slots = createClusterSlotStore({ ...shared, fallback: createMemorySlotStore({ clock: systemClock }) });
const rule = { id: 'r', algorithm: 'sliding_window', limit: 10, windowMs: 60_000 } as const;
const pool = { id: 'p', maxConcurrent: 2, maxQueue: 10, timeoutMs: 20_000 };
const held: Slot[] = [];

bus.answer('take', async (times) => {
  const takes = Array.from({ length: Number(times) }, () => limits.take([{ rule, key: 'a', cost: 1 }]));
  return (await Promise.all(takes)).filter((verdict) => verdict.allowed).length;
});
bus.answer('acquire', async () => {
  const slot = await slots.acquire(pool, new AbortController().signal);
  if (typeof slot === 'string') return slot;
  held.push(slot);
  return 'granted';
});
bus.post('ready', process.pid);
