import { expect, test } from 'vitest';
import { createManualClock } from '../manual-clock.fixture.ts';
import { createClusterBus } from './bus.ts';
import { createChannelPair, settle } from './channel-pair.fixture.ts';
import { createClusterHub } from './hub.ts';

function setUp(workers = 2) {
  const clock = createManualClock();
  const hub = createClusterHub({ clock });
  const ends = Array.from({ length: workers }, () => {
    const pair = createChannelPair();
    return { pair, detach: hub.attach(pair.far), bus: createClusterBus({ channel: pair.near, clock }) };
  });
  return { clock, hub, ends };
}

test('a broadcast of the primary reaches every worker, one of a worker everybody else', async () => {
  const { hub, ends } = setUp(3);
  const heard: string[] = [];
  for (const [index, { bus }] of ends.entries()) bus.on('news', (payload) => heard.push(`${index} ${payload}`));
  hub.on('news', (payload, worker) => heard.push(`primary ${payload} of ${worker}`));
  hub.broadcast('news', 'a');
  await settle();
  expect(heard.splice(0)).toEqual(['0 a', '1 a', '2 a']);
  ends[1]!.bus.broadcast('news', 'b');
  await settle();
  expect(heard.splice(0)).toEqual(['primary b of 2', '0 b', '2 b']);
  ends[1]!.bus.post('news', 'c');
  await settle();
  expect(heard.splice(0)).toEqual(['primary c of 2']);
  hub.post(3, 'news', 'd');
  hub.post(99, 'news', 'e');
  await settle();
  expect(heard).toEqual(['2 d']);
});

test('questions are answered both ways, by values and by promises', async () => {
  const { hub, ends } = setUp();
  hub.answer('double', (payload, worker) => [Number(payload) * 2, worker]);
  for (const [index, { bus }] of ends.entries()) bus.answer('name', async () => `worker ${index}`);
  const doubled = ends[1]!.bus.ask('double', 21, 1000);
  const names = hub.askAll('name', undefined, 1000);
  await settle();
  expect(await doubled).toEqual([42, 2]);
  expect(await names).toEqual(['worker 0', 'worker 1']);
});

test('a question fails when nobody answers it, when the handler throws, and when the time is over', async () => {
  const { hub, ends, clock } = setUp();
  const { bus, pair } = ends[0]!;
  hub.answer('throws', () => {
    throw new Error('no');
  });
  const unknown = expect(bus.ask('unknown', 1, 1000)).rejects.toThrow('nobody answers unknown');
  const throwing = expect(bus.ask('throws', 1, 1000)).rejects.toThrow('no');
  await settle();
  await unknown;
  await throwing;
  pair.cut();
  const silent = expect(bus.ask('double', 1, 1000)).rejects.toThrow('within 1000 ms');
  await settle();
  clock.advance(1000);
  await silent;
  expect(clock.pending()).toBe(0);
});

test('asking all leaves out who does not answer', async () => {
  const { hub, ends, clock } = setUp();
  ends[0]!.bus.answer('name', () => 'first');
  ends[1]!.pair.cut();
  const names = hub.askAll('name', undefined, 500);
  await settle();
  clock.advance(500);
  expect(await names).toEqual(['first']);
});

test('messages of one turn travel together', async () => {
  const { ends } = setUp(1);
  const { bus, pair } = ends[0]!;
  for (let count = 0; count < 100; count += 1) bus.post('news', count);
  await settle();
  expect(pair.sent).toHaveLength(1);
});

test('a worker that is gone is told of once, and its questions fail at once', async () => {
  const { hub, ends } = setUp();
  const gone: number[] = [];
  hub.onDetach((worker) => gone.push(worker));
  const names = hub.askAll('name', undefined, 60_000);
  ends[0]!.detach();
  ends[0]!.detach();
  ends[1]!.detach();
  expect(await names).toEqual([]);
  expect(gone).toEqual([1, 2]);
  ends[0]!.bus.close();
  await expect(ends[0]!.bus.ask('double', 1, 1000)).rejects.toThrow('gone');
});

test('messages of others on the same channel are left alone', async () => {
  const { hub, ends } = setUp(1);
  const heard: unknown[] = [];
  hub.on('news', (payload) => heard.push(payload));
  for (const message of ['text', null, { cmd: 'x' }, ['other', []]]) ends[0]!.pair.near.send(message);
  await settle();
  expect(heard).toEqual([]);
});
