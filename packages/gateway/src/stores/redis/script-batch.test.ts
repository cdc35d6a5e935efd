import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../canonical/clock.ts';
import { hasRedisServer, type OwnRedis, startOwnRedis } from './own-redis.fixture.ts';
import { connectRedis, type RedisConnection, type RedisOutcome } from './redis-connection.ts';
import { redisLocation } from './redis-location.ts';
import { defineScript } from './redis-script.ts';
import { defineBatch } from './script-batch.ts';

const append = defineScript("return redis.call('APPEND', KEYS[1], ARGV[1])");
const read = defineScript("return { redis.call('GET', KEYS[1]), KEYS[2], ARGV[1], #KEYS, #ARGV }");
const lists = defineScript("return { {}, { 'a', 1 }, {} }");
const nothing = defineScript('return nil');
const push = defineScript("return redis.call('LPUSH', KEYS[1], ARGV[1])");
const odd = defineScript('return ARGV[1] .. nil');
const alone = defineScript("return redis.call('PING')");

describe.runIf(hasRedisServer)('calls of one turn', () => {
  let server: OwnRedis;
  let connection: RedisConnection;
  const outcomes: RedisOutcome[] = [];
  beforeEach(async () => {
    outcomes.length = 0;
    server = await startOwnRedis();
    connection = connectRedis({
      location: redisLocation(`redis://127.0.0.1:${server.port}`),
      clock: systemClock,
      callTimeoutMs: 5_000,
      connectTimeoutMs: 5_000,
      watch: { called: (outcome) => outcomes.push(outcome), isAnswering: () => undefined },
      batch: defineBatch([append, read, lists, nothing, push, odd]),
    });
    await connection.isTried;
  });
  afterEach(async () => {
    connection.close();
    await server.close();
  });

  test('are one for the server, in their order, each with its own keys and parameters', async () => {
    const answers = await Promise.all([
      connection.run(append, ['a'], ['one']),
      connection.run(append, ['b'], ['"ü😀\\']),
      connection.run(append, ['a'], ['two']),
      connection.run(read, ['b', 'a'], ['x']),
      connection.run(read, ['a', 'a'], ['y', '']),
      connection.run(alone, [], []),
    ]);
    expect(answers).toEqual([3, 8, 6, ['"ü😀\\', 'a', 'x', 2, 1], ['onetwo', 'a', 'y', 2, 2], 'PONG']);
    expect(outcomes).toEqual(['ok', 'ok']);
  });

  test('answer empty lists as lists, and nothing as nothing', async () => {
    const [some, none] = await Promise.all([connection.run(lists, [], []), connection.run(nothing, [], [])]);
    expect(some).toEqual([[], ['a', 1], []]);
    expect(none).toBeUndefined();
  });

  test('are refused one by one', async () => {
    const settled = await Promise.allSettled([
      connection.run(append, ['a'], ['1']),
      connection.run(push, ['a'], ['2']),
      connection.run(odd, [], ['3']),
      connection.run(append, ['a'], ['4']),
    ]);
    expect(settled).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: expect.objectContaining({ message: expect.stringContaining('WRONGTYPE') }) },
      { status: 'rejected', reason: expect.objectContaining({ message: expect.stringContaining('concatenate') }) },
      { status: 'fulfilled', value: 2 },
    ]);
    expect(outcomes).toEqual(['refused']);
    expect(connection.isAnswering()).toBe(true);
  });

  test('are several for the server where they are many', async () => {
    const many = Array.from({ length: 200 }, (_, index) => connection.run(append, ['a'], [String(index % 10)]));
    expect(await Promise.all(many)).toEqual(many.map((_, index) => index + 1));
    expect(outcomes).toEqual(['ok', 'ok', 'ok', 'ok']);
  });

  test('tell of a server that became a replica', async () => {
    const operator = new Redis({ port: server.port });
    await operator.replicaof('127.0.0.1', 1);
    operator.disconnect();
    const settled = await Promise.allSettled([
      connection.run(append, ['a'], ['1']),
      connection.run(append, ['a'], ['2']),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(connection.isAnswering()).toBe(false);
  });

  test('fail together where the server goes away, each as a call of its own', async () => {
    await connection.run(append, ['a'], ['1']);
    await server.close();
    const calls = Array.from({ length: 5 }, () => connection.run(append, ['a'], ['1']));
    const settled = await Promise.allSettled(calls);
    expect(new Set(settled.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(connection.isAnswering()).toBe(false);
    server = await startOwnRedis();
  });
});
