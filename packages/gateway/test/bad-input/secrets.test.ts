import { type Behaviour, type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';

// Nothing that looks like a key, so that only not writing it keeps it out, not a pattern that finds it.
const canaries = {
  providerKey: 'canaryofprovider7f3a91',
  clientKey: 'canaryofclient52b8e0',
  wrongKey: 'canaryofstranger90c1d4',
  prompt: 'canaryofprompt3e6f72',
  answer: 'canaryofanswer18a5b9',
  cookie: 'canaryofcookie44d2c7',
  query: 'canaryofquery6b9e03',
};

let simulator: Simulator;
let gateway: TestGateway;
beforeEach(async () => {
  simulator = await startSimulator();
  const provider = { api_base: `${simulator.url}/v1`, api_key: canaries.providerKey };
  gateway = await startTestGateway({
    config: {
      auth: { mode: 'required', keys: [{ name: 'app', key: canaries.clientKey }] },
      models: {
        m: {
          providers: [
            { name: 'one', ...provider },
            { name: 'two', ...provider },
          ],
        },
      },
      resilience: {
        retry: { initial_delay_ms: 1, max_delay_ms: 2 },
        timeout: { unary_headers_ms: 300, idle_ms: 300, first_token_ms: 300 },
      },
    },
  });
});
afterEach(async () => {
  await gateway.stop();
  await simulator.close();
});

interface Call {
  readonly path?: string;
  readonly key?: string;
  readonly body?: string;
  readonly method?: string;
}

const chatBody = (fields: Record<string, unknown> = {}) =>
  JSON.stringify({
    model: 'm',
    messages: [{ role: 'user', content: canaries.prompt }],
    user: canaries.prompt,
    ...fields,
  });

async function call({
  path = '/v1/chat/completions',
  key = canaries.clientKey,
  body = chatBody(),
  method = 'POST',
}: Call) {
  const response = await fetch(`${gateway.url}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${key}`,
      cookie: `session=${canaries.cookie}`,
      'x-anything': canaries.cookie,
      'user-agent': canaries.cookie,
    },
    ...(method === 'GET' ? {} : { body }),
  });
  const text = await response.text().catch(() => '');
  return { status: response.status, headers: JSON.stringify([...response.headers]), text };
}

async function expectNothingWritten(): Promise<void> {
  const written = { log: gateway.rawLog(), metrics: await gateway.metricsText() };
  for (const [where, text] of Object.entries(written)) {
    for (const [name, canary] of Object.entries(canaries)) {
      expect(text.includes(canary), `the ${name} in the ${where}: ${around(text, canary)}`).toBe(false);
    }
  }
}

function around(text: string, canary: string): string {
  const at = text.indexOf(canary);
  return at === -1 ? '' : text.slice(Math.max(0, at - 200), at + 100);
}

describe('what is written down', () => {
  it('has nothing of requests and answers that went well', async () => {
    simulator.behave({
      kind: 'answer',
      text: `The ${canaries.answer} is here`,
      headers: { 'x-upstream': canaries.answer },
    });
    expect((await call({})).text).toContain(canaries.answer);
    expect((await call({ body: chatBody({ stream: true }) })).text).toContain(canaries.answer);
    expect((await call({ path: `/v1/m/tokenize?key=${canaries.query}` })).status).toBe(200);
    expect((await call({ path: `/v1/models?key=${canaries.query}`, method: 'GET' })).status).toBe(200);
    expect(
      (await call({ path: '/v1/embeddings', body: JSON.stringify({ model: 'm', input: canaries.prompt }) })).status,
    ).toBe(200);
    await gateway.settled(4);
    await expectNothingWritten();
  });

  it('has nothing of requests that were refused', async () => {
    const calls: Call[] = [
      { key: canaries.wrongKey },
      { body: `{"model":"m","messages":"${canaries.prompt}"` },
      { body: chatBody({ model: `no-${canaries.prompt.slice(0, 3)}` }) },
      { body: chatBody({ temperature: canaries.prompt }) },
      { body: chatBody({ messages: [{ role: 'user', content: { text: canaries.prompt } }] }) },
      { body: chatBody({ [canaries.prompt]: canaries.prompt, n: canaries.prompt }) },
      { path: `/v1/m/%2e%2e/x?key=${canaries.query}` },
      { path: `/v1/m/files?key=${canaries.query}` },
      { path: `/v1/nothing?key=${canaries.query}` },
      { path: `/v1/models/none?key=${canaries.query}`, method: 'GET' },
      { path: `/v1/chat/completions?key=${canaries.query}`, method: 'GET' },
    ];
    for (const each of calls) {
      const { status, text, headers } = await call(each);
      expect(status).toBeGreaterThanOrEqual(400);
      for (const canary of Object.values(canaries)) expect(`${text}${headers}`).not.toContain(canary);
    }
    await expectNothingWritten();
  });

  const echo = `key ${canaries.providerKey}, prompt ${canaries.prompt}, answer ${canaries.answer}`;
  const error = { message: echo, type: 'invalid_request_error', code: null };
  const failures: [string, Behaviour][] = [
    ['400 in the usual shape', { kind: 'status', status: 400, error }],
    ['400 as text', { kind: 'status', status: 400, body: echo }],
    ['401', { kind: 'status', status: 401, error }],
    ['403', { kind: 'status', status: 403, body: echo }],
    ['404', { kind: 'status', status: 404, error }],
    ['429', { kind: 'status', status: 429, error }],
    ['500', { kind: 'status', status: 500, body: echo }],
    ['503', { kind: 'status', status: 503, error }],
    ['a web page', { kind: 'raw', bytes: `<html>${echo}</html>`, headers: { 'content-type': 'text/html' } }],
    ['no HTTP', { kind: 'raw', bytes: echo, wire: true }],
    ['an error in the stream', { kind: 'error-event', afterTokens: 3, error }],
    ['an error at its beginning', { kind: 'error-event', afterTokens: 0, error }],
    ['a malformed event', { kind: 'malformed-event', at: 3, data: echo }],
    ['a stream that is cut', { kind: 'truncate', afterTokens: 3, clean: false, text: `${canaries.answer} `.repeat(9) }],
  ];

  it.each(failures)('has nothing of a provider’s failure: %s', async (_name, behaviour) => {
    simulator.behave(behaviour);
    const replies = [await call({}), await call({ body: chatBody({ stream: true }) })];
    for (const { text, headers } of replies) expect(`${text}${headers}`).not.toContain(canaries.providerKey);
    expect(simulator.attemptCount).toBeGreaterThan(0);
    await gateway.settled(2);
    await expectNothingWritten();
  });

  it('has no label for whatever a caller names', async () => {
    for (let count = 0; count < 50; count++) {
      await call({ body: chatBody({ model: `made-up-${count}` }) });
      await call({ path: `/v1/made-up-${count}/tokenize` });
      await call({ path: `/made-up-${count}`, method: 'GET' });
    }
    const metrics = await gateway.metricsText();
    expect(metrics).not.toContain('made-up');
    expect(metrics).toContain('unknown');
  });
});
