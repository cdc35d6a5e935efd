import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { call, errorOf, hello } from './caller.ts';

let simulator: Simulator;
let gateway: TestGateway;

beforeEach(async () => {
  simulator = await startSimulator({});
});

afterEach(async () => {
  await gateway.stop();
  await simulator.close();
});

async function start(config: Record<string, unknown>): Promise<void> {
  const backends = [{ url: simulator.url, weight: 1, default_model: 'sim' }];
  gateway = await startTestGateway({ config: { backends, ...config } });
}

async function statuses(requests: number, key?: string): Promise<number[]> {
  const seen: number[] = [];
  for (let request = 0; request < requests; request++) {
    const response = await call(gateway.url, { messages: hello }, key === undefined ? {} : { key });
    await response.arrayBuffer();
    seen.push(response.status);
  }
  return seen;
}

describe('rate limit for each key', () => {
  it('refuses the 61st request of a minute, says when to come back, and asks no provider for it', async () => {
    await start({ rate_limit: { requests_per_minute: 60 } });
    expect(new Set(await statuses(60, 'one'))).toEqual(new Set([200]));
    const response = await call(gateway.url, { messages: hello }, { key: 'one' });
    expect(response.status).toBe(429);
    const wait = response.headers.get('retry-after');
    expect(wait).toMatch(/^\d+$/);
    expect(Number(wait)).toBeGreaterThanOrEqual(1);
    expect(Number(wait)).toBeLessThanOrEqual(60);
    expect(response.headers.get('x-ratelimit-limit')).toBe('60');
    expect(response.headers.get('x-ratelimit-remaining')).toBe('0');
    expect(await errorOf(response)).toMatchObject({ type: 'rate_limit_error', code: 'rate_limit_exceeded' });
    expect(simulator.attempts).toHaveLength(60);
  });

  it('counts down what is left on every reply', async () => {
    await start({ rate_limit: { requests_per_minute: 3 } });
    for (const left of ['2', '1', '0']) {
      const response = await call(gateway.url, { messages: hello });
      expect(response.headers.get('x-ratelimit-remaining')).toBe(left);
      await response.arrayBuffer();
    }
  });

  it('counts two keys apart, and all clients without a key together', async () => {
    await start({ rate_limit: { requests_per_minute: 2 } });
    expect(await statuses(3, 'one')).toEqual([200, 200, 429]);
    expect(await statuses(3, 'two')).toEqual([200, 200, 429]);
    expect(await statuses(3)).toEqual([200, 200, 429]);
    const unknownScheme = await call(gateway.url, { messages: hello }, { headers: { authorization: '' } });
    expect(unknownScheme.status).toBe(429);
  });

  it('refuses before the queue does', async () => {
    await start({ rate_limit: { requests_per_minute: 1 }, queue: { max_concurrent: 1, max_size: 0 } });
    simulator.behave({ kind: 'hang', when: 'before-headers' });
    const leaving = new AbortController();
    const served = call(gateway.url, { messages: hello }, { key: 'one', signal: leaving.signal }).catch(() => 'left');
    await simulator.waitForAttempts(1);
    expect(await statuses(1, 'one')).toEqual([429]);
    expect(await statuses(1, 'two')).toEqual([503]);
    leaving.abort();
    expect(await served).toBe('left');
  });

  it('never shows the limits of a provider as its own', async () => {
    await start({ rate_limit: { requests_per_minute: 5 } });
    simulator.behave({ kind: 'answer', headers: { 'x-ratelimit-remaining': '777' } });
    const response = await call(gateway.url, { messages: hello });
    expect(response.headers.get('x-ratelimit-remaining')).toBe('4');
    expect(response.headers.get('x-upstream-ratelimit-remaining')).toBe('777');
  });

  it('does not count what is only looked at', async () => {
    await start({ rate_limit: { requests_per_minute: 1 } });
    for (const path of ['/health', '/metrics', '/v1/models', '/ready', '/nothing']) {
      await (await fetch(`${gateway.url}${path}`)).arrayBuffer();
    }
    expect(await statuses(1)).toEqual([200]);
  });
});

describe('rate limit for each address', () => {
  it('lets a burst through at once and then refuses, whatever key is sent', async () => {
    // A refill of one a minute: none comes back during the test.
    await start({ security: { rate_limit: { requests_per_minute: 1, burst_size: 5 } } });
    expect(await statuses(5, 'one')).toEqual([200, 200, 200, 200, 200]);
    expect(await statuses(1, 'two')).toEqual([429]);
    expect(await statuses(1)).toEqual([429]);
  });

  it('works beside the limit for each key, and a request that one refuses is charged to neither', async () => {
    await start({
      rate_limit: { requests_per_minute: 2 },
      security: { rate_limit: { requests_per_minute: 1, burst_size: 4 } },
    });
    expect(await statuses(5, 'one')).toEqual([200, 200, 429, 429, 429]);
    expect(await statuses(3, 'two')).toEqual([200, 200, 429]);
    expect(await statuses(1, 'three')).toEqual([429]);
  });

  it('is off with the section it is in', async () => {
    await start({ security: { enabled: false, rate_limit: { requests_per_minute: 1, burst_size: 1 } } });
    expect(await statuses(3)).toEqual([200, 200, 200]);
  });
});
