import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasRedisServer, type OwnRedis, startOwnRedis } from '../../src/stores/redis/own-redis.fixture.ts';
import { type ChatReply, chat, chats, tally } from '../workers/fleet.ts';
import { buildReplicas, metricOf, type Replica, type Replicas, redisStatusOf } from './replicas.ts';

const patience = { timeout: 20_000, interval: 50 };

describe.runIf(hasRedisServer)('a Redis that is lost under load', () => {
  let replicas: Replicas;
  let simulator: Simulator;
  let redis: OwnRedis;
  beforeAll(async () => {
    [replicas, simulator] = await Promise.all([buildReplicas(), startSimulator({ tokens: 1 })]);
  });
  afterAll(async () => {
    await replicas.remove();
    await simulator.close();
  });
  beforeEach(async () => {
    redis = await startOwnRedis();
  });
  afterEach(() => redis.close());

  const start = (sections: Record<string, unknown>, args: readonly string[] = []): Promise<Replica> =>
    replicas.start({ redisUrl: redis.url, upstream: simulator.url, sections, args });
  const failedCalls = (url: string) => metricOf(url, 'gateway_redis_call_seconds_count', 'outcome="failed"');
  const open = { rate_limit: { requests_per_minute: 1_000_000, algorithm: 'token_bucket' } };

  interface Load {
    /** Resolves when everything that was under way has been answered. */
    readonly round: () => Promise<void>;
    /** How many replies there were of each status. */
    readonly end: () => Promise<Record<number, number>>;
  }

  /** Asks without a pause until it is told to end. */
  function load(url: string): Load {
    let isOver = false;
    const lanes: ChatReply[][] = [[], [], [], []];
    const broken = { status: 0, headers: {}, text: '' };
    const over = lanes.map(async (replies) => {
      while (!isOver) replies.push(await chat(url).catch(() => broken));
    });
    return {
      async round() {
        const before = lanes.map(({ length }) => length);
        await vi.waitFor(() => expect(lanes.every(({ length }, lane) => length > before[lane]!)).toBe(true), patience);
      },
      async end() {
        isOver = true;
        await Promise.all(over);
        return tally(lanes.flat());
      },
    };
  }

  it.each([
    ['that freezes', async () => redis.signal('SIGSTOP'), async () => redis.signal('SIGCONT')],
    ['that is killed', () => redis.kill(), () => redis.restart()],
  ])(
    '%s is noticed once, costs no more than a few calls their wait, and is used again',
    async (_name, lose, mend) => {
      const { url, process } = await start(open);
      const { end, round } = load(url);
      await lose();
      await vi.waitFor(async () => expect(await redisStatusOf(url)).toBe('away'), patience);
      expect(await metricOf(url, 'gateway_redis_away')).toBe(1);
      // Calls that were under way when the fifth in a row failed come to nothing a moment after it.
      await round();
      const before = await failedCalls(url);
      // Nobody waits for it now, not even those that find out whether it is back.
      expect(tally(await chats(url, 60))).toEqual({ 200: 60 });
      expect(await failedCalls(url)).toBe(before);
      // Those that were under way when it was lost, and the five that it takes to know.
      expect(before).toBeLessThanOrEqual(4 + 5);
      await mend();
      await vi.waitFor(async () => expect(await redisStatusOf(url)).toBe('ok'), patience);
      const answered = await metricOf(url, 'gateway_redis_call_seconds_count', 'outcome="ok"');
      await chat(url);
      expect(await metricOf(url, 'gateway_redis_call_seconds_count', 'outcome="ok"')).toBeGreaterThan(answered);
      // Every request of the load was answered, whatever became of Redis.
      expect(Object.keys(await end())).toEqual(['200']);
      await process.waitForOutput('answers again');
      expect(process.stdout().split('does not answer')).toHaveLength(2);
      process.signal('SIGKILL');
    },
    60_000,
  );

  it('leaves limits exact within a machine, whatever the number of its workers', async () => {
    const { url, process } = await start({ rate_limit: { requests_per_minute: 20 } }, ['--workers', '2']);
    await redis.kill();
    await vi.waitFor(async () => expect(await metricOf(url, 'gateway_redis_away')).toBe(2), patience);
    expect(tally(await chats(url, 60))).toEqual({ 200: 20, 429: 40 });
    process.signal('SIGKILL');
  }, 60_000);

  it('refuses what is limited where that is the policy, for as long as it is away', async () => {
    const { url, process } = await start({
      rate_limit: { requests_per_minute: 1_000 },
      redis: { when_away: 'closed' },
    });
    expect((await chat(url)).status).toBe(200);
    redis.signal('SIGSTOP');
    const refused = await chats(url, 20);
    expect(tally(refused)).toEqual({ 503: 20 });
    expect(refused.every(({ text, headers }) => text.includes('store_unavailable') && headers['retry-after'])).toBe(
      true,
    );
    redis.signal('SIGCONT');
    await vi.waitFor(async () => expect((await chat(url)).status).toBe(200), patience);
    process.signal('SIGKILL');
  }, 60_000);

  it('is no reason not to start, and is used when it comes', async () => {
    await redis.kill();
    const { url, process } = await start({ rate_limit: { requests_per_minute: 10 } });
    expect(await redisStatusOf(url)).toBe('away');
    expect(await (await fetch(`${url}/health?detailed=true`)).json()).toMatchObject({ status: 'degraded' });
    expect((await chat(url)).status).toBe(200);
    await redis.restart();
    await vi.waitFor(async () => expect(await redisStatusOf(url)).toBe('ok'), patience);
    expect(tally(await chats(url, 15))).toEqual({ 200: 10, 429: 5 });
    expect((await fetch(`${url}/ready`)).status).toBe(200);
    process.signal('SIGKILL');
  }, 60_000);
});
