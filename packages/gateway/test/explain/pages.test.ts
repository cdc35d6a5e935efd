import { afterEach, describe, expect, it } from 'vitest';
import { adminKey, canary, type Desk, startDesk, twoProviders } from './desk.ts';

let desk: Desk;
afterEach(() => desk.stop());

/** Two providers, rules that tell them apart, and a pool. */
const usual = async () => {
  desk = await startDesk((at, urls) => ({
    auth: { mode: 'open', keys: [{ name: 'app', key: 'sk-a-callers-key-0123456789', tenant: 'tenant-001' }] },
    providers: twoProviders(urls),
    models: { chat: { strategy: 'weighted', providers: [at(0, { weight: 3 }), at(1, { canary_percent: 10 })] } },
    routing: {
      default_provider: 'openai',
      rules: [
        { name: 'late', condition: '*', target_provider: 'openai', priority: 900 },
        { name: 'claude', condition: "model starts_with 'claude'", target_provider: 'anthropic', priority: 10 },
        { name: 'ours', condition: "tenant == 'tenant-001' and header.x-tier == 'gold'", target_provider: 'anthropic' },
      ],
      fallbacks: { chat: { any: ['gpt-4o'] } },
    },
  }));
};

describe('POST /api/v1/routing/test', () => {
  it('tells where a model goes, by which rule, and what comes after', async () => {
    await usual();
    const ask = { model: 'claude-sonnet-4-5', tenant: 'tenant-001', protocol: 'anthropic-messages' };
    const answer = await desk.test(ask);
    const { url } = desk.providers[1]!;
    expect(answer).toMatchObject({
      model: 'claude-sonnet-4-5',
      tenant: 'tenant-001',
      selected_provider: 'anthropic',
      selected_target: 'anthropic',
      selected_endpoint: `${url}/v1/messages`,
      upstream_model: 'claude-sonnet-4-5',
      reason: 'rule:claude',
      matched_rules: [
        { name: 'claude', condition: "model starts_with 'claude'", target_provider: 'anthropic', applied: true },
        { name: 'late', applied: false },
      ],
      error: null,
      decision: expect.stringMatching(/^anthropic gets the request.*The rule claude matches;.*\.$/),
    });
  });

  it('heeds the tenant, the key and the headers that it is given', async () => {
    await usual();
    const headers = { 'X-Tier': 'gold' };
    const applied = async (ask: Record<string, unknown>) => (await desk.test({ model: 'new', ...ask })).reason;
    expect(await applied({})).toBe('rule:late');
    expect(await applied({ tenant: 'tenant-001' })).toBe('rule:late');
    expect(await applied({ tenant: 'tenant-001', headers })).toBe('rule:ours');
    expect(await applied({ key: 'app', headers })).toBe('rule:ours');
    expect(await applied({ key: 'nobody', headers })).toBe('rule:late');
  });

  it('tells the fallback models of a pool with those of its own tiers', async () => {
    await usual();
    const { fallback_chain: chain, matched_rules: matched, reason } = await desk.test({ model: 'chat' });
    expect(reason).toBe('model');
    // A model that is spelled out goes where it says; the rule that would hold is told all the same.
    expect(matched).toMatchObject([{ name: 'late', applied: false }]);
    expect(chain).toMatchObject([
      { attempt: 2, target: 'chat/t1', tier: 1 },
      { attempt: 3, target: 'openai', fallback_model: 'gpt-4o' },
    ]);
  });

  it('answers for a model that leads nowhere with what its caller would be told', async () => {
    desk = await startDesk((at) => ({ models: { chat: { providers: [at(0)] } } }));
    expect(await desk.test({ model: 'chap' })).toMatchObject({
      selected_target: null,
      selected_endpoint: null,
      candidates: [],
      error: { status: 404, code: 'model_not_found' },
      decision: expect.stringContaining("Did you mean 'chat'?"),
    });
  });

  it('asks in the path of the operation, without its query', async () => {
    desk = await startDesk((_at, urls) => ({
      providers: {
        azure_openai: {
          base_url: urls[0],
          api_key: `${canary}-azure`,
          default_model: 'dep',
          api_version: '2024-10-21',
        },
      },
    }));
    const { selected_endpoint: endpoint } = await desk.test({ model: 'dep' });
    expect(endpoint).toMatch(/\/chat\/completions$/);
    expect(await desk.test({ model: 'dep', operation: 'embeddings' })).toMatchObject({
      selected_endpoint: expect.stringMatching(/\/embeddings$/),
    });
  });

  it.each([
    ['[]', 'invalid_request', null],
    ['{"model":', 'invalid_json', null],
    ['{"model":1}', 'invalid_request', 'model'],
    ['{"modle":"chat"}', 'invalid_request', 'modle'],
    ['{"operation":"fly"}', 'invalid_request', 'operation'],
    ['{"operation":"proxy"}', 'invalid_request', 'operation'],
    ['{"protocol":"smtp"}', 'invalid_request', 'protocol'],
    ['{"stream":"yes"}', 'invalid_request', 'stream'],
    ['{"headers":{"a":1}}', 'invalid_request', 'headers'],
    ['{"messages":[],"body":{}}', 'invalid_request', 'body'],
    ['{"messages":[{}]}', 'invalid_request', 'messages[0].role'],
    ['{"body":[]}', 'invalid_request', 'body'],
    [`{"tenant":"${'x'.repeat(300)}"}`, 'invalid_request', 'tenant'],
  ])('refuses %s', async (body, code, param) => {
    desk = await startDesk((at) => ({ models: { chat: { providers: [at(0)] } } }));
    const headers = { authorization: `Bearer ${adminKey}` };
    const response = await fetch(`${desk.gateway.url}/api/v1/routing/test`, { method: 'POST', headers, body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code, param } });
  });

  it('what was nested by the thousand was answered 500', async () => {
    desk = await startDesk((at) => ({
      models: { chat: { providers: [at(0)] } },
      security: { validation: { max_depth: 8 } },
    }));
    const headers = { authorization: `Bearer ${adminKey}` };
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    const ask = (body: string) =>
      fetch(`${desk.gateway.url}/api/v1/routing/test`, { method: 'POST', headers, body: `{"model":"chat",${body}}` });
    const unknownPart = (levels: number) =>
      `"body":{"messages":[{"role":"user","content":"Hello"}],"x":${nested(levels)}}`;
    for (const levels of [100_000, 4_000, 9]) {
      for (const body of [unknownPart(levels), `"messages":${nested(levels)}`, `"strange":${nested(levels)}`]) {
        const response = await ask(body);
        expect(response.status).toBe(400);
        expect(await response.json()).toMatchObject({ error: { code: 'invalid_json', type: 'invalid_request_error' } });
      }
    }
    // As deep as a request may be.
    expect((await ask(unknownPart(7))).status).toBe(200);
  });
});

describe('GET /api/v1/routing', () => {
  it('/config tells strategy, options and tiers of each route', async () => {
    await usual();
    expect(await desk.page('/api/v1/routing/config')).toMatchObject({
      default_provider: 'openai',
      max_attempts: 3,
      routes: [
        {
          route: 'models/chat',
          models: ['chat'],
          strategy: 'weighted',
          options: { stream_recovery: 'auto', sticky_by: 'key', hedging: null, single_flight: false },
          tiers: [
            [
              { target: 'chat/t0', provider: 't0', upstream_model: 'sim', weight: 3, canary_percent: null },
              { target: 'chat/t1', canary_percent: 10 },
            ],
          ],
        },
        { models: ['gpt-4o'], reason: 'rule:late' },
        { models: [], also: 'no_model', reason: 'default_provider' },
      ],
      fallbacks: [{ model: 'chat', any: ['gpt-4o'], context_exceeded: [], content_refused: [] }],
    });
  });

  it('/rules tells them in the order in which they are asked', async () => {
    await usual();
    expect(await desk.page('/api/v1/routing/rules')).toMatchObject({
      rules: [
        { order: 1, name: 'claude', priority: 10, target: 'anthropic', usable: true },
        { order: 2, name: 'ours', priority: 100 },
        { order: 3, name: 'late', priority: 900, condition: '*', target_provider: 'openai' },
      ],
    });
  });

  it('/weights tells configured and effective shares', async () => {
    await usual();
    const shares = async () => {
      const { routes } = (await desk.page('/api/v1/routing/weights')) as {
        routes: { targets: { target: string; configured_share: number; effective_share: number }[] }[];
      };
      return routes[0]!.targets.map((one) => [one.target, one.configured_share, one.effective_share]);
    };
    expect(await shares()).toEqual([
      ['chat/t0', 0.9, 0.9],
      ['chat/t1', 0.1, 0.1],
    ]);
    const { healthId } = desk.gateway.gateway.runtime.catalog.targets.get('chat/t0')!;
    for (let count = 0; count < 3; count++) {
      desk.gateway.health.reportProbe(healthId, { outcome: { status: 500 }, failureThreshold: 3, successThreshold: 1 });
    }
    expect(await shares()).toEqual([
      ['chat/t0', 0.9, 0],
      ['chat/t1', 0.1, 1],
    ]);
  });

  it('/stats tells what was routed where', async () => {
    desk = await startDesk((at) => ({
      models: { chat: { providers: [at(0, { priority: 1 }), at(1, { priority: 2 })] } },
    }));
    desk.providers[0]!.script([{ kind: 'status', status: 404 }]);
    await desk.chat();
    await desk.chat();
    const counted = [
      { target: 'chat/t0', provider: 't0', requests: 2, answered: 1, failures: 1, retries: 0 },
      { target: 'chat/t1', requests: 1, answered: 1, failures: 0, retries: 1, hedges: 0, recoveries: 0 },
    ];
    expect(await desk.page('/api/v1/routing/stats')).toMatchObject({
      window: null,
      scope: 'gateway',
      targets: counted,
    });
    expect(await desk.page('/api/v1/routing/stats?window=15m')).toMatchObject({ window: '15m', targets: counted });
    await expect(desk.page('/api/v1/routing/stats?window=2h')).rejects.toThrow('400');
    await expect(desk.page('/api/v1/routing/stats?window=soon')).rejects.toThrow('`window` must be a span of time');
  });
});

it('/api/v1/cache says that there is no cache', async () => {
  await usual();
  const ask = async (path: string, method = 'GET') => {
    const headers = { authorization: `Bearer ${adminKey}` };
    return (await fetch(`${desk.gateway.url}/api/v1/cache/${path}`, { method, headers })).json();
  };
  expect(await ask('stats?window=1h')).toEqual({
    enabled: false,
    message: expect.stringContaining('no response cache'),
  });
  expect(await ask('entries')).toMatchObject({ enabled: false, entries: [] });
  expect(await ask('config')).toMatchObject({ enabled: false });
  expect(await ask('clear', 'POST')).toMatchObject({ enabled: false, cleared: 0 });
});
