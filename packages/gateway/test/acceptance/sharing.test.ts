import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { call, errorOf, hello, sentBody } from './caller.ts';

let first: Simulator;
let second: Simulator;
let gateway: TestGateway;

beforeEach(async () => {
  first = await startSimulator({ name: 'first' });
  second = await startSimulator({ name: 'second' });
});

afterEach(async () => {
  await gateway.stop();
  await Promise.all([first.close(), second.close()]);
});

async function start(config: Record<string, unknown>): Promise<void> {
  gateway = await startTestGateway({ config });
}

const backends = (more: readonly [Record<string, unknown>, Record<string, unknown>] = [{}, {}]) => [
  { url: first.url, default_model: 'a', ...more[0] },
  { url: second.url, default_model: 'b', ...more[1] },
];

async function served(requests: number, body: Record<string, unknown> = {}): Promise<string[]> {
  const names: string[] = [];
  for (let request = 0; request < requests; request++) {
    const response = await call(gateway.url, { messages: hello, ...body });
    expect(response.status).toBe(200);
    await response.arrayBuffer();
    names.push(response.headers.get('x-simulator') ?? '?');
  }
  return names;
}

describe('how backends share requests', () => {
  it.each([undefined, 'round_robin', 'cost_optimized', 'latency_optimized'])(
    '%s: everybody gets some',
    async (strategy) => {
      await start({ backends: backends(), ...(strategy && { routing: { strategy } }) });
      expect(new Set(await served(6))).toEqual(new Set(['first', 'second']));
    },
  );

  it('random: both, over many requests', async () => {
    await start({ backends: backends(), routing: { strategy: 'random' } });
    expect(new Set(await served(40))).toEqual(new Set(['first', 'second']));
  });

  it.each(['priority', 'primary_backup'])(
    '%s: the first, and the second only while the first is away',
    async (strategy) => {
      await start({ backends: backends(), routing: { strategy } });
      expect(await served(3)).toEqual(['first', 'first', 'first']);
      await first.close();
      expect(await served(2)).toEqual(['second', 'second']);
    },
  );

  it.each(['least_loaded', 'least_connections'])('%s: whoever has less to do', async (strategy) => {
    await start({ backends: backends(), routing: { strategy } });
    first.behave({ kind: 'hang', when: 'before-headers' });
    second.behave({ kind: 'hang', when: 'before-headers' });
    const leaving = new AbortController();
    const busy = call(gateway.url, { messages: hello }, { signal: leaving.signal }).catch(() => 'left');
    const [one, other] = await Promise.race([
      first.waitForAttempts(1).then(() => [first, second] as const),
      second.waitForAttempts(1).then(() => [second, first] as const),
    ]);
    other.behave(undefined);
    await served(4);
    expect([one.attempts.length, other.attempts.length]).toEqual([1, 4]);
    leaving.abort();
    expect(await busy).toBe('left');
  });

  it('by what each can serve: a model goes to no backend that does not have it', async () => {
    await start({ backends: backends([{ models: ['llama'] }, { models: { fast: 'qwen-7b' } }]) });
    expect(new Set(await served(3, { model: 'llama' }))).toEqual(new Set(['first']));
    expect(new Set(await served(3, { model: 'fast' }))).toEqual(new Set(['second']));
    expect(sentBody(second.attempts[0])['model']).toBe('qwen-7b');
    const unknown = await call(gateway.url, { model: 'gpt-4o', messages: hello });
    expect(unknown.status).toBe(404);
  });
});

describe('time limits', () => {
  it('answer 504 when a provider is too slow, and 503 when a request never had its turn', async () => {
    await start({ backends: [backends()[0]], queue: { max_concurrent: 1, timeout_secs: 0.4 } });
    first.behave({ kind: 'hang', when: 'before-headers' });
    const slow = call(gateway.url, { messages: hello });
    await first.waitForAttempts(1);
    const waiting = await call(gateway.url, { messages: hello });
    expect((await slow).status).toBe(504);
    expect(await errorOf(await slow)).toMatchObject({ type: 'timeout_error', code: 'upstream_timeout' });
    expect([503, 504]).toContain(waiting.status);
  });

  it('of a provider are its own', async () => {
    await start({
      providers: { slow: { kind: 'openai-compatible', base_url: `${first.url}/v1`, timeout_seconds: 0.2 } },
      resilience: { retry: { max_attempts: 1 } },
    });
    first.behave({ kind: 'hang', when: 'before-headers' });
    const startedAt = performance.now();
    expect((await call(gateway.url, { model: 'm', messages: hello })).status).toBe(504);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });
});

describe('web pages of other origins', () => {
  const preflight = (origin: string) =>
    fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    });

  it('may call when the configuration says so', async () => {
    await start({ backends: backends(), cors: { origins: ['https://app.example'] } });
    const allowed = await preflight('https://app.example');
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(allowed.headers.get('access-control-allow-headers')).toContain('authorization');
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
    const answered = await call(gateway.url, { messages: hello }, { headers: { origin: 'https://app.example' } });
    expect(answered.headers.get('access-control-allow-origin')).toBe('https://app.example');
    const refused = await call(gateway.url, '{', { headers: { origin: 'https://app.example' } });
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://app.example');
  });

  it('may not otherwise, whatever the provider says', async () => {
    await start({ backends: backends() });
    first.behave({ kind: 'answer', headers: { 'access-control-allow-origin': '*' } });
    second.behave({ kind: 'answer', headers: { 'access-control-allow-origin': '*' } });
    const answered = await call(gateway.url, { messages: hello }, { headers: { origin: 'https://evil.example' } });
    expect(answered.headers.get('access-control-allow-origin')).toBeNull();
  });
});
