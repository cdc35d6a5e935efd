import { join } from 'node:path';
import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { deleteMadeKeys, makePrefix, redisUrl } from '../../src/stores/redis/test-redis.fixture.ts';
import { call, hello } from '../acceptance/caller.ts';
import { administer } from '../admin/administer.ts';
import { adminKey } from '../admin/record-gateway.ts';
import { chats, tally } from '../workers/fleet.ts';
import { buildReplicas, metricOf, type Replicas, redisStatusOf } from './replicas.ts';

describe.runIf(redisUrl !== undefined)('replicas with one Redis', () => {
  let replicas: Replicas;
  let simulator: Simulator;
  beforeAll(async () => {
    [replicas, simulator] = await Promise.all([buildReplicas(), startSimulator({ tokens: 1 })]);
  });
  afterAll(async () => {
    await replicas.remove();
    await simulator.close();
    await deleteMadeKeys();
  });

  interface Together {
    readonly sections: Record<string, unknown>;
    /** Arguments of each replica. */
    readonly each: readonly (readonly string[])[];
    readonly env?: Record<string, string>;
  }

  /** Starts replicas that count together, and apart from everybody else. */
  async function startAll({ each, env = {}, sections }: Together) {
    const own = makePrefix();
    const withPrefix = { redis: { key_prefix: own.configured }, ...sections };
    const options = { redisUrl: redisUrl!, upstream: simulator.url, env, sections: withPrefix };
    return Promise.all(each.map((args) => replicas.start({ ...options, args })));
  }

  it('let no more than the limit pass of what comes to all at once', async () => {
    const three = await startAll({
      sections: { rate_limit: { requests_per_minute: 100 } },
      each: [[], [], ['--workers', '2']],
    });
    for (const { url, process } of three) {
      expect(await redisStatusOf(url)).toBe('ok');
      await process.waitForOutput('Limits and budgets are shared through Redis at redis://');
    }
    const share = [341, 341, 340];
    const replies = await Promise.all(three.map(({ url }, index) => chats(url, share[index]!)));
    expect(tally(replies.flat())).toEqual({ 200: 100, 429: 922 });
    expect(simulator.attemptCount).toBe(100);
    // What was asked of Redis is counted, and no more than once for each request.
    const calls = await Promise.all(three.map(({ url }) => metricOf(url, 'gateway_redis_call_seconds_count')));
    for (const [index, count] of calls.entries()) expect(count).toBeLessThanOrEqual(share[index]!);
    for (const { process } of three) process.signal('SIGKILL');
  }, 60_000);

  it('send a target no more tokens a minute than its limit, and wait for Redis once for each', async () => {
    const other = await startSimulator({ tokens: 1 });
    try {
      simulator.behave({ kind: 'answer', usage: { prompt_tokens: 10, completion_tokens: 90, total_tokens: 100 } });
      const target = { api_base: `${simulator.url}/v1`, api_key: 'none', rate_limit: { tokens_per_minute: 1_200 } };
      const providers = [
        { name: 'limited', priority: 1, ...target },
        { name: 'other', priority: 2, api_base: `${other.url}/v1`, api_key: 'none' },
      ];
      const two = await startAll({
        sections: { models: { sim: { strategy: 'priority', providers } } },
        each: [[], []],
      });
      const { attemptCount } = simulator;
      const startedAt = Date.now();
      const rounds = [30, 15].map(
        (count) => () => Promise.all(two.map(({ url }) => chats(url, count, { max_tokens: 90 }))),
      );
      const replies = [...(await rounds[0]!()), ...(await rounds[1]!())].flat();
      const seconds = (Date.now() - startedAt) / 1_000;
      expect(tally(replies)).toEqual({ 200: 90 });
      const limited = simulator.attemptCount - attemptCount;
      expect(limited).toBeGreaterThanOrEqual(10);
      expect(limited).toBeLessThanOrEqual(Math.floor((1_200 + seconds * 20) / 100));
      expect(other.attemptCount).toBe(90 - limited);
      const calls = await Promise.all(two.map(({ url }) => metricOf(url, 'gateway_redis_call_seconds_count')));
      // One asks, and where it passed another one settles, which nobody waits for.
      expect(calls[0]! + calls[1]!).toBeLessThanOrEqual(90 + limited);
      for (const { process } of two) process.signal('SIGKILL');
    } finally {
      await other.close();
      simulator.behave({ kind: 'answer' });
    }
  }, 60_000);

  it('share the requests that a key may have under way, and those of one that is killed come free', async () => {
    const database = { path: join(await replicas.folder(), 'record.db') };
    const [first, second] = await startAll({
      sections: { database },
      each: [[], []],
      env: { ADMIN_KEY: adminKey },
    });
    const { key } = await administer(first!.url, 'POST', '/admin/keys', { name: 'few', max_concurrent: 2 });
    const { attemptCount } = simulator;
    simulator.behave({ kind: 'hang', when: { afterTokens: 1 } });
    const ask = (url: string) => call(url, { model: 'sim', stream: true, messages: hello }, { key });
    const held = [0, 1].map(() => ask(first!.url));
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
    expect(simulator.attemptCount).toBe(attemptCount + 2);
    simulator.behave({ kind: 'answer' });
    expect((await ask(second!.url)).status).toBe(429);
    first!.process.signal('SIGKILL');
    await vi.waitFor(async () => expect((await ask(second!.url)).status).toBe(200), { timeout: 40_000, interval: 200 });
    second!.process.signal('SIGKILL');
  }, 60_000);
});
