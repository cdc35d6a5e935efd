import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../canonical/clock.ts';
import { testLimitSettlement } from '../limit-settlement.conformance.ts';
import { testLimitStore } from '../limit-store.conformance.ts';
import type { LimitReservation, LimitRule } from '../limit-store.ts';
import type { ManualClock } from '../manual-clock.fixture.ts';
import { createMemoryLimitStore } from '../memory/limit-store.ts';
import { createRedisLimitStore } from './limit-store.ts';
import { deleteMadeKeys, keysOf, newPrefix, redisUrl, testConnection, withClient } from './test-redis.fixture.ts';

describe.runIf(redisUrl !== undefined)('Redis', () => {
  const connection = testConnection();
  afterAll(async () => {
    connection.close();
    await deleteMadeKeys();
  });

  const onServer = (clock: ManualClock) => ({
    store: createRedisLimitStore({
      connection,
      fallback: createMemoryLimitStore({ clock }),
      prefix: newPrefix(),
      serverTime: () => clock.now(),
    }),
    settle: () => connection.idle(),
  });
  testLimitStore('redis limit store', onServer);
  testLimitSettlement('redis limit store', onServer);

  const rule: LimitRule = { id: 'r', algorithm: 'sliding_window', limit: 100, windowMs: 60_000 };
  const replicas = (prefix: string) =>
    [0, 1, 2].map(() => {
      const own = testConnection();
      const store = createRedisLimitStore({
        connection: own,
        fallback: createMemoryLimitStore({ clock: systemClock }),
        prefix,
      });
      return { store, connection: own };
    });

  test('three replicas let no more than the limit pass of what comes at once, by the time of the server', async () => {
    const stores = replicas(newPrefix());
    const calls = Array.from({ length: 1_022 }, (_, index) =>
      stores[index % 3]!.store.take([{ rule, key: 'a', cost: 1 }]),
    );
    const verdicts = await Promise.all(calls);
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(100);
    const waits = verdicts.filter(({ allowed }) => !allowed).map(({ retryAfterMs }) => retryAfterMs);
    expect(Math.min(...waits)).toBeGreaterThan(40_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(60_001);
    for (const { connection: own } of stores) own.close();
  });

  test('three replicas let no more than the limit into any window, by their own clocks', async () => {
    const stores = replicas(newPrefix());
    const short: LimitRule = { id: 's', algorithm: 'sliding_window', limit: 50, windowMs: 300 };
    const passed: { readonly sent: number; readonly heard: number }[] = [];
    const end = performance.now() + 1_500;
    const ask = async (index: number) => {
      while (performance.now() < end) {
        const sent = performance.now();
        const { allowed } = await stores[index % 3]!.store.take([{ rule: short, key: 'a', cost: 1 }]);
        if (allowed) passed.push({ sent, heard: performance.now() });
      }
    };
    await Promise.all(Array.from({ length: 30 }, (_, index) => ask(index)));
    expect(passed.length).toBeGreaterThan(150);
    // All that were sent after one moment and heard of before another were counted between the two.
    for (const { sent: from } of passed) {
      const within = passed.filter(({ sent, heard }) => sent >= from && heard < from + 300);
      expect(within.length).toBeLessThanOrEqual(50);
    }
    for (const { connection: own } of stores) own.close();
  });

  test('keys go when nothing of them counts any more', async () => {
    const prefix = newPrefix();
    const store = createRedisLimitStore({
      connection,
      fallback: createMemoryLimitStore({ clock: systemClock }),
      prefix,
    });
    const bucket: LimitRule = { id: 'b', algorithm: 'token_bucket', capacity: 10, refillPerSecond: 1 };
    const claims = [rule, bucket].map((one) => ({ rule: one, key: 'a', cost: 4 }));
    (await store.reserve(claims)).settle([5, 5]);
    await connection.idle();
    const keys = await keysOf(prefix);
    expect(keys).toHaveLength(3);
    const lives = await withClient((client) => Promise.all(keys.map((key) => client.pttl(key))));
    for (const life of lives) {
      expect(life).toBeGreaterThan(1_000);
      expect(life).toBeLessThanOrEqual(71_000);
    }
  });

  test('keys outlive every window that what they count is in, whatever is given back', async () => {
    const prefix = newPrefix();
    let now = 1_000_000_000_000;
    const store = createRedisLimitStore({
      connection,
      fallback: createMemoryLimitStore({ clock: systemClock }),
      prefix,
      serverTime: () => now,
    });
    const held: LimitReservation[] = [];
    const leastLife = async () => {
      await connection.idle();
      const keys = await keysOf(prefix);
      const lives = await withClient((client) => Promise.all(keys.map((key) => client.pttl(key))));
      // The server's clock goes on by itself.
      return Math.min(...lives) + 5_000;
    };
    for (const step of [0, 1, 998, 1, 0, 700, 299, 1]) {
      now += step;
      held.push(await store.reserve([{ rule, key: 'a', cost: 2 }]));
      expect(await leastLife()).toBeGreaterThan(60_000 + (now % 1_000));
    }
    // The first of a second is given back whole, the last one in part.
    held[0]!.settle([0]);
    held[3]!.settle([0]);
    held[7]!.settle([1]);
    expect(await leastLife()).toBeGreaterThan(60_000);
    await store.take([{ rule, key: 'a', cost: 2 }]);
    expect(await leastLife()).toBeGreaterThan(60_000);
  });

  test('a rule and a key that spell the same together are apart', async () => {
    const refusing = () => {
      throw new Error('Redis failed.');
    };
    const fallback = { take: refusing, reserve: refusing };
    const store = createRedisLimitStore({ connection, fallback, prefix: newPrefix() });
    const one = (id: string, key: string) => ({ rule: { ...rule, id, limit: 1 }, key, cost: 1 });
    for (const claim of [one('a', 'b:c'), one('a:b', 'c'), one('a', 'b:c:units')]) {
      expect((await store.take([claim])).allowed).toBe(true);
      expect((await store.take([claim])).allowed).toBe(false);
    }
  });
});
