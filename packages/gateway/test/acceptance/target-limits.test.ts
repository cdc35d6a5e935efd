import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tokensOfBytes } from '../../src/canonical/estimate-tokens.ts';
import { type StoppedClock, stopClock } from '../harness/stopped-clock.ts';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { call, errorOf, hello } from './caller.ts';

// A minute's tokens of a target, with time standing still: 600 a minute are 10 a second.

const json = { 'content-type': 'application/json' };

let clock: StoppedClock;
let first: Simulator;
let second: Simulator;
let gateway: TestGateway;

beforeEach(async () => {
  clock = stopClock();
  [first, second] = await Promise.all([startSimulator({}), startSimulator({})]);
  for (const simulator of [first, second]) uses(simulator, 100);
});
afterEach(async () => {
  await gateway.stop();
  await Promise.all([first.close(), second.close()]);
  clock.restore();
});

/** Every answer reports so many tokens. */
function uses(simulator: Simulator, tokens: number): void {
  const usage = { prompt_tokens: 10, completion_tokens: tokens - 10, total_tokens: tokens };
  simulator.behave({ kind: 'answer', usage });
}

interface Limits {
  readonly first?: object;
  readonly second?: object;
  readonly resilience?: object;
}

async function start(limits: Limits): Promise<void> {
  const target = (name: string, { url }: Simulator, priority: number, rateLimit: object | undefined) => ({
    name,
    api_base: `${url}/v1`,
    api_key: 'none',
    priority,
    ...(rateLimit && { rate_limit: rateLimit }),
  });
  const providers = [target('one', first, 1, limits.first), target('two', second, 2, limits.second)];
  gateway = await startTestGateway({
    config: {
      auth: { mode: 'open' },
      models: { m: { strategy: 'priority', providers } },
      resilience: { retry: { initial_delay_ms: 1 }, ...limits.resilience },
    },
  });
}

const body = (maxTokens: number, more: object = {}) => ({
  model: 'm',
  messages: hello,
  max_tokens: maxTokens,
  ...more,
});

/** Tokens that such a request is expected to take. */
const estimateOf = (request: object & { readonly max_tokens: number }): number =>
  tokensOfBytes(Buffer.byteLength(JSON.stringify(request))) + request.max_tokens;

/** Who answered, or the status. */
async function ask(request: object): Promise<string> {
  const response = await call(gateway.url, request);
  await response.arrayBuffer();
  return response.headers.get('x-gateway-target')?.replace('m/', '') ?? String(response.status);
}

describe('the tokens a minute of a target', () => {
  it('used up, lead to another target that can answer, which is told everywhere', async () => {
    await start({ first: { tokens_per_minute: 600 } });
    const served: string[] = [];
    for (let count = 0; count < 6; count++) served.push(await ask(body(90)));
    // The sixth hundred is there, but the request may take more than that.
    expect(served).toEqual(['one', 'one', 'one', 'one', 'one', 'two']);
    const line = (await gateway.settled(6)).at(-1);
    expect(line).toMatchObject({
      status: 200,
      attempts: 1,
      trail: [{ provider: 'one', outcome: 'limit_spent' }, { outcome: 'ok' }],
    });
    expect(await gateway.metricsText()).toMatch(
      /^gateway_provider_errors_total\{provider="one",kind="limit_spent"\} 1$/m,
    );
    expect(first.attemptCount).toBe(5);
    clock.advance(60_000);
    expect(await ask(body(90))).toBe('one');
  });

  it('are held while requests are under way, by estimate', async () => {
    await start({ first: { tokens_per_minute: 600 } });
    const leaving = new AbortController();
    first.behave({ kind: 'hang', when: 'before-headers' });
    const held = call(gateway.url, body(400), { signal: leaving.signal }).catch(() => 'left');
    await first.waitForAttempts(1);
    uses(first, 100);
    expect([await ask(body(400)), await ask(body(50))]).toEqual(['two', 'one']);
    leaving.abort();
    expect(await held).toBe('left');
  });

  it.each([
    ['too much is given back', 300, 100, 'one'],
    ['too little becomes a debt', 100, 900, 'two'],
  ])('are settled by what was used: %s', async (_case, expected, used, next) => {
    await start({ first: { tokens_per_minute: 600 } });
    uses(first, used);
    expect(await ask(body(expected, { stream: true, stream_options: { include_usage: true } }))).toBe('one');
    await gateway.settled(1);
    expect(await ask(body(400))).toBe(next);
    expect(await ask(body(1))).toBe(next);
    if (next === 'one') return;
    // 300 too many, and what the request may take: by the second, and not a second earlier.
    const waitMs = Math.ceil(((300 + estimateOf(body(1))) / 10) * 1_000);
    clock.advance(waitMs - 1);
    expect(await ask(body(1))).toBe('two');
    clock.advance(1);
    expect(await ask(body(1))).toBe('one');
  });

  it('are given back by requests that the target refused, and not by those whose callers left', async () => {
    await start({ first: { tokens_per_minute: 600 } });
    first.behave({ kind: 'status', status: 400 });
    for (let count = 0; count < 4; count++) expect(await ask(body(400))).toBe('400');
    expect(first.attemptCount).toBe(4);
    const leaving = new AbortController();
    first.behave({ kind: 'hang', when: 'before-headers' });
    const held = call(gateway.url, body(400), { signal: leaving.signal }).catch(() => 'left');
    await first.waitForAttempts(5);
    leaving.abort();
    expect(await held).toBe('left');
    await gateway.settled(5);
    uses(first, 100);
    // What it was sent, and as much of an answer as is usual, 400 here.
    expect(await ask(body(400))).toBe('two');
  });

  it('are not taken by requests that find no place at the target', async () => {
    await start({
      first: { tokens_per_minute: 600 },
      resilience: { bulkhead: { max_concurrent: 1, max_queue: 0 }, retry: { initial_delay_ms: 1 } },
    });
    const leaving = new AbortController();
    first.behave({ kind: 'hang', when: 'before-headers' });
    const held = call(gateway.url, body(50), { signal: leaving.signal }).catch(() => 'left');
    await first.waitForAttempts(1);
    for (let count = 0; count < 5; count++) expect(await ask(body(400))).toBe('two');
    leaving.abort();
    expect(await held).toBe('left');
    await gateway.settled(6);
    uses(first, 100);
    expect(await ask(body(400))).toBe('one');
  });

  it('let a request that is expected to take more than all of them pass when all are there', async () => {
    await start({ first: { tokens_per_minute: 600 } });
    expect(await ask(body(5_000))).toBe('one');
    await gateway.settled(1);
    expect(await ask(body(5_000))).toBe('two');
    clock.advance(10_000);
    expect(await ask(body(5_000))).toBe('one');
  });

  it('are asked for by what the request says also after another target had failed', async () => {
    await start({ second: { tokens_per_minute: 600 } });
    first.behave({ kind: 'status', status: 500 });
    expect(await ask(body(590))).toBe('two');
    await gateway.settled(1);
    // 500 are left; were 500 expected, as where nobody says, the third would be refused.
    expect([await ask(body(490)), await ask(body(300)), await ask(body(200))]).toEqual(['429', 'two', 'two']);
  });

  it('are not asked for by requests that take none', async () => {
    await start({ first: { tokens_per_minute: 600, requests_per_minute: 2 } });
    const body = JSON.stringify({ object: 'response.input_tokens', input_tokens: 2_000 });
    for (const one of [first, second]) one.behave({ kind: 'raw', bytes: body, headers: json });
    const statuses: string[] = [];
    const count = { model: 'm', input: 'x'.repeat(8_000) };
    for (let asked = 0; asked < 3; asked++) {
      const response = await call(gateway.url, count, { path: '/v1/responses/input_tokens' });
      statuses.push(`${response.status} ${response.headers.get('x-gateway-target')}`);
      await response.arrayBuffer();
    }
    expect(statuses).toEqual(['200 m/one', '200 m/one', '200 m/two']);
  });
});

describe('where every target has used up a limit of its own', () => {
  it.each([
    ['OpenAI chat', '/v1/chat/completions', { model: 'm', messages: hello, max_tokens: 90 }],
    ['Anthropic', '/v1/messages', { model: 'm', messages: hello, max_tokens: 90 }],
    [
      'Gemini',
      '/v1beta/models/m:generateContent',
      { contents: [{ parts: [{ text: 'Hello!' }] }], generationConfig: { maxOutputTokens: 90 } },
    ],
  ])('callers are told when the first is free again, in the words of %s', async (wire, path, request) => {
    await start({ first: { tokens_per_minute: 120 }, second: { tokens_per_minute: 240 } });
    const answered = [];
    for (let count = 0; count < 4; count++) {
      const response = await call(gateway.url, request, { path });
      answered.push(response.headers.get('x-gateway-target'));
      await response.arrayBuffer();
    }
    expect(answered).toEqual(['m/one', 'm/two', 'm/two', null]);
    const refused = await call(gateway.url, request, { path });
    expect(refused.status).toBe(429);
    // Both lack 80 or 70 and something; the second fills twice as fast.
    const estimate = tokensOfBytes(Buffer.byteLength(JSON.stringify(request))) + 90;
    const seconds = Math.ceil((estimate - 40) / 4);
    expect(refused.headers.get('retry-after')).toBe(String(seconds));
    const told = (await refused.json()) as { error: Record<string, unknown> };
    if (wire === 'OpenAI chat')
      expect(told.error).toMatchObject({ type: 'rate_limit_error', code: 'rate_limit_exceeded' });
    if (wire === 'Anthropic') expect(told.error).toMatchObject({ type: 'rate_limit_error' });
    if (wire === 'Gemini') expect(told.error).toMatchObject({ code: 429, status: 'RESOURCE_EXHAUSTED' });
    clock.advance((seconds - 1) * 1_000);
    expect((await call(gateway.url, request, { path })).status).toBe(429);
    clock.advance(1_000);
    expect((await call(gateway.url, request, { path })).status).toBe(200);
    expect([first.attemptCount, second.attemptCount]).toEqual([1, 3]);
  });

  it('callers are told so of requests a minute as well', async () => {
    await start({ first: { requests_per_minute: 1 }, second: { requests_per_minute: 2 } });
    const served: string[] = [];
    for (let count = 0; count < 3; count++) served.push(await ask(body(1)));
    expect(served).toEqual(['one', 'two', 'two']);
    const refused = await call(gateway.url, body(1));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30']);
    expect(await errorOf(refused)).toMatchObject({ code: 'rate_limit_exceeded' });
  });
});
