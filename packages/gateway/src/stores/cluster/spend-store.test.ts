import { expect, test } from 'vitest';
import { createManualClock, type ManualClock } from '../manual-clock.fixture.ts';
import { createMemorySpendStore } from '../memory/spend-store.ts';
import { testSpendLaws } from '../spend-laws.conformance.ts';
import { claimOf, type SpendScene, testLeaseMs, testSpendStore } from '../spend-store.conformance.ts';
import type { OnCrossing } from '../spend-store.ts';
import { createClusterBus } from './bus.ts';
import { createChannelPair, settle } from './channel-pair.fixture.ts';
import { createClusterHub } from './hub.ts';
import { createClusterSpendHost } from './spend-host.ts';
import { createClusterSpendStore } from './spend-store.ts';

function setUp(clock: ManualClock, onCrossing: OnCrossing = () => undefined) {
  const hub = createClusterHub({ clock });
  const hosted = createMemorySpendStore({ clock, onCrossing, leaseMs: testLeaseMs });
  createClusterSpendHost(hub, hosted);
  const join = () => {
    const pair = createChannelPair();
    const detach = hub.attach(pair.far);
    const notices: string[] = [];
    const store = createClusterSpendStore({
      bus: createClusterBus({ channel: pair.near, clock }),
      clock,
      fallback: createMemorySpendStore({ clock, onCrossing, leaseMs: testLeaseMs }),
      onNotice: ({ store: name, event }) => notices.push(`${name} ${event}`),
    });
    return { pair, store, notices, detach };
  };
  return { join, hosted };
}

const joined = ({ clock, onCrossing }: SpendScene) => {
  const { join } = setUp(clock, onCrossing);
  return { stores: [join().store, join().store] as const, heard: settle };
};
testSpendStore('cluster spend store', joined);
testSpendLaws('cluster spend store', joined, 40);

test('what a worker had set aside comes back when it dies', async () => {
  const { join, hosted } = setUp(createManualClock());
  const [dying, living] = [join(), join()];
  await dying.store.reserve([claimOf()], 900);
  expect((await living.store.reserve([claimOf()], 900)).verdict.allowed).toBe(false);
  dying.detach();
  expect((await living.store.reserve([claimOf()], 900)).verdict.allowed).toBe(true);
  expect(hosted.read([claimOf()])[0]).toMatchObject({ spentNanos: 0, reservedNanos: 900 });
});

test('while the host is silent a worker counts on from what it knows, and tells the host afterwards', async () => {
  const clock = createManualClock();
  const { join, hosted } = setUp(clock);
  const { pair, store, notices } = join();
  (await store.reserve([claimOf()], 600)).settle(600);
  await settle();
  (await store.reserve([claimOf()], 0)).release();
  pair.cut();
  const asked = store.reserve([claimOf()], 300);
  await settle();
  clock.advance(1000);
  const here = await asked;
  expect(here.verdict).toMatchObject({ allowed: true, leftNanos: 400 });
  expect((await store.reserve([claimOf()], 200)).verdict.allowed).toBe(false);
  expect(notices).toEqual(['spending silent']);
  pair.mend();
  here.settle(350);
  await settle();
  expect(hosted.read([claimOf()])[0]).toMatchObject({ spentNanos: 950, reservedNanos: 0 });
  clock.advance(5000);
  expect((await store.reserve([claimOf()], 60)).verdict).toMatchObject({ allowed: false, leftNanos: 50 });
  expect(notices).toEqual(['spending silent', 'spending back']);
});
