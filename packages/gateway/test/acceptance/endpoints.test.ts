import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetricsServer, listenForMetrics } from '../../src/server/metrics-server.ts';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { call, errorOf, hello } from './caller.ts';

let simulator: Simulator;
let gateway: TestGateway;

beforeAll(async () => {
  simulator = await startSimulator({});
  const openai = { api_key: 'sk-provider-key', base_url: `${simulator.url}/v1`, models: ['gpt-4o', 'org/model'] };
  gateway = await startTestGateway({
    config: { providers: { openai }, resilience: { retry: { initial_delay_ms: 1 } } },
  });
});

afterAll(async () => {
  await gateway.stop();
  await simulator.close();
});

const get = (path: string, init?: RequestInit) => fetch(`${gateway.url}${path}`, init);

describe('pages', () => {
  it.each(['/', '/health'])('%s answers exactly {"status":"ok"}', async (path) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.text()).toBe('{"status":"ok"}');
  });

  it('/health?detailed=true tells version, time, parts and providers', async () => {
    expect(await (await get('/health?detailed=true')).json()).toMatchObject({
      status: 'ok',
      version: 'test',
      uptime_seconds: expect.any(Number),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      components: expect.any(Object),
      providers: [{ provider: 'openai', usable: true }],
    });
  });

  it.each([
    'live',
    'livez',
    'healthz',
    'health/live',
    'ready',
    'readyz',
    'health/ready',
    'startup',
    'startupz',
    'health/startup',
  ])('/%s answers 200', async (path) => {
    expect((await get(`/${path}`)).status).toBe(200);
  });

  it('/v1/models lists what can be asked for, as the OpenAI API does', async () => {
    const known = {
      context_window: 128_000,
      max_output_tokens: 16_384,
      capabilities: expect.objectContaining({ tools: true, vision: true }),
      pricing: {
        input: '2.5',
        cached_input: '1.25',
        output: '10',
        tiers: { flex: { factor: '0.5' }, priority: { factor: '1.7' } },
      },
    };
    const list = (await (await get('/v1/models', { headers: { authorization: 'Bearer any' } })).json()) as Record<
      string,
      unknown
    >;
    expect(list).toEqual({
      object: 'list',
      data: ['gpt-4o', 'org/model'].map((id) => ({
        id,
        object: 'model',
        created: expect.any(Number),
        owned_by: 'openai',
        providers: [{ name: 'openai', available: true }],
        ...(id === 'gpt-4o' && known),
      })),
    });
  });

  it('/v1/models/{id} finds names with slashes, encoded or not, and 404 for others', async () => {
    for (const path of ['gpt-4o', 'org/model', 'org%2Fmodel']) {
      expect(await (await get(`/v1/models/${path}`)).json()).toMatchObject({ id: decodeURIComponent(path) });
    }
    const missing = await get('/v1/models/none');
    expect(missing.status).toBe(404);
    expect(await errorOf(missing)).toMatchObject({ code: 'model_not_found', param: 'model' });
  });

  it('answers what is not there with 404, and a wrong method with 405 and the right one', async () => {
    const missing = await get('/v3/chat');
    expect(missing.status).toBe(404);
    expect(await errorOf(missing)).toMatchObject({ type: 'invalid_request_error' });
    const wrong = await get('/v1/chat/completions');
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('allow')).toBe('POST');
    expect((await get('/health', { method: 'POST' })).status).toBe(405);
  });
});

describe('metrics', () => {
  it('count requests, time, tokens, queue, retries and errors, on the main port and on one of their own', async () => {
    await (await call(gateway.url, { model: 'gpt-4o', messages: hello })).arrayBuffer();
    await (await call(gateway.url, { model: 'gpt-4o', messages: 1 })).arrayBuffer();
    simulator.script(['f4', 'f4', 'f4']);
    await (await call(gateway.url, { model: 'gpt-4o', messages: hello })).arrayBuffer();
    await gateway.settled(3);
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toContain('text/plain');
    const text = await response.text();
    expect(text).toMatch(/^gateway_requests_total\{.*status="200".*provider="openai".*model="gpt-4o".*\} 1$/m);
    expect(text).toMatch(/^gateway_requests_total\{.*status="400".*\} 1$/m);
    expect(text).toMatch(/^gateway_requests_total\{.*status="50\d".*\} 1$/m);
    expect(text).toMatch(/^gateway_request_duration_seconds_bucket\{/m);
    expect(text).toMatch(/^gateway_request_tokens_total\{.*"output".*\} 60$/m);
    expect(text).toMatch(/^gateway_queue_depth 0$/m);
    expect(text).toMatch(/^gateway_errors_total\{kind="\w+"\} 1$/m);
    expect(text).toMatch(/^gateway_provider_requests_total\{provider="openai"\} 4$/m);
    expect(text).toMatch(/^gateway_provider_errors_total\{provider="openai",kind="\w+"\} 3$/m);
    expect(text).toMatch(/^gateway_provider_latency_seconds_count\{provider="openai"\} 4$/m);
    expect(text).toMatch(/^gateway_retry_attempts_total\{provider="openai"\} 2$/m);
    for (const name of ['circuit_breaker_state', 'rate_limit_exceeded_total'])
      expect(text).toContain(`# TYPE gateway_${name} `);
    const server = createMetricsServer(gateway.gateway.pages);
    const { port } = await listenForMetrics(server, '127.0.0.1', 0);
    try {
      const own = await fetch(`http://127.0.0.1:${port}/metrics`);
      expect(await own.text()).toContain('gateway_requests_total{');
      expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
      expect((await fetch(`http://127.0.0.1:${port}/v1/models`)).status).toBe(404);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('replies', () => {
  it('carry the id of the request: the caller’s when it is sane, else one of the gateway', async () => {
    const own = await call(gateway.url, { model: 'gpt-4o', messages: hello });
    expect(own.headers.get('x-request-id')).toMatch(/^req-/);
    const given = await call(
      gateway.url,
      { model: 'gpt-4o', messages: hello },
      { headers: { 'x-request-id': 'order-66' } },
    );
    expect(given.headers.get('x-request-id')).toBe('order-66');
    const odd = await call(gateway.url, { model: 'gpt-4o', messages: hello }, { headers: { 'x-request-id': 'a b"c' } });
    expect(odd.headers.get('x-request-id')).toMatch(/^req-/);
  });

  it('name no software, neither the gateway’s nor the provider’s', async () => {
    const response = await call(gateway.url, { model: 'gpt-4o', messages: hello });
    for (const name of ['server', 'x-powered-by', 'via']) expect(response.headers.get(name)).toBeNull();
  });

  it('say where JSON is broken, without quoting it', async () => {
    const response = await call(gateway.url, '{"messages": [{"role": "user", "content": "my secret"},]}');
    expect(response.status).toBe(400);
    const error = await errorOf(response);
    expect(error.message).toMatch(/line 1, column \d+/);
    expect(error.message).not.toContain('secret');
  });

  it('answer an unknown model with 404 and a near name', async () => {
    const { url, stop } = await startTestGateway({ config: { vllm_backends: { 'mistral-7b': simulator.url } } });
    try {
      const response = await call(url, { model: 'mistral-7B', messages: hello });
      expect(response.status).toBe(404);
      expect(await errorOf(response)).toMatchObject({
        type: 'invalid_request_error',
        param: 'model',
        code: 'model_not_found',
      });
    } finally {
      await stop();
    }
  });
});
