import { expect, test } from 'vitest';
import { createManualClock, type ManualClock } from '../manual-clock.fixture.ts';
import { createMemoryLimitStore } from '../memory/limit-store.ts';
import { createMemorySlotStore } from '../memory/slot-store.ts';
import { testSlotStore } from '../slot-store.conformance.ts';
import type { Slot } from '../slot-store.ts';
import { createClusterBus } from './bus.ts';
import { createChannelPair, settle } from './channel-pair.fixture.ts';
import { createClusterHub } from './hub.ts';
import { createClusterSlotStore } from './slot-store.ts';
import { createClusterStoreHost } from './store-host.ts';

/** Counts are told at once here; the interval between tellings has a test of its own. */
const eager = (clock: ManualClock): ManualClock => ({
  ...clock,
  schedule(callback, delayMs) {
    if (delayMs > 0) return clock.schedule(callback, delayMs);
    callback();
    return () => undefined;
  },
});

function setUp(clock: ManualClock, countsIntervalMs = 0) {
  const hub = createClusterHub({ clock });
  const slots = createMemorySlotStore({ clock });
  const limits = createMemoryLimitStore({ clock });
  createClusterStoreHost({ hub, limits, slots, clock: eager(clock), countsIntervalMs });
  const join = () => {
    const pair = createChannelPair();
    const detach = hub.attach(pair.far);
    const notices: string[] = [];
    const store = createClusterSlotStore({
      bus: createClusterBus({ channel: pair.near, clock }),
      clock,
      fallback: createMemorySlotStore({ clock }),
      onNotice: ({ store: name, event }) => notices.push(`${name} ${event}`),
    });
    return { pair, detach, store, notices };
  };
  return { join, slots };
}

testSlotStore('cluster slot store', (clock) => ({ store: setUp(clock).join().store, settle }));

const pool = { id: 'p', maxConcurrent: 1, maxQueue: 5, timeoutMs: 10_000 };
const never = new AbortController().signal;

test('workers share a pool, in the order of arrival', async () => {
  const { join, slots } = setUp(createManualClock());
  const [first, second] = [join().store, join().store];
  const held = (await first.acquire(pool, never)) as Slot;
  const waiting = second.acquire(pool, never);
  await settle();
  expect(slots.counts('p')).toEqual({ inFlight: 1, queued: 1 });
  held.release();
  ((await waiting) as Slot).release();
  await settle();
  expect(slots.counts('p')).toEqual({ inFlight: 0, queued: 0 });
});

test('what a worker held and waited for comes back when it dies', async () => {
  const { join, slots } = setUp(createManualClock());
  const [dying, living] = [join(), join()];
  await dying.store.acquire(pool, never);
  void dying.store.acquire(pool, never);
  await settle();
  const waiting = living.store.acquire(pool, never);
  await settle();
  expect(slots.counts('p')).toEqual({ inFlight: 1, queued: 2 });
  dying.detach();
  await waiting;
  expect(slots.counts('p')).toEqual({ inFlight: 1, queued: 0 });
});

test('while the host is silent a worker has slots of its own, and the host gets back what it gave', async () => {
  const clock = createManualClock();
  const { join, slots } = setUp(clock);
  const { pair, store, notices } = join();
  pair.cut();
  const asked = store.acquire(pool, never);
  await settle();
  clock.advance(1000);
  const own = (await asked) as Slot;
  expect(notices).toEqual(['slots silent']);
  expect(store.acquire({ ...pool, maxQueue: 0 }, never)).toBe('full');
  own.release();
  pair.mend();
  clock.advance(5000);
  const hosted = (await store.acquire(pool, never)) as Slot;
  expect(notices).toEqual(['slots silent', 'slots back']);
  expect(slots.counts('p').inFlight).toBe(1);
  hosted.release();
  await settle();
  expect(slots.counts('p').inFlight).toBe(0);
});

test('a wait whose host dies meanwhile ends all the same', async () => {
  const clock = createManualClock();
  const { join } = setUp(clock);
  const { pair, store } = join();
  await store.acquire(pool, never);
  const waiting = store.acquire(pool, never);
  await settle();
  pair.cut();
  clock.advance(11_000);
  expect(await waiting).toBe('timeout');
});

test('a slot granted to somebody who just left goes to the next', async () => {
  const { join, slots } = setUp(createManualClock());
  const { store } = join();
  const held = (await store.acquire(pool, never)) as Slot;
  const leaver = new AbortController();
  const left = store.acquire(pool, leaver.signal);
  const next = store.acquire(pool, never);
  await settle();
  held.release();
  leaver.abort();
  expect(await left).toBe('aborted');
  expect(typeof (await next)).toBe('object');
  expect(slots.counts('p')).toEqual({ inFlight: 1, queued: 0 });
});

test('counts are gathered before they are told', async () => {
  const clock = createManualClock();
  const { join } = setUp(clock, 200);
  const { store } = join();
  await store.acquire({ ...pool, maxConcurrent: 9 }, never);
  await store.acquire({ ...pool, maxConcurrent: 9 }, never);
  expect(store.counts('p')).toEqual({ inFlight: 0, queued: 0 });
  clock.advance(200);
  await settle();
  expect(store.counts('p')).toEqual({ inFlight: 2, queued: 0 });
});
