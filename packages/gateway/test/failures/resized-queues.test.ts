import { request } from 'node:http';
import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Gateway } from '../../src/gateway.ts';
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

const cases: readonly (readonly [of: string, pool: 'admission' | 'bulkhead', sizesOf: (most: number) => object])[] = [
  ['the gateway', 'admission', (most: number) => ({ queue: { max_concurrent: most } })],
  [
    'a target',
    'bulkhead',
    (most: number) => ({ queue: { max_concurrent: 9 }, resilience: { bulkhead: { max_concurrent: most } } }),
  ],
];

const configOf = (sizes: object) => ({
  ...sizes,
  models: {
    chat: { providers: [{ name: 'first', api_base: `${upstream.url}/v1`, api_key: 'sk-upstream-01234567' }] },
  },
});

function poolOf(pool: 'admission' | 'bulkhead', { runtime }: Gateway): string {
  const [target] = runtime.catalog.targets.values();
  return pool === 'admission' ? pool : target!.bulkhead!.id;
}

it.each(cases)(
  'those who waited for %s heard of a raised limit only when the next request came',
  async (_, pool, sizesOf) => {
    started = await startTestGateway({ config: configOf(sizesOf(1)) });
    const calls = [0, 1, 2].map(() => open(started!.url, {}));
    const { gateway, load, slots } = started;
    const id = poolOf(pool, gateway);
    await expect.poll(() => slots.counts(id)).toEqual({ inFlight: 1, queued: 2 });
    gateway.reload(await load(configOf(sizesOf(3))));
    expect(slots.counts(id)).toEqual({ inFlight: 3, queued: 0 });
    await upstream.waitUntil(() => upstream.attempts.length === 3);
    for (const call of calls) call.leave();
  },
);

it.each(cases)('a request from before a reload set the size of the queue of %s back', async (_, pool, sizesOf) => {
  started = await startTestGateway({ config: configOf(sizesOf(2)) });
  const { gateway, load, metricsText, slots, url } = started;
  const body = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'Hello' }] });
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  const early = request(`${url}/v1/chat/completions`, { method: 'POST', agent: false, headers });
  early.on('error', () => undefined);
  early.write(body.slice(0, 9));
  await expect.poll(metricsText).toContain('gateway_in_flight_requests 1');
  gateway.reload(await load(configOf(sizesOf(1))));
  const id = poolOf(pool, gateway);
  const calls = [open(url, {})];
  await upstream.waitUntil(() => upstream.attempts.length === 1);
  early.end(body.slice(9));
  await expect.poll(() => slots.counts(id)).toEqual({ inFlight: 1, queued: 1 });
  calls.push(open(url, {}));
  await expect.poll(() => slots.counts(id)).toEqual({ inFlight: 1, queued: 2 });
  early.destroy();
  for (const call of calls) call.leave();
});
