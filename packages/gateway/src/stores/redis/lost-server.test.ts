import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../canonical/clock.ts';
import type { LimitRule } from '../limit-store.ts';
import { createMemoryLimitStore } from '../memory/limit-store.ts';
import { Wire } from '../wire.fixture.ts';
import { createRedisLimitStore } from './limit-store.ts';
import type { RedisConnection } from './redis-connection.ts';
import { defineScript } from './redis-script.ts';
import { deleteMadeKeys, newPrefix, openWire, redisUrl, testConnection, throughWire } from './test-redis.fixture.ts';

const open: LimitRule = { id: 'open', algorithm: 'sliding_window', limit: 1_000_000, windowMs: 60_000 };
const closed: LimitRule = { ...open, id: 'closed', whenStoreIsAway: 'closed' };

describe.runIf(redisUrl !== undefined)('a Redis server', () => {
  let wire: Wire;
  let connection: RedisConnection;
  let notices: string[];
  let store: ReturnType<typeof createRedisLimitStore>;
  let prefix: string;
  beforeEach(async () => {
    wire = new Wire();
    await openWire(wire);
    notices = [];
    prefix = newPrefix();
    connection = testConnection({
      location: throughWire(wire),
      callTimeoutMs: 50,
      onNotice: (text) => notices.push(text),
    });
    store = createRedisLimitStore({ connection, fallback: createMemoryLimitStore({ clock: systemClock }), prefix });
    await untilShared();
  });
  afterEach(async () => {
    connection.close();
    wire.thaw();
    await wire.close().catch(() => undefined);
    await deleteMadeKeys();
  });

  /** Whether a call was counted by all, and how long it took in milliseconds. */
  async function call(): Promise<{ readonly isShared: boolean; readonly ms: number }> {
    const began = performance.now();
    const isShared = await Promise.resolve()
      .then(() => store.take([{ rule: closed, key: 'a', cost: 1 }]))
      .then(
        () => true,
        () => false,
      );
    return { isShared, ms: performance.now() - began };
  }

  async function untilShared(): Promise<void> {
    const began = performance.now();
    while (!(await call()).isShared) {
      if (performance.now() - began > 20_000) throw new Error('It never answers again.');
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Calls for so long, in milliseconds; the time that each took, in order of length. */
  async function callFor(ms: number): Promise<readonly number[]> {
    const began = performance.now();
    const waits: number[] = [];
    while (performance.now() - began < ms) {
      const one = await call();
      expect(one.isShared).toBe(false);
      waits.push(one.ms);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return waits.sort((a, b) => a - b);
  }

  test('that freezes costs five waits of 50 ms, then nothing, and is used again when it is back', async () => {
    wire.freeze();
    for (let count = 0; count < 5; count += 1) expect((await call()).ms).toBeLessThan(5_000);
    const waits = await callFor(2_300);
    expect(waits.length).toBeGreaterThan(100);
    // All but a few that this machine itself was late with.
    expect(waits[Math.floor(waits.length * 0.95)]).toBeLessThan(50);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain('does not answer');
    // A probe a second holds one connection, not more.
    expect(wire.connections()).toBeLessThanOrEqual(2);
    wire.thaw();
    await untilShared();
    expect(notices).toHaveLength(2);
    expect(notices[1]).toContain('answers again');
  });

  test('that freezes under a thousand calls at once holds none of them longer than one wait', async () => {
    wire.freeze();
    const began = performance.now();
    const outcomes = await Promise.all(Array.from({ length: 1_000 }, () => call()));
    expect(outcomes.every(({ isShared }) => !isShared)).toBe(true);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(connection.isAnswering()).toBe(false);
    await connection.idle();
  });

  test('that is away counts open limits here, exactly, and refuses closed ones', async () => {
    await wire.close();
    const three: LimitRule = { ...open, limit: 3 };
    const verdicts = [];
    for (let count = 0; count < 10; count += 1) verdicts.push(await store.take([{ rule: three, key: 'a', cost: 1 }]));
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(3);
    await expect((async () => store.take([{ rule: closed, key: 'a', cost: 1 }]))()).rejects.toMatchObject({
      kind: 'store_unavailable',
      status: 503,
      retryAfterMs: 1_000,
    });
    await expect((async () => store.reserve([{ rule: closed, key: 'a', cost: 1 }]))()).rejects.toMatchObject({
      kind: 'store_unavailable',
    });
    await openWire(wire);
    await untilShared();
  });

  test('that restarts between two calls is used by the next, or by one soon after', async () => {
    await wire.close();
    await openWire(wire);
    await untilShared();
  });

  test('that is not there from the start is found when it comes', async () => {
    await wire.close();
    const late = testConnection({ location: throughWire(wire), callTimeoutMs: 50 });
    const own = createRedisLimitStore({
      connection: late,
      fallback: createMemoryLimitStore({ clock: systemClock }),
      prefix,
    });
    for (let count = 0; count < 8; count += 1) await own.take([{ rule: open, key: 'late', cost: 1 }]);
    expect(late.isAnswering()).toBe(false);
    await openWire(wire);
    const began = performance.now();
    while (!late.isAnswering()) {
      if (performance.now() - began > 10_000) throw new Error('It is never found.');
      await new Promise((resolve) => setImmediate(resolve));
    }
    late.close();
  });

  test('that refuses is told of once, and costs no wait', async () => {
    const misplaced = `${prefix}limit:w:6:closed:a`;
    await connection.run(defineScript("return redis.call('SET', KEYS[1], 'x')"), [misplaced], []);
    for (let count = 0; count < 20; count += 1) expect((await call()).isShared).toBe(false);
    expect(connection.isAnswering()).toBe(true);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain('WRONGTYPE');
  });
});
