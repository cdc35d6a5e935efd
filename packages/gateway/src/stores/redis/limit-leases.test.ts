import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../canonical/clock.ts';
import type { LimitRule } from '../limit-store.ts';
import { createManualClock, type ManualClock } from '../manual-clock.fixture.ts';
import { createMemoryLimitStore } from '../memory/limit-store.ts';
import { createRedisLimitStore } from './limit-store.ts';
import type { RedisConnection } from './redis-connection.ts';
import { deleteMadeKeys, newPrefix, redisUrl, testConnection } from './test-redis.fixture.ts';

describe.runIf(redisUrl !== undefined)('units of a busy window that are leased', () => {
  const connection = testConnection();
  afterAll(async () => {
    connection.close();
    await deleteMadeKeys();
  });
  const rule: LimitRule = { id: 'r', algorithm: 'sliding_window', limit: 1_000, windowMs: 60_000 };
  const claims = [{ rule, key: 'a', cost: 1 }];

  const heard = async () => {
    await connection.idle();
    await new Promise((resolve) => setImmediate(resolve));
  };

  function setUp() {
    const clock = createManualClock();
    const calls = { count: 0 };
    const counting: Pick<RedisConnection, 'isAnswering' | 'run'> = {
      isAnswering: () => true,
      run(...call) {
        calls.count += 1;
        return connection.run(...call);
      },
    };
    const prefix = newPrefix();
    const create = (leaseClock?: Pick<ManualClock, 'now' | 'schedule'>) =>
      createRedisLimitStore({
        connection: counting,
        fallback: createMemoryLimitStore({ clock }),
        prefix,
        serverTime: () => clock.now(),
        ...(leaseClock && { leases: { clock: leaseClock } }),
      });
    return { clock, calls, create, store: create(clock), other: create() };
  }

  test('cost no call each, are counted by all from the beginning, and come back unused', async () => {
    const { clock, calls, store, other } = setUp();
    for (let count = 0; count < 4; count += 1) await store.take(claims);
    await heard();
    // Four that asked, and a lot of twenty.
    const left = async () => (await other.take([{ ...claims[0]!, cost: 0 }])).remaining;
    expect(await left()).toBe(976);
    const before = calls.count;
    for (let count = 0; count < 15; count += 1) {
      expect(store.take(claims)).toMatchObject({ allowed: true, limit: 1_000, remaining: 975 - count });
    }
    expect(calls.count).toBe(before);
    expect(await left()).toBe(976);
    clock.advance(500);
    await heard();
    expect(await left()).toBe(981);
    expect(store.take(claims)).toBeInstanceOf(Promise);
  });

  test('leave the window a whole window after the last moment at which they could be used', async () => {
    const { clock, store, other } = setUp();
    for (let count = 0; count < 4; count += 1) await store.take(claims);
    await heard();
    clock.advance(499);
    for (let count = 0; count < 20; count += 1) expect(store.take(claims)).not.toBeInstanceOf(Promise);
    const left = async () => (await other.take([{ ...claims[0]!, cost: 0 }])).remaining;
    clock.advance(60_000 - 499);
    expect(await left()).toBe(980);
    clock.advance(499);
    expect(await left()).toBe(980);
    clock.advance(1);
    expect(await left()).toBe(1_000);
  });

  test('are not used after their time, even if the timer is late', async () => {
    const { clock, create } = setUp();
    const store = create({ now: () => clock.now(), schedule: () => () => undefined });
    for (let count = 0; count < 4; count += 1) await store.take(claims);
    await heard();
    clock.advance(499);
    expect(store.take(claims)).not.toBeInstanceOf(Promise);
    clock.advance(1);
    expect(store.take(claims)).toBeInstanceOf(Promise);
  });

  test('are not leased of small limits, of buckets, or when less than half is left', async () => {
    const { store, calls } = setUp();
    const small: LimitRule = { ...rule, id: 'small', limit: 399 };
    const bucket: LimitRule = { id: 'bucket', algorithm: 'token_bucket', capacity: 1_000, refillPerSecond: 1 };
    const spent: LimitRule = { ...rule, id: 'spent' };
    await store.take([{ rule: spent, key: 'a', cost: 500 }]);
    for (const one of [small, bucket, spent]) {
      for (let count = 0; count < 30; count += 1) {
        const answer = store.take([{ rule: one, key: 'a', cost: 1 }]);
        expect(answer).toBeInstanceOf(Promise);
        await answer;
        await heard();
      }
    }
    expect(calls.count).toBeGreaterThanOrEqual(91);
  });

  test('pass together with others or not at all', async () => {
    const { store } = setUp();
    const second: LimitRule = { ...rule, id: 'second' };
    for (let count = 0; count < 4; count += 1) await store.take(claims);
    await heard();
    expect(store.take([...claims, { rule: second, key: 'a', cost: 1 }])).toBeInstanceOf(Promise);
    expect(store.take([...claims, ...claims])).toBeInstanceOf(Promise);
    await heard();
    expect(store.take(claims)).not.toBeInstanceOf(Promise);
  });

  test('never let more than the limit into any window, over three replicas', async () => {
    const prefix = newPrefix();
    const stores = [0, 1, 2].map(() => {
      const own = testConnection();
      const store = createRedisLimitStore({
        connection: own,
        fallback: createMemoryLimitStore({ clock: systemClock }),
        prefix,
        leases: { clock: systemClock },
      });
      return { store, own };
    });
    const short: LimitRule = { id: 's', algorithm: 'sliding_window', limit: 600, windowMs: 700 };
    const passed: { readonly sent: number; readonly heard: number }[] = [];
    let isLeased = 0;
    const end = performance.now() + 2_500;
    const ask = async (index: number) => {
      while (performance.now() < end) {
        const sent = performance.now();
        const answer = stores[index % 3]!.store.take([{ rule: short, key: 'a', cost: 1 }]);
        if (!(answer instanceof Promise)) isLeased += 1;
        if ((await answer).allowed) passed.push({ sent, heard: performance.now() });
        if (index % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await Promise.all(Array.from({ length: 12 }, (_, index) => ask(index)));
    expect(isLeased).toBeGreaterThan(50);
    expect(passed.length).toBeGreaterThan(900);
    // All that were sent after one moment and heard of before another passed between the two.
    const byHearing = passed.toSorted((a, b) => a.heard - b.heard);
    for (const { sent: from } of passed) {
      const within = byHearing.filter(({ sent, heard }) => sent >= from && heard < from + 700).length;
      expect(within).toBeLessThanOrEqual(600);
    }
    for (const { own } of stores) own.close();
  });
});
