import { afterEach, describe, expect, it } from 'vitest';
import { adminKey, canary, type Desk, startDesk, twoProviders } from './desk.ts';

let desk: Desk;
afterEach(() => desk.stop());

describe('GET /api/v1/backends/health', () => {
  interface Answer {
    readonly backends: readonly Record<string, unknown>[];
    readonly health_history?: readonly Record<string, unknown>[];
  }
  const health = async (query = '') => (await desk.page(`/api/v1/backends/health${query}`)) as Answer;

  it('tells how each target is, and what became of it', async () => {
    desk = await startDesk((at) => ({
      models: {
        chat: { providers: [at(0, { priority: 1, model: 'f23' }), at(1), at(1, { name: 'off', enabled: false })] },
      },
    }));
    await desk.chat();
    await desk.chat({ stream: true });
    expect(await health()).toMatchObject({
      timestamp: expect.stringMatching(/Z$/),
      total_backends: 3,
      healthy_count: 1,
      unhealthy_count: 1,
      degraded_count: 0,
      disabled_count: 1,
      usable_count: 1,
      backends: [
        {
          target: 'chat/t0',
          provider: 't0',
          endpoint: desk.providers[0]!.url,
          status: 'misconfigured',
          usable: false,
          circuit_breaker: 'open',
          failure: 'credential_refused',
          reason: 'passive',
          since: expect.stringMatching(/Z$/),
          retry_in_ms: expect.any(Number),
          last_check: null,
        },
        {
          target: 'chat/t1',
          status: 'healthy',
          usable: true,
          circuit_breaker: 'closed',
          latency_ms: expect.any(Number),
          success_rate: 1,
          models: [{ model: 'sim', state: 'closed', in_flight: 0 }],
        },
        { target: 'chat/off', status: 'disabled', usable: false },
      ],
    });
    const { health_history: history } = await health('?history=true&window=1h');
    expect(history).toContainEqual({
      target: 'chat/t0',
      model: null,
      from: 'unknown',
      to: 'misconfigured',
      reason: 'passive',
      failure: 'credential_refused',
      at: expect.stringMatching(/Z$/),
      lasted_ms: expect.any(Number),
    });
    expect(await health()).not.toHaveProperty('health_history');
  });

  it('tells of the breaker of each model, and the last probe', async () => {
    desk = await startDesk((_at, urls) => ({
      backends: [
        { url: urls[0], name: 'one' },
        { url: urls[1], name: 'two' },
      ],
    }));
    for (let count = 0; count < 4; count++) await desk.chat({ model: 'f4' });
    const { healthId } = desk.gateway.gateway.runtime.catalog.targets.get('backends/two')!;
    desk.gateway.health.reportProbe(healthId, { outcome: { status: 200 }, failureThreshold: 3, successThreshold: 1 });
    const { backends } = await health();
    expect(backends[0]).toMatchObject({
      status: 'degraded',
      circuit_breaker: 'closed',
      models: [{ model: 'f4', state: 'open', failure: 'overloaded', retry_in_ms: expect.any(Number) }],
    });
    expect(backends[1]).toMatchObject({ last_check: expect.stringMatching(/Z$/) });
  });

  it('is asked for one provider', async () => {
    desk = await startDesk((at, urls) => ({
      providers: twoProviders(urls),
      models: { chat: { providers: [at(0)] } },
    }));
    const targets = async (provider: string) =>
      (await health(`?provider=${provider}`)).backends.map(({ target }) => target);
    expect(await targets('Anthropic')).toEqual(['anthropic']);
    expect(await targets('chat/t0')).toEqual(['chat/t0']);
    expect(await targets('nobody')).toEqual([]);
  });
});

it('no page holds a credential, whatever went wrong', async () => {
  desk = await startDesk((at, urls) => ({
    providers: twoProviders(urls),
    models: { chat: { providers: [at(0, { model: 'f23' }), at(1, { model: 'f4' })] } },
    backends: [{ url: `${urls[0]!.replace('//', `//user:${canary}@`)}/v1?key=${canary}`, name: 'named' }],
    auth: { mode: 'open', keys: [{ name: 'app', key: `${canary}-caller` }] },
  }));
  for (const model of ['chat', 'gpt-4o', 'f4']) for (let count = 0; count < 3; count++) await desk.chat({ model });
  // The desk itself throws when an answer holds one.
  for (const model of ['chat', 'gpt-4o', 'claude-x', 'named', undefined]) await desk.test({ model, key: 'app' });
  for (const page of ['config', 'rules', 'weights', 'stats']) await desk.page(`/api/v1/routing/${page}`);
  const text = JSON.stringify(await desk.page('/api/v1/backends/health?history=true'));
  expect(text).not.toContain(adminKey);
  expect(desk.gateway.rawLog()).not.toContain(adminKey);
});
