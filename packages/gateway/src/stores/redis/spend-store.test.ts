import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { createMemorySpendStore } from '../memory/spend-store.ts';
import { testSpendLaws } from '../spend-laws.conformance.ts';
import { claimOf, type SpendScene, testLeaseMs, testSpendStore } from '../spend-store.conformance.ts';
import type { SpendCrossing } from '../spend-store.ts';
import { Wire } from '../wire.fixture.ts';
import { storeOn, until } from './spend-replica.fixture.ts';
import { createRedisSpendStore } from './spend-store.ts';
import {
  deleteMadeKeys,
  keysOf,
  newPrefix,
  openWire,
  redisUrl,
  testConnection,
  throughWire,
  withClient,
} from './test-redis.fixture.ts';

describe.runIf(redisUrl !== undefined)('Redis', () => {
  const connections = [testConnection(), testConnection()] as const;
  afterAll(async () => {
    for (const connection of connections) connection.close();
    await deleteMadeKeys();
  });

  const onServer = ({ clock, onCrossing }: SpendScene) => {
    const prefix = newPrefix();
    const [first, second] = connections.map((connection) =>
      createRedisSpendStore({
        connection,
        fallback: createMemorySpendStore({ clock, onCrossing, leaseMs: testLeaseMs }),
        clock,
        onCrossing,
        id: randomUUID,
        leaseMs: testLeaseMs,
        holderLeaseMs: testLeaseMs,
        prefix,
        serverTime: () => clock.wallNow(),
      }),
    );
    return {
      stores: [first!, second!] as const,
      heard: async () => {
        for (const connection of connections) await connection.idle();
      },
    };
  };
  testSpendStore('redis spend store', onServer);
  testSpendLaws('redis spend store', onServer, 40);

  test('three replicas under load never exceed the cap, and leave nothing set aside', async () => {
    const prefix = newPrefix();
    const own = [0, 1, 2].map(() => testConnection());
    const stores = own.map((connection) => storeOn(connection, prefix));
    const claim = claimOf({ capNanos: 10_000 });
    let spent = 0;
    const work = async (index: number) => {
      for (let round = 0; round < 20; round += 1) {
        const reservation = await stores[index % 3]!.reserve([claim], 40);
        if (!reservation.verdict.allowed) continue;
        const cost = 20 + (index % 21);
        spent += cost;
        reservation.settle(cost);
      }
    };
    await Promise.all(Array.from({ length: 60 }, (_, index) => work(index)));
    for (const connection of own) await connection.idle();
    const [reading] = await stores[0]!.read([claim]);
    expect(reading).toMatchObject({ spentNanos: spent, reservedNanos: 0 });
    expect(spent).toBeLessThanOrEqual(10_000);
    expect(spent).toBeGreaterThan(9_900);
    for (const connection of own) connection.close();
  });

  test('a settlement that is told twice is counted once', async () => {
    const prefix = newPrefix();
    const wire = new Wire();
    await openWire(wire);
    const connection = testConnection({ location: throughWire(wire), callTimeoutMs: 50 });
    const store = storeOn(connection, prefix);
    const claim = claimOf();
    const reservation = await until(async () => {
      const one = await store.reserve([claim], 100);
      return connection.isAnswering() ? one : undefined;
    });
    // Redis hears of it and nobody hears Redis.
    wire.muffle();
    reservation.settle(70);
    await connection.idle();
    await until(async () =>
      (await storeOn(connections[0], prefix).read([claim]))[0]!.spentNanos === 70 ? true : undefined,
    );
    wire.unmuffle();
    await until(async () => {
      (await store.reserve([claim], 1)).release();
      await connection.idle();
      return connection.isAnswering() ? true : undefined;
    });
    await connection.idle();
    expect((await storeOn(connections[0], prefix).read([claim]))[0]).toMatchObject({ spentNanos: 70 });
    connection.close();
    await wire.close();
  });

  test('while it is away a process counts on from what it knows, and tells afterwards, once', async () => {
    const prefix = newPrefix();
    const wire = new Wire();
    await openWire(wire);
    const connection = testConnection({ location: throughWire(wire), callTimeoutMs: 50 });
    const crossings: SpendCrossing[] = [];
    const store = storeOn(connection, prefix, crossings);
    const claim = claimOf({ thresholds: [50, 90] });
    const other = storeOn(connections[0], prefix, crossings);
    (await other.reserve([claim], 600)).settle(600);
    await connections[0].idle();
    await until(async () => {
      (await store.reserve([claim], 1)).release();
      return connection.isAnswering() ? true : undefined;
    });
    await wire.close();
    expect((await store.reserve([claim], 500)).verdict).toMatchObject({ allowed: false, leftNanos: 400 });
    for (let count = 0; count < 3; count += 1) (await store.reserve([claim], 100)).settle(100);
    expect((await store.reserve([claim], 101)).verdict.allowed).toBe(false);
    const closed = claimOf({ whenStoreIsAway: 'closed' });
    await expect((async () => store.reserve([closed], 1))()).rejects.toMatchObject({ kind: 'store_unavailable' });
    await openWire(wire);
    await until(async () => {
      (await store.reserve([claim], 0)).release();
      return (await other.read([claim]))[0]!.spentNanos === 900 ? true : undefined;
    });
    (await store.reserve([claim], 0)).release();
    await connection.idle();
    expect((await other.read([claim]))[0]).toMatchObject({ spentNanos: 900, reservedNanos: 0 });
    expect(crossings.map(({ percent }) => percent)).toContain(50);
    connection.close();
    await wire.close();
  });

  test('keys live as long as their window and its stragglers, and for ever where it has no end', async () => {
    const prefix = newPrefix();
    const store = storeOn(connections[0], prefix);
    const claims = [claimOf({ id: 'day' }), claimOf({ id: 'total', window: { kind: 'total' } })];
    (await store.reserve(claims, 5)).settle(5);
    // Several at once, of which some end before others begin.
    const first = await store.reserve(claims, 5);
    const second = await store.reserve(claims, 5);
    first.settle(7);
    await store.reserve(claims, 5);
    second.release();
    await connections[0].idle();
    const lives = await withClient(async (client) => {
      const keys = await keysOf(prefix);
      return Promise.all(keys.map(async (key) => [key.includes(':total:'), await client.pttl(key)] as const));
    });
    expect(lives).toHaveLength(4);
    for (const [isTotal, life] of lives) {
      if (isTotal) expect(life).toBe(-1);
      else expect(life).toBeGreaterThan(86_400_000);
      expect(life).toBeLessThan(3 * 86_400_000);
    }
  });
});
