import { expect, test } from 'vitest';
import { testLimitSettlement } from '../limit-settlement.conformance.ts';
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
    const bus = createClusterBus({ channel: pair.near, clock });
    const store = createClusterLimitStore({
      bus,
      clock,
      fallback: createMemoryLimitStore({ clock }),
      onNotice: ({ store: name, event }) => notices.push(`${name} ${event}`),
    });
    return { pair, bus, store, notices };
  };
  return { join };
}

testLimitStore('cluster limit store', (clock) => ({ store: setUp(clock).join().store }));
testLimitSettlement('cluster limit store', (clock) => ({ store: setUp(clock).join().store, settle }));

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

const tokens: LimitRule = { id: 't', algorithm: 'sliding_window', limit: 100, windowMs: 60_000 };

test('while the host is silent tokens are counted here, and what was claimed before is settled there', async () => {
  const clock = createManualClock();
  const { join } = setUp(clock);
  const { pair, store } = join();
  const reservation = await store.reserve([{ rule: tokens, key: 'a', cost: 70 }]);
  pair.cut();
  const lost = store.reserve([{ rule: tokens, key: 'a', cost: 10 }]);
  await settle();
  clock.advance(1000);
  // Counted here alone now, where nothing was counted before.
  expect((await lost).verdict).toMatchObject({ allowed: true, remaining: 90 });
  pair.mend();
  reservation.settle([20]);
  await settle();
  const left = await join().store.take([{ rule: tokens, key: 'a', cost: 0 }]);
  expect(left.remaining).toBe(80);
});

test('what a host counts that is too late with its answer is given back', async () => {
  const clock = createManualClock();
  const { join } = setUp(clock);
  const { bus } = join();
  const late = createClusterLimitStore({
    bus: {
      post: (topic, payload) => bus.post(topic, payload),
      async ask(topic, payload, timeoutMs) {
        await bus.ask(topic, payload, timeoutMs);
        throw new Error('It came too late.');
      },
    },
    clock,
    fallback: createMemoryLimitStore({ clock }),
    onNotice: () => undefined,
  });
  await late.reserve([{ rule: tokens, key: 'a', cost: 70 }]);
  await settle();
  const left = await join().store.take([{ rule: tokens, key: 'a', cost: 0 }]);
  expect(left.remaining).toBe(100);
});
