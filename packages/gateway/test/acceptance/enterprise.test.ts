import { refusingUrl, type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { answerOf, call, errorOf, hello, openRequest, replyTo, sentBody } from './caller.ts';

let openai: Simulator;
let anthropic: Simulator;
let gateway: TestGateway | undefined;

beforeEach(async () => {
  openai = await startSimulator({ name: 'openai' });
  anthropic = await startSimulator({ name: 'anthropic' });
});

afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
  await Promise.all([openai.close(), anthropic.close()]);
});

async function start(config: Record<string, unknown>, env: Record<string, string> = {}): Promise<string> {
  gateway = await startTestGateway({ config, env });
  return gateway.url;
}

const providers = () => ({
  openai: {
    enabled: true,
    api_key: `\${OPENAI_API_KEY}`,
    base_url: `${openai.url}/v1`,
    timeout_seconds: 60,
    max_retries: 3,
  },
  anthropic: { enabled: true, api_key: `\${ANTHROPIC_API_KEY}`, base_url: anthropic.url, api_version: '2024-01-01' },
  azure_openai: {
    enabled: false,
    api_key: `\${AZURE_OPENAI_API_KEY}`,
    endpoint: `\${AZURE_OPENAI_ENDPOINT}`,
    api_version: '2024-02-01',
  },
});
const keys = { OPENAI_API_KEY: 'openai-provider-key', ANTHROPIC_API_KEY: 'anthropic-provider-key' };
const rules = [
  { name: 'claude-models', condition: "model starts_with 'claude'", target_provider: 'anthropic', priority: 10 },
  { name: 'gpt-models', condition: "model starts_with 'gpt'", target_provider: 'openai', priority: 10 },
];
const routing = { strategy: 'cost_optimized', default_provider: 'openai', fallback_enabled: true, rules };

/** Two providers of which the second can stand in for the first. */
const withBackup = (main: Record<string, unknown> = {}, more: Record<string, unknown> = {}) => ({
  providers: {
    main: { kind: 'openai-compatible', base_url: `${openai.url}/v1`, ...main },
    backup: { kind: 'openai-compatible', base_url: `${anthropic.url}/v1` },
  },
  routing: { default_provider: 'main', ...more },
  resilience: { retry: { initial_delay_ms: 1 } },
});

const chat = (url: string, model: string) => call(url, { model, messages: hello });

describe('providers and rules', () => {
  it('send each model where its rule says, and any other to the default provider', async () => {
    const url = await start({ providers: providers(), routing }, keys);
    for (const [model, provider] of [
      ['claude-3-5-sonnet', 'anthropic'],
      ['gpt-4o', 'openai'],
      ['something-else', 'openai'],
    ]) {
      const response = await chat(url, model!);
      expect([model, response.headers.get('x-simulator')]).toEqual([model, provider]);
      expect(await answerOf(response)).toMatchObject({
        id: expect.stringMatching(/^chatcmpl-/),
        object: 'chat.completion',
        created: expect.any(Number),
        model,
        choices: [{ index: 0, message: { role: 'assistant' }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 1, completion_tokens: 60, total_tokens: 61 },
      });
    }
    expect(openai.attempts[0]).toMatchObject({
      path: '/v1/chat/completions',
      headers: { authorization: 'Bearer openai-provider-key' },
    });
    expect(anthropic.attempts[0]!.headers.authorization).toBe('Bearer anthropic-provider-key');
    expect(sentBody(anthropic.attempts[0])['model']).toBe('claude-3-5-sonnet');
  });

  it('start without any of their variables, and say so to whoever asks', async () => {
    const url = await start({ providers: providers(), routing });
    expect((await fetch(`${url}/health`)).status).toBe(200);
    const ready = await fetch(`${url}/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({ status: 'not_ready', reason: 'no_usable_target' });
    const response = await chat(url, 'gpt-4o');
    expect(response.status).toBe(503);
    expect(await errorOf(response)).toMatchObject({ type: 'server_error', code: 'no_target_available' });
  });

  it('pass pictures and tools on as they are', async () => {
    const url = await start({ providers: providers(), routing }, keys);
    const content = [
      { type: 'text', text: 'What?' },
      { type: 'image_url', image_url: { url: 'https://example.com/image.jpg' } },
    ];
    const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }];
    const body = { model: 'gpt-4o', messages: [{ role: 'user', content }], tools, tool_choice: 'auto' };
    const response = await call(url, body);
    expect(sentBody(openai.attempts[0])).toEqual(body);
    expect(await answerOf(response)).toMatchObject({
      choices: [{ finish_reason: 'tool_calls', message: { tool_calls: [{ function: { name: 'look' } }] } }],
    });
  });
});

describe('fallback', () => {
  it('goes to another provider of the model when it is on', async () => {
    const url = await start(withBackup());
    openai.behave('f4');
    const response = await chat(url, 'm');
    expect([response.status, response.headers.get('x-simulator')]).toEqual([200, 'anthropic']);
  });

  it('stays with the provider when it is off', async () => {
    const url = await start(withBackup({}, { fallback_enabled: false }));
    openai.behave('f4');
    const response = await chat(url, 'm');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(anthropic.attempts).toHaveLength(0);
  });

  it('stays with the provider when it is off and several list the model', async () => {
    const config = withBackup({ models: ['m'] }, { fallback_enabled: false });
    const url = await start({
      ...config,
      providers: { ...config.providers, backup: { ...config.providers.backup, models: ['m'] } },
    });
    openai.behave('f4');
    for (let request = 0; request < 2; request++) await (await chat(url, 'm')).arrayBuffer();
    expect([openai.attempts.length > 1, anthropic.attempts.length]).toEqual([true, 1]);
  });

  it('is taken at once when the first provider cannot be reached', async () => {
    const url = await start(withBackup({ base_url: `${await refusingUrl()}/v1` }));
    for (let request = 0; request < 4; request++) expect((await chat(url, 'm')).status).toBe(200);
  });

  it('is taken when the requests a minute of the first provider are used up', async () => {
    const url = await start(withBackup({ rate_limit: { requests_per_minute: 2 } }));
    const served: (string | null)[] = [];
    for (let request = 0; request < 3; request++) served.push((await chat(url, 'm')).headers.get('x-simulator'));
    expect(served).toEqual(['openai', 'openai', 'anthropic']);
  });
});

describe('bulkhead', () => {
  it('keeps more than so many requests away from a provider, and answers 503 when nobody else can', async () => {
    const url = await start({
      providers: { main: { kind: 'openai-compatible', base_url: `${openai.url}/v1` } },
      resilience: { bulkhead: { max_concurrent: 1, max_queue: 0 } },
      queue: { max_concurrent: 10 },
    });
    openai.behave({ kind: 'hang', when: 'before-headers' });
    const leaving = new AbortController();
    const served = call(url, { model: 'm', messages: hello }, { signal: leaving.signal }).catch(() => 'left');
    await openai.waitForAttempts(1);
    const refused = await chat(url, 'm');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(await errorOf(refused)).toMatchObject({ code: 'target_busy' });
    expect(openai.attempts).toHaveLength(1);
    leaving.abort();
    expect(await served).toBe('left');
  });
});

describe('limits on what a request holds', () => {
  const validation = { max_request_size_bytes: 10_485_760, max_messages: 100, max_message_length: 100_000 };
  const messages = (count: number, length = 5) =>
    Array.from({ length: count }, () => ({ role: 'user', content: 'x'.repeat(length) }));

  it('refuse too many messages and too long ones, and let through what just fits', async () => {
    const url = await start({ providers: providers(), routing, security: { validation } }, keys);
    expect((await call(url, { model: 'gpt-4o', messages: messages(100) })).status).toBe(200);
    expect((await call(url, { model: 'gpt-4o', messages: messages(1, 100_000) })).status).toBe(200);
    for (const tooMuch of [messages(101), messages(1, 100_001)]) {
      const response = await call(url, { model: 'gpt-4o', messages: tooMuch });
      expect(response.status).toBe(400);
      expect(await errorOf(response)).toMatchObject({
        type: 'invalid_request_error',
        param: expect.stringMatching(/^messages/),
      });
    }
    expect(openai.attempts).toHaveLength(2);
  });

  it.each(['known', 'unknown'])('refuse eleven megabytes of %s length with 413', async (length) => {
    const url = await start({ providers: providers(), routing, security: { validation } }, keys);
    const body = Buffer.alloc(11 * 1024 * 1024, 'x');
    const sent = openRequest(url, '/v1/chat/completions', {
      'content-type': 'application/json',
      ...(length === 'known' && { 'content-length': String(body.length) }),
    });
    sent.on('error', () => {});
    const reply = replyTo(sent);
    sent.end(body);
    expect((await reply).statusCode).toBe(413);
    expect(openai.attempts).toHaveLength(0);
  });
});

describe('security', () => {
  it('adds headers that browsers heed to answers, errors and pages', async () => {
    const url = await start(
      { providers: providers(), routing, security: { headers: { add_security_headers: true } } },
      keys,
    );
    const replies = [await chat(url, 'gpt-4o'), await call(url, '{'), await fetch(`${url}/v1/models`)];
    for (const { headers } of replies) {
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toBeTruthy();
    }
  });

  it('serves only the hosts it is told to, but is always alive', async () => {
    const url = await start(
      { providers: providers(), security: { headers: { allowed_hosts: ['api.example.com'] } } },
      keys,
    );
    expect((await chat(url, 'gpt-4o')).status).toBe(421);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it('keeps out addresses that are not allowed, and those that are denied', async () => {
    for (const filter of [{ whitelist: ['10.0.0.0/8'] }, { whitelist: ['127.0.0.0/8'], blacklist: ['127.0.0.1'] }]) {
      const url = await start({ providers: providers(), security: { ip_filter: { enabled: true, ...filter } } }, keys);
      expect((await chat(url, 'gpt-4o')).status).toBe(403);
      expect((await fetch(`${url}/v1/models`)).status).toBe(403);
      await gateway!.stop();
    }
    const url = await start(
      { providers: providers(), security: { ip_filter: { enabled: true, whitelist: ['127.0.0.0/8'] } } },
      keys,
    );
    expect((await chat(url, 'gpt-4o')).status).toBe(200);
  });
});

describe('log', () => {
  it('has a line for each request with who served it, how long it took and what it used, and nothing that was said', async () => {
    const url = await start({ providers: providers(), routing }, keys);
    const messages = [{ role: 'user', content: 'I am jane.doe@example.com, card 4111 1111 1111 1111' }];
    const response = await call(
      url,
      { model: 'gpt-4o', messages },
      { key: 'client-key', headers: { 'x-request-id': 'order-7' } },
    );
    const text = await response.text();
    const [line] = await gateway!.settled(1);
    expect(line).toMatchObject({
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      level: 'INFO',
      target: expect.any(String),
      message: 'Request completed',
      request_id: 'order-7',
      provider: 'openai',
      model: 'gpt-4o',
      latency_ms: expect.any(Number),
      tokens: { input: expect.any(Number), output: 60 },
      status: 200,
    });
    const said = (JSON.parse(text) as { choices: { message: { content: string } }[] }).choices[0]!.message.content;
    for (const secret of ['jane.doe', '4111', 'client-key', 'openai-provider-key', said.slice(0, 20)]) {
      expect(gateway!.rawLog()).not.toContain(secret);
    }
  });
});
