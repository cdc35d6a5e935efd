import { afterEach, describe, expect, it } from 'vitest';
import { type Desk, startDesk, type TargetAt } from './desk.ts';

const desks: Desk[] = [];
afterEach(async () => {
  await Promise.all(desks.splice(0).map((desk) => desk.stop()));
});

async function start(
  targets: (at: TargetAt) => readonly Record<string, unknown>[],
  pool: Record<string, unknown> = {},
  sections: Record<string, unknown> = {},
): Promise<Desk> {
  const desk = await startDesk((at) => ({ models: { chat: { ...pool, providers: targets(at) } }, ...sections }));
  desks.push(desk);
  return desk;
}

const three = (at: TargetAt) => [
  at(0, { weight: 2 }),
  at(1, { model: 'sim?first=30' }),
  at(1, { name: 't2', api_key: 'sk-another', model: 'sim?first=60' }),
];

/** Everything that somebody may ask. */
async function askEverything(desk: Desk): Promise<void> {
  await desk.test();
  await desk.page('/api/v1/routing/weights');
  await desk.page('/api/v1/routing/config');
  await desk.page('/api/v1/backends/health?history=true');
}

describe.each([
  'round_robin',
  'weighted',
  'least_loaded',
  'latency_optimized',
  'cost_optimized',
  'quota_aware',
  'sticky',
  'random',
  'priority',
])('%s', (strategy) => {
  it('sends a request where it was said to go', async () => {
    const desk = await start(three, { strategy });
    for (let request = 0; request < 8; request++) {
      await askEverything(desk);
      const { selected_target: told } = await desk.test();
      expect(await desk.chat()).toBe(told);
    }
  });
});

// Not those that go by measured times, which two gateways measure differently: cost_optimized does among equal prices.
it.each(['round_robin', 'weighted', 'least_loaded', 'sticky', 'priority'])(
  'under %s, requests go as if nobody had asked, canaries too',
  async (strategy) => {
    const targets = (at: TargetAt) => [...three(at), at(0, { name: 'canary', canary_percent: 25 })];
    const [asked, left] = [await start(targets, { strategy }), await start(targets, { strategy })];
    for (let request = 0; request < 12; request++) {
      await askEverything(asked);
      expect(await asked.chat()).toBe(await left.chat());
    }
  },
);

it('counts nothing and sends nothing', async () => {
  const desk = await start((at) => [at(0, { rate_limit: { requests_per_minute: 2 }, priority: 1 }), at(1)]);
  await desk.chat();
  const metrics = await desk.gateway.metricsText();
  const stats = await desk.page('/api/v1/routing/stats');
  for (let asked = 0; asked < 20; asked++) await askEverything(desk);
  expect(await desk.gateway.metricsText()).toBe(metrics);
  expect(await desk.page('/api/v1/routing/stats')).toEqual({ ...(stats as object), to: expect.any(String) });
  expect(desk.providers.map(({ attemptCount }) => attemptCount)).toEqual([1, 0]);
  expect(desk.gateway.logLines.filter((line) => 'latency_ms' in line)).toHaveLength(1);
  // The limit of two requests has one left, as it had before.
  expect([await desk.chat(), await desk.chat()]).toEqual(['chat/t0', 'chat/t1']);
});

it('leaves the one trial of a target that may be back to a request', async () => {
  const resilience = { circuit_breaker: { failure_threshold: 1, success_threshold: 1, timeout_seconds: 0.001 } };
  const desk = await start((at) => [at(0, { priority: 1 }), at(1)], {}, { resilience });
  const { health } = desk.gateway;
  const { healthId } = desk.gateway.gateway.runtime.catalog.targets.get('chat/t0')!;
  health.reportFailure(healthId, 'connect_failed');
  while (!health.canTry(healthId)) await new Promise((resolve) => setImmediate(resolve));
  for (let asked = 0; asked < 3; asked++) expect(await desk.test()).toMatchObject({ selected_target: 'chat/t0' });
  expect(health.recordOf(healthId)).toMatchObject({ state: 'unhealthy', trialLeftMs: 0 });
  expect(await desk.chat()).toBe('chat/t0');
  expect(health.recordOf(healthId)).toMatchObject({ state: 'healthy' });
});

it('spends nothing of the budget of retries', async () => {
  const resilience = { retry: { budget_percent: 0, budget_floor: 1 } };
  const desk = await start((at) => [at(0, { priority: 1, model: 'f4' }), at(1)], {}, { resilience });
  for (let asked = 0; asked < 5; asked++) expect(await desk.test()).toMatchObject({ retry_budget_left: true });
  expect(await desk.chat()).toBe('chat/t1');
  expect(await desk.test()).toMatchObject({ retry_budget_left: false });
});
