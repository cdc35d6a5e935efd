import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { open } from './caller.ts';

let upstream: Simulator;
let started: TestGateway | undefined;
beforeEach(async () => {
  upstream = await startSimulator({ behaviour: { kind: 'hang', when: 'before-headers' } });
});
afterEach(async () => {
  await started?.stop();
  await upstream.close();
});

it.each([
  ['the gateway', 'admission', (most: number) => ({ queue: { max_concurrent: most } })],
  [
    'a target',
    'target/first',
    (most: number) => ({ queue: { max_concurrent: 9 }, resilience: { bulkhead: { max_concurrent: most } } }),
  ],
])('those who waited for %s heard of a raised limit only when the next request came', async (_, pool, sizesOf) => {
  const config = (most: number) => ({
    ...sizesOf(most),
    models: {
      chat: { providers: [{ name: 'first', api_base: `${upstream.url}/v1`, api_key: 'sk-upstream-01234567' }] },
    },
  });
  started = await startTestGateway({ config: config(1) });
  const calls = [0, 1, 2].map(() => open(started!.url, {}));
  const { gateway, load, slots } = started;
  const [target] = gateway.runtime.catalog.targets.values();
  const id = pool === 'admission' ? pool : target!.bulkhead!.id;
  await expect.poll(() => slots.counts(id)).toEqual({ inFlight: 1, queued: 2 });
  gateway.reload(await load(config(3)));
  expect(slots.counts(id)).toEqual({ inFlight: 3, queued: 0 });
  await upstream.waitUntil(() => upstream.attempts.length === 3);
  for (const call of calls) call.leave();
});
