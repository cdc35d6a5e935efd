import { expect, test } from 'vitest';
import { createManualClock } from '../manual-clock.fixture.ts';
import { createMemoryResponseStore } from '../memory/response-store.ts';
import { type ResponseStoreSetting, responseOf, testResponseStore, wideLimits } from '../response-store.conformance.ts';
import { MAX_RESPONSE_BYTES } from '../response-store.ts';
import { createClusterBus } from './bus.ts';
import { createChannelPair, settle } from './channel-pair.fixture.ts';
import { createClusterHub } from './hub.ts';
import { createClusterResponseHost } from './response-host.ts';
import { createClusterResponseStore } from './response-store.ts';

function setUp({ clock, limits }: ResponseStoreSetting) {
  const hub = createClusterHub({ clock });
  createClusterResponseHost(hub, createMemoryResponseStore({ clock, limits }));
  const join = () => {
    const pair = createChannelPair();
    hub.attach(pair.far);
    const bus = createClusterBus({ channel: pair.near, clock });
    // What is not found is looked for again after a while that the clock of a test would not let pass.
    const schedule = (callback: () => void): (() => void) => {
      queueMicrotask(callback);
      return () => {};
    };
    return { pair, store: createClusterResponseStore({ bus, clock: { schedule } }) };
  };
  return { join };
}

testResponseStore('cluster response store', (setting) => setUp(setting).join().store);

const setting = () => ({ clock: createManualClock(), limits: () => wideLimits });

test('what one worker keeps, another finds', async () => {
  const { join } = setUp(setting());
  const [first, second] = [join().store, join().store];
  first.put(responseOf('a'));
  expect(await second.get('ann', 'a')).toEqual(responseOf('a'));
  expect(await second.delete('ann', 'a')).toBe(true);
  expect(await first.get('ann', 'a')).toBeUndefined();
});

test('a response that is still on its way is found', async () => {
  const { clock, limits } = setting();
  const hub = createClusterHub({ clock });
  const memory = createMemoryResponseStore({ clock, limits });
  createClusterResponseHost(hub, memory);
  const pair = createChannelPair();
  hub.attach(pair.far);
  const store = createClusterResponseStore({ bus: createClusterBus({ channel: pair.near, clock }), clock });
  const found = store.get('ann', 'a');
  await settle();
  memory.put(responseOf('a'));
  clock.advance(50);
  expect((await found)?.id).toBe('a');
});

test('while the primary process is silent, that is said, and not that nothing is there', async () => {
  const { clock, limits } = setting();
  const { pair, store } = setUp({ clock, limits }).join();
  store.put(responseOf('a'));
  await settle();
  pair.cut();
  const asked = [store.get('ann', 'a'), store.items('ann', ['in_a']), store.delete('ann', 'a')];
  const outcomes = Promise.allSettled(asked);
  await settle();
  clock.advance(2_000);
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { kind: 'store_unavailable', status: 503 } });
  }
  pair.mend();
  expect((await store.get('ann', 'a'))?.id).toBe('a');
});

test('what is too large is not sent', async () => {
  const { pair, store } = setUp(setting()).join();
  store.put(responseOf('a', { response: JSON.stringify('x'.repeat(MAX_RESPONSE_BYTES)) }));
  await settle();
  expect(pair.sent).toEqual([]);
});
