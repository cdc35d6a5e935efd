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

test('a model that fails in two workers is out in all, and back in all after the trial of one', async () => {
  const { clock, decider, join } = setUp();
  const [first, second] = [join(), join()];
  await Promise.all([first.following, second.following]);
  for (const { registry } of [first, second, first]) {
    registry.reportFailure('t', 'overloaded', clock.now(), { model: 'm' });
    await settle();
  }
  const all = [decider, first.registry, second.registry];
  expect(all.map((registry) => registry.isUsable('t', 'm'))).toEqual([false, false, false]);
  expect(all.map((registry) => registry.isUsable('t', 'other'))).toEqual([true, true, true]);
  clock.advance(5000);
  expect(second.registry.beginTrial('t', 'm')).toBe(true);
  await settle();
  expect(first.registry.beginTrial('t', 'm')).toBe(false);
  second.registry.reportSuccess('t', clock.now(), 'm');
  await settle();
  expect(all.map((registry) => registry.isUsable('t', 'm'))).toEqual([true, true, true]);
  expect(all.map((registry) => registry.rampShare('t', 'm', clock.now()))).toEqual([0.1, 0.1, 0.1]);
});

test('a late answer in one worker does not end the trial of another', async () => {
  const { clock, join } = setUp();
  const [first, second] = [join(), join()];
  await Promise.all([first.following, second.following]);
  const early = clock.now();
  for (let time = 0; time < 3; time += 1) first.registry.reportFailure('t', 'transient', early, { model: 'm' });
  clock.advance(5000);
  first.registry.beginTrial('t', 'm');
  await settle();
  second.registry.reportSuccess('t', early, 'm');
  await settle();
  expect(first.registry.isUsable('t', 'm')).toBe(false);
  expect(second.registry.isUsable('t', 'm')).toBe(false);
});

test('a rate limit told to one worker holds for all, and no word from the primary shortens it', async () => {
  const { clock, decider, join } = setUp();
  const [first, second] = [join(), join()];
  await Promise.all([first.following, second.following]);
  first.registry.reportFailure('t', 'rate_limited', clock.now(), { model: 'm', retryAfterMs: 9000 });
  await settle();
  expect([decider, second.registry].map((registry) => registry.waitMs('t', 'm'))).toEqual([9000, 9000]);
  second.registry.reportFailure('t', 'rate_limited', clock.now(), { model: 'm', retryAfterMs: 2000 });
  second.registry.reportFailure('t', 'transient', clock.now(), { model: 'm' });
  await settle();
  expect([first.registry, second.registry].map((registry) => registry.waitMs('t', 'm'))).toEqual([9000, 9000]);
});

test('every worker tells the same history, those that joined late too, and what is under way to the primary besides', async () => {
  const { clock, decider, join } = setUp();
  const early = join();
  await early.following;
  for (let time = 0; time < 3; time += 1) early.registry.reportFailure('t', 'overloaded', clock.now(), { model: 'm' });
  expect(early.registry.history('t').map(({ model }) => model)).toEqual(['m']);
  await settle();
  const late = join();
  await late.following;
  decider.reportFailure('t', 'quota_exhausted');
  await settle();
  const told = decider.history('t').map((transition) => ({ ...transition, lastedMs: transition.lastedMs }));
  expect(told.map(({ to }) => to)).toEqual(['unhealthy', 'quota']);
  for (const { registry } of [early, late]) expect(registry.history('t')).toEqual(told);
  late.registry.apply(decider.snapshot());
  expect(late.registry.history('t')).toEqual(told);
  late.pair.cut();
  late.registry.reportFailure('u', 'credential_refused');
  expect(late.registry.history('u').map(({ to }) => to)).toEqual(['misconfigured']);
});

test('the primary counts what its workers saw go well, once they have something to tell', async () => {
  const { decider, join } = setUp();
  const workers = [join(), join()];
  await Promise.all(workers.map(({ following }) => following));
  for (const { registry } of workers) {
    for (let request = 0; request < 20; request += 1) registry.reportSuccess('t', undefined, 'm');
    registry.reportFailure('t', 'transient', undefined, { model: 'm' });
    await settle();
  }
  expect(decider.recordOf('t')?.recent).toEqual({ successes: 40, failures: 2 });
  const [first, second] = workers.map(({ registry }) => registry);
  expect(first!.recordOf('t')?.recent).toEqual({ successes: 40, failures: 2 });
  first!.reportSuccess('t');
  second!.reportFailure('t', 'transient');
  await settle();
  expect(first!.recordOf('t')?.recent).toEqual({ successes: 41, failures: 3 });
});
