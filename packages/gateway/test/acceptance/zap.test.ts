import { answerText, refusingUrl, type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { answerOf, call, errorOf, hello, openRequest, replyTo, sentBody, streamedText, textOf } from './caller.ts';

let fast: Simulator;
let small: Simulator;
let gateway: TestGateway | undefined;

beforeEach(async () => {
  fast = await startSimulator({ name: 'fast' });
  small = await startSimulator({ name: 'small' });
});

afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
  await Promise.all([fast.close(), small.close()]);
});

const fastBackend = () => ({ url: fast.url, weight: 2, api_key: 'fast-provider-key', default_model: 'fast-8b' });
const smallBackend = () => ({ url: small.url, weight: 1, api_key: 'small-provider-key', default_model: 'small-8b' });

async function start(config: Record<string, unknown>): Promise<string> {
  gateway = await startTestGateway({ config });
  return gateway.url;
}

describe('backends: chat', () => {
  it.each(['/chat', '/v1/chat/completions'])('answers on %s without a model, with the default one', async (path) => {
    const url = await start({ backends: [fastBackend()] });
    const response = await call(url, { messages: hello }, { path });
    expect(response.status).toBe(200);
    expect((await answerOf(response)).choices[0]!.message.content).toBe(answerText(60));
    expect(fast.attempts[0]!.path).toBe('/v1/chat/completions');
    expect(sentBody(fast.attempts[0])).toEqual({ model: 'fast-8b', messages: hello });
  });

  it.each([{ model: '' }, { model: null }])('takes %j for no model', async (fields) => {
    const url = await start({ backends: [fastBackend()] });
    expect((await call(url, { ...fields, messages: hello })).status).toBe(200);
    expect(sentBody(fast.attempts[0])).toEqual({ model: 'fast-8b', messages: hello });
  });

  it('keeps a model that the client names, and every field it sends', async () => {
    const url = await start({ backends: [fastBackend()] });
    const body = {
      model: 'other',
      messages: hello,
      temperature: 1.5,
      max_tokens: 7,
      top_p: 0.1,
      seed: 12345678901234567890n,
    };
    const text = JSON.stringify(body, (_key, value: unknown) =>
      typeof value === 'bigint' ? `#${value}#` : value,
    ).replace(/"#|#"/g, '');
    expect((await call(url, text)).status).toBe(200);
    expect(fast.attempts[0]!.body.toString('utf8')).toBe(text);
  });

  it('says which field is missing or wrong', async () => {
    const url = await start({ backends: [fastBackend()] });
    for (const body of [{}, { messages: 'Hello' }, { messages: [] }]) {
      const response = await call(url, body);
      expect(response.status).toBe(400);
      expect(await errorOf(response)).toMatchObject({ type: 'invalid_request_error', param: 'messages' });
    }
    const noDefault = { url: fast.url, weight: 1 };
    await gateway!.stop();
    const bare = await call(await start({ backends: [noDefault] }), { messages: hello });
    expect(bare.status).toBe(400);
    expect(await errorOf(bare)).toMatchObject({ param: 'model' });
    expect(fast.attempts).toHaveLength(0);
  });

  it('streams tokens as they come, spaced in time', async () => {
    const url = await start({ backends: [fastBackend()] });
    fast.behave({ kind: 'answer', tokens: 5, gapMs: 60 });
    const response = await call(url, { messages: hello, stream: true }, { path: '/chat' });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('content-encoding')).toBeNull();
    const times: number[] = [];
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      times.push(performance.now());
      text += chunk;
    }
    expect(streamedText(text)).toBe(answerText(5));
    expect(times.length).toBeGreaterThanOrEqual(5);
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(150);
  });

  it('asks the path that chat_path says', async () => {
    const url = await start({ backends: [{ ...fastBackend(), chat_path: '/v1beta/openai/chat/completions' }] });
    expect((await call(url, { messages: hello })).status).toBe(200);
    expect(fast.attempts[0]!.path).toBe('/v1beta/openai/chat/completions');
  });

  it('never sends the key of the client upstream, and none to a backend without one', async () => {
    const url = await start({ backends: [fastBackend(), { url: small.url, weight: 1, default_model: 'local' }] });
    for (let request = 0; request < 6; request++) {
      await call(
        url,
        { messages: hello },
        { key: 'secret-of-client', headers: { 'x-api-key': 'secret-of-client', cookie: 'a=secret-of-client' } },
      );
    }
    const attempts = [...fast.attempts, ...small.attempts];
    expect(attempts).toHaveLength(6);
    for (const { rawHeaders } of attempts) expect(rawHeaders.join('\n')).not.toContain('secret-of-client');
    expect(fast.attempts[0]!.headers.authorization).toBe('Bearer fast-provider-key');
    expect(small.attempts[0]!.headers.authorization).toBeUndefined();
    expect(gateway!.rawLog()).not.toContain('secret-of-client');
  });
});

describe('backends: sharing and failing over', () => {
  it('gives a backend of weight 2 twice the requests of one of weight 1, exactly and evenly', async () => {
    const url = await start({ backends: [fastBackend(), smallBackend()] });
    const order: string[] = [];
    for (let request = 0; request < 300; request++) {
      const response = await call(url, { messages: hello });
      order.push(response.headers.get('x-simulator') ?? '?');
      await response.arrayBuffer();
    }
    expect([fast.attempts.length, small.attempts.length]).toEqual([200, 100]);
    // Smooth: the heavier one never has three turns in a row.
    expect(order.join(' ')).not.toContain('fast fast fast');
  });

  it('answers every client while a backend is down, each with the model of the backend that answers', async () => {
    const dead = { ...fastBackend(), url: await refusingUrl() };
    const url = await start({ backends: [dead, smallBackend()] });
    for (let request = 0; request < 10; request++) expect((await call(url, { messages: hello })).status).toBe(200);
    expect(small.attempts.every((attempt) => sentBody(attempt)['model'] === 'small-8b')).toBe(true);
  });

  it('puts the default model of the second backend into a request that the first failed', async () => {
    const url = await start({ backends: [fastBackend(), smallBackend()] });
    fast.behave({ kind: 'status', status: 503 });
    const response = await call(url, { messages: hello, stream: true });
    expect(streamedText(await response.text())).toBe(answerText(60));
    expect(sentBody(fast.attempts[0])['model']).toBe('fast-8b');
    expect(sentBody(small.attempts[0])['model']).toBe('small-8b');
  });

  it('tries a lone backend three times, with delays that vary', async () => {
    const url = await start({ backends: [fastBackend()], resilience: { retry: { initial_delay_ms: 40 } } });
    const delays: number[] = [];
    for (let request = 1; request <= 3; request++) {
      fast.script([
        { kind: 'status', status: 500 },
        { kind: 'status', status: 500 },
      ]);
      expect((await call(url, { messages: hello })).status).toBe(200);
      expect(fast.attempts).toHaveLength(3 * request);
      const [first, second, third] = fast.attempts.slice(-3).map(({ startedAt }) => startedAt);
      delays.push(second! - first!, third! - second!);
    }
    expect(new Set(delays.map((delay) => Math.round(delay))).size).toBeGreaterThan(1);
  });

  it('gives up after three attempts and tells the failure', async () => {
    const url = await start({ backends: [fastBackend()], resilience: { retry: { initial_delay_ms: 1 } } });
    fast.behave({ kind: 'status', status: 500 });
    const response = await call(url, { messages: hello });
    expect(response.status).toBe(502);
    expect(await errorOf(response)).toMatchObject({ type: 'server_error', code: 'upstream_failed' });
    expect(fast.attempts).toHaveLength(3);
  });

  it('does not repeat what the provider calls the fault of the client', async () => {
    const url = await start({ backends: [fastBackend(), smallBackend()] });
    fast.behave({ kind: 'status', status: 400, error: { message: 'bad temperature', code: 'bad' } });
    const response = await call(url, { messages: hello });
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ message: 'bad temperature' });
    expect([fast.attempts.length, small.attempts.length]).toEqual([1, 0]);
  });

  it('never repeats once a token was sent, where breaks are to be told', async () => {
    const url = await start({ backends: [fastBackend(), smallBackend()], routing: { stream_recovery: 'error' } });
    fast.behave({ kind: 'truncate', afterTokens: 5, clean: false });
    const text = await (await call(url, { messages: hello, stream: true })).text();
    expect(text).toContain('"error"');
    expect(text).not.toContain('[DONE]');
    expect([fast.attempts.length, small.attempts.length]).toEqual([1, 0]);
  });

  it('completes a stream that broke off with what another backend says, without a seam', async () => {
    const url = await start({ backends: [fastBackend(), smallBackend()] });
    fast.behave({ kind: 'truncate', afterTokens: 5, clean: false });
    const text = await (await call(url, { messages: hello, stream: true })).text();
    const chunks = text.split('\n\n').filter((line) => line.startsWith('data: {'));
    const said = chunks.map((line) => JSON.parse(line.slice(6)).choices[0]?.delta.content ?? '').join('');
    expect(said).toBe(answerText(60));
    expect(text).not.toContain('"error"');
    expect(text.match(/"finish_reason":"stop"/g)).toHaveLength(1);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect([fast.attempts.length, small.attempts.length]).toEqual([1, 1]);
  });
});

describe('backends: queue', () => {
  it('answers 503 with Retry-After when the queue is full, and serves those who waited', async () => {
    const url = await start({ backends: [fastBackend()], queue: { max_concurrent: 1, max_size: 1 } });
    fast.behave({ kind: 'hang', when: 'before-headers' });
    const leaving = new AbortController();
    const served = call(url, { messages: hello }, { signal: leaving.signal }).catch(() => 'left');
    await fast.waitForAttempts(1);
    const body = JSON.stringify({ messages: hello });
    const waiting = openRequest(url, '/chat', {
      'content-type': 'application/json',
      'content-length': String(body.length),
    });
    waiting.end(body);
    while (gateway!.slots.counts('admission').queued === 0) await new Promise(setImmediate);
    const refused = await call(url, { messages: hello });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(await errorOf(refused)).toMatchObject({ type: 'server_error', code: 'queue_full' });
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/^gateway_queue_depth 1$/m);
    fast.behave(undefined);
    leaving.abort();
    const reply = await replyTo(waiting);
    expect(reply.statusCode).toBe(200);
    expect(JSON.parse(await textOf(reply))).toMatchObject({ object: 'chat.completion' });
    expect(await served).toBe('left');
  });
});
