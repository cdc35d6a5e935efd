import { expect, test } from 'vitest';
import { testLimitStore } from '../limit-store.conformance.ts';
import type { LimitRule } from '../limit-store.ts';
import { createManualClock, type ManualClock } from '../manual-clock.fixture.ts';
import { createMemoryLimitStore } from '../memory/limit-store.ts';
import { createMemorySlotStore } from '../memory/slot-store.ts';
import { createClusterBus } from './bus.ts';
import { createChannelPair, settle } from './channel-pair.fixture.ts';
import { createClusterHub } from './hub.ts';
import { createClusterLimitStore } from './limit-store.ts';
import { createClusterStoreHost } from './store-host.ts';

function setUp(clock: ManualClock) {
  const hub = createClusterHub({ clock });
  const limits = createMemoryLimitStore({ clock });
  createClusterStoreHost({ hub, limits, slots: createMemorySlotStore({ clock }), clock });
  const join = () => {
    const pair = createChannelPair();
    hub.attach(pair.far);
    const notices: string[] = [];
    const store = createClusterLimitStore({
      bus: createClusterBus({ channel: pair.near, clock }),
      clock,
      fallback: createMemoryLimitStore({ clock }),
      onNotice: ({ store: name, event }) => notices.push(`${name} ${event}`),
    });
    return { pair, store, notices };
  };
  return { join };
}

testLimitStore('cluster limit store', (clock) => ({ store: setUp(clock).join().store }));

const rule: LimitRule = { id: 'r', algorithm: 'sliding_window', limit: 2, windowMs: 60_000 };
const claims = [{ rule, key: 'a', cost: 1 }];

test('workers count together', async () => {
  const { join } = setUp(createManualClock());
  const stores = [join().store, join().store];
  const verdicts = await Promise.all([0, 1, 0, 1].map((index) => stores[index]!.take(claims)));
  expect(verdicts.filter((verdict) => verdict.allowed)).toHaveLength(2);
});

test('while the host is silent a worker counts by itself, says so once, and comes back', async () => {
  const clock = createManualClock();
  const { pair, store, notices } = setUp(clock).join();
  await store.take(claims);
  pair.cut();
  const waiting = [store.take(claims), store.take(claims), store.take(claims)];
  await settle();
  clock.advance(1000);
  const verdicts = await Promise.all(waiting);
  expect(verdicts.map((verdict) => verdict.allowed)).toEqual([true, true, false]);
  expect(notices).toEqual(['limits silent']);
  expect(store.take(claims)).not.toBeInstanceOf(Promise);
  clock.advance(5000);
  pair.mend();
  expect((await store.take(claims)).allowed).toBe(true);
  expect(notices).toEqual(['limits silent', 'limits back']);
  expect((await store.take(claims)).allowed).toBe(false);
});

test('while the host stays silent only one request at a time finds out', async () => {
  const clock = createManualClock();
  const { pair, store } = setUp(clock).join();
  pair.cut();
  const first = store.take(claims);
  clock.advance(1000);
  await first;
  clock.advance(5000);
  const second = store.take(claims);
  expect(second).toBeInstanceOf(Promise);
  expect(store.take(claims)).not.toBeInstanceOf(Promise);
  clock.advance(1000);
  await second;
});
