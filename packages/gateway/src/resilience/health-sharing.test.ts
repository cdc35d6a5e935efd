import { expect, test } from 'vitest';
import { createClusterBus } from '../stores/cluster/bus.ts';
import { createChannelPair, settle } from '../stores/cluster/channel-pair.fixture.ts';
import { createClusterHub } from '../stores/cluster/hub.ts';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import { createHealthRegistry } from './health.ts';
import { followHealth, shareHealth } from './health-sharing.ts';

function setUp() {
  const clock = createManualClock();
  const hub = createClusterHub({ clock });
  const create = () => createHealthRegistry({ clock, random: () => 0, onChange: () => undefined });
  const decider = create();
  shareHealth(decider, hub);
  const join = (isCut = false) => {
    const pair = createChannelPair();
    hub.attach(pair.far);
    if (isCut) pair.cut();
    const registry = create();
    return { registry, pair, following: followHealth(registry, createClusterBus({ channel: pair.near, clock })) };
  };
  return { clock, decider, join };
}

test('a worker that joins knows at once what the primary knows', async () => {
  const { decider, join } = setUp();
  decider.reportFailure('t', 'quota_exhausted');
  const { registry, following } = join();
  await following;
  expect(registry.isUsable('t')).toBe(false);
});

test('failures of two workers add up and both stop using the target', async () => {
  const { decider, join } = setUp();
  const workers = [join(), join()];
  await Promise.all(workers.map((worker) => worker.following));
  for (const index of [0, 1, 0]) {
    workers[index]!.registry.reportFailure('t', 'transient');
    await settle();
  }
  for (const registry of [decider, ...workers.map((worker) => worker.registry)])
    expect(registry.isUsable('t')).toBe(false);
});

test('what healthy targets do costs no messages', async () => {
  const { join } = setUp();
  const { registry, pair, following } = join();
  await following;
  registry.reportSuccess('t');
  await settle();
  const before = pair.sent.length;
  for (let request = 0; request < 100; request += 1) registry.reportSuccess('t');
  await settle();
  expect(pair.sent).toHaveLength(before);
});

test('a worker whose primary is silent starts from nothing and judges by itself', async () => {
  const { clock, join } = setUp();
  const { registry, following } = join(true);
  await settle();
  clock.advance(5000);
  await following;
  for (let time = 0; time < 3; time += 1) registry.reportFailure('t', 'transient');
  expect(registry.isUsable('t')).toBe(false);
});
