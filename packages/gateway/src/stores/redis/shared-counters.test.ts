import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../canonical/clock.ts';
import { countingScripts } from './counting-scripts.ts';
import * as limits from './limit-scripts.ts';
import { hasRedisServer, type OwnRedis, startOwnRedis } from './own-redis.fixture.ts';
import { connectRedis, type RedisConnection } from './redis-connection.ts';
import { redisLocation } from './redis-location.ts';
import { ask, callsOfQuestions, firstTime, type Question, wrongKey } from './script-questions.fixture.ts';
import * as slots from './slot-scripts.ts';
import * as spend from './spend-scripts.ts';

test('parts of scripts that are in one call give no name twice', () => {
  const parts = new Set(
    [limits, slots, spend].flatMap((scripts) => Object.values(scripts)).flatMap((one) => one.parts),
  );
  const lines = [...parts].flatMap((part) => part.split('\n'));
  const names = lines.flatMap((line) => /^local (?:function )?([\w, ]+)/.exec(line)?.[1]?.split(', ') ?? []);
  const trimmed = names.map((name) => name.trim());
  expect(trimmed.length).toBeGreaterThan(20);
  expect(trimmed.filter((name, index) => trimmed.indexOf(name) !== index)).toEqual([]);
});

describe.runIf(hasRedisServer)('questions of one call', () => {
  let server: OwnRedis;
  let client: Redis;
  let connection: RedisConnection;
  let prefixes = 0;
  beforeAll(async () => {
    server = await startOwnRedis();
    client = new Redis(server.port);
    connection = connectRedis({
      location: redisLocation(server.url),
      clock: systemClock,
      callTimeoutMs: 20_000,
      batch: countingScripts,
    });
    await connection.isTried;
  });
  afterAll(async () => {
    connection.close();
    client.disconnect();
    await server.close();
  });

  const now = String(firstTime);
  /** All in one call; answers in their order, and what was refused. */
  const together = (questions: readonly Question[], prefix: string) =>
    Promise.allSettled(questions.map((question) => ask(connection, question, prefix)));
  const oneByOne = async (questions: readonly Question[], prefix: string) => {
    const outcomes: PromiseSettledResult<unknown>[] = [];
    for (const question of questions) outcomes.push(...(await together([question], prefix)));
    return outcomes;
  };
  const newPrefix = () => {
    prefixes += 1;
    return `${prefixes}:`;
  };
  const commands = async () => {
    const stats = [...(await client.info('commandstats')).matchAll(/cmdstat_([^:]+):calls=(\d+)/g)];
    return Object.fromEntries(stats.map(([, name, calls]) => [name!, Number(calls)]));
  };

  const take = (cost: string, limit = '5'): Question => ({
    asks: 'take',
    keys: ['w', 'u', 'b', ''],
    parameters: [now, 'w', limit, '1000', cost, 'b', '9', '0.001', cost],
  });
  const reserve = (id: string): Question => ({
    asks: 'reserve',
    keys: ['sums', 'leases'],
    parameters: [now, id, '400', '15000', '0', '0', '0', '1000', '1'],
  });
  const settle = (id: string, keys = ['sums', 'leases']): Question => ({
    asks: 'settleSpend',
    keys,
    parameters: [now, id, '400', '100', now, '0', ...keys.slice(1).flatMap(() => ['0', '0', '0', '1000', '5'])],
  });
  const acquire = (ticket: string): Question => ({
    asks: 'acquire',
    keys: ['pool'],
    parameters: [now, '2', '10000', ticket],
  });
  const answers = async (questions: readonly Question[], prefix = newPrefix()) =>
    (await together(questions, prefix)).map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : 'refused'));

  test('see what those before them have changed', async () => {
    const taken = await answers([take('3'), take('3'), take('2'), take('1')]);
    expect(taken.map((answer) => (answer as unknown[]).slice(0, 3))).toEqual([
      [1, 0, '2'],
      [0, 0, '2'],
      [1, 0, '0'],
      [0, 0, '0'],
    ]);
    expect(await answers([acquire('a'), acquire('b'), acquire('c')])).toEqual([
      [1, 1],
      [1, 2],
      [0, 2],
    ]);
    const spent = await answers([reserve('a'), reserve('b'), reserve('c'), settle('a'), reserve('d')]);
    expect(spent).toEqual([
      [1, now, '0', '0', '-1'],
      [1, now, '0', '400', '-1'],
      [0, now, '0', '800', '-1'],
      [['100'], [0, '5', '100']],
      [1, now, '100', '400', '-1'],
    ]);
  });

  test('say anew how long a set lives that was empty in between', async () => {
    const prefix = newPrefix();
    const release: Question = { asks: 'release', keys: ['pool'], parameters: [now, 'a'] };
    expect(await answers([acquire('a'), release, acquire('b')], prefix)).toEqual([[1, 1], 0, [1, 1]]);
    expect(await client.pttl(`${prefix}pool`)).toBeGreaterThan(10_000);
  });

  test('count at a moment that one before them has given back', async () => {
    const prefix = newPrefix();
    const window = ['w', '5', '1000', '3'] as const;
    const once: Question = { asks: 'take', keys: ['w', 'u'], parameters: [now, ...window] };
    const giveBack: Question = { asks: 'settleLimits', keys: ['w', 'u'], parameters: [now, ...window, now, '0'] };
    const told = [1, 0, '2', '1000', '0', now];
    expect(await answers([once, giveBack, giveBack, once], prefix)).toEqual([told, 1, 1, told]);
    expect(await client.zrangebyscore(`${prefix}w`, '-inf', '+inf')).toEqual([now]);
    expect(await client.hgetall(`${prefix}u`)).toEqual({ [now]: '3', n: '3' });
  });

  test('read the time and each counter once', async () => {
    const timed = { ...take('1', '100'), parameters: ['', ...take('1', '100').parameters.slice(1)] };
    await answers([timed]);
    await client.config('RESETSTAT');
    await answers(Array.from({ length: 20 }, () => timed));
    expect(await commands()).toMatchObject({ time: 1, hget: 1, hmget: 1, zrangebyscore: 1, zrange: 1, zadd: 1 });
  });

  test('that are refused between others leave nothing', async () => {
    const prefix = newPrefix();
    await client.set(`${prefix}text`, 'no counter');
    const questions = [reserve('a'), settle('a', ['sums', 'leases', 'text', 'leases']), reserve('b')];
    const wrongTake: Question = {
      asks: 'settleLimits',
      keys: ['w', 'u', 'text', 'units'],
      parameters: [now, 'w', '5', '1000', '3', now, '0', 'w', '5', '1000', '3', now, '0'],
    };
    expect(await answers([...questions, take('3'), wrongTake, take('1')], prefix)).toEqual([
      [1, now, '0', '0', '-1'],
      'refused',
      [1, now, '0', '400', '-1'],
      [1, 0, '2', '1000', '0', now, now],
      'refused',
      [1, 0, '1', '1000', '0', now, now],
    ]);
    const add: Question = {
      asks: 'add',
      keys: ['sums', 'leases', 'text', 'leases', 'once'],
      parameters: [now, ...['0', '0', '0', '1000', '5', '70'], ...['0', '0', '0', '1000', '5', '70']],
    };
    expect(await answers([add], prefix)).toEqual(['refused']);
    expect(await client.exists(`${prefix}once`)).toBe(0);
    expect(await client.hgetall(`${prefix}sums`)).toEqual({ r: '800' });
    expect(await client.hgetall(`${prefix}u`)).toEqual({ [now]: '4', n: '4' });
  });

  const contentOf = async (key: string): Promise<unknown> => {
    const type = await client.type(key);
    if (type === 'zset') return client.zrangebyscore(key, '-inf', '+inf', 'WITHSCORES');
    return type === 'hash' ? Object.entries(await client.hgetall(key)).sort() : client.get(key);
  };
  /** Contents and lives of all keys, without the prefix. */
  const state = async (prefix: string) => {
    const found = new Map<string, { readonly content: unknown; readonly life: number }>();
    for (const key of (await client.keys(`${prefix}*`)).sort()) {
      const life = await client.pttl(key);
      found.set(key.slice(prefix.length), { content: await contentOf(key), life });
    }
    return found;
  };

  test.each(['right', 'some wrong'] as const)(
    'leave and answer what each by itself does, keys %s',
    { timeout: 60_000 },
    async (keys) => {
      const law = fc.asyncProperty(callsOfQuestions(keys), async (calls) => {
        const [one, other] = [newPrefix(), newPrefix()];
        for (const prefix of [one, other]) {
          for (const key of ['pool:a', 'w:b', 'b:a', 'sums:total', 'leases:ending'])
            await client.set(prefix + wrongKey + key, '1');
        }
        for (const questions of calls) {
          const alone = await oneByOne(questions, one);
          expect(await together(questions, other)).toEqual(alone);
        }
        const [expected, found] = [await state(one), await state(other)];
        expect(contents(found)).toEqual(contents(expected));
        for (const [key, { life }] of found) expect(Math.abs(life - expected.get(key)!.life)).toBeLessThan(3_000);
        await client.flushdb();
      });
      await fc.assert(law, { numRuns: 150 });
    },
  );
});

function contents(state: ReadonlyMap<string, { readonly content: unknown }>): readonly unknown[] {
  return [...state].map(([key, { content }]) => [key, content]);
}
