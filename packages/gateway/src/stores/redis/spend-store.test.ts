import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../canonical/clock.ts';
import { createMemorySpendStore } from '../memory/spend-store.ts';
import { testSpendLaws } from '../spend-laws.conformance.ts';
import { claimOf, type SpendScene, testLeaseMs, testSpendStore } from '../spend-store.conformance.ts';
import type { SpendCrossing, SpendStore } from '../spend-store.ts';
import { Wire } from '../wire.fixture.ts';
import type { RedisConnection } from './redis-connection.ts';
import type { RedisScript } from './redis-script.ts';
import { addScript, reserveScript } from './spend-scripts.ts';
import { createRedisSpendStore } from './spend-store.ts';
import {
  deleteKeys,
  keysOf,
  openWire,
  randomPrefix,
  redisUrl,
  testConnection,
  throughWire,
  withClient,
} from './test-redis.fixture.ts';

const prefixes: string[] = [];
function newPrefix(): string {
  const prefix = randomPrefix();
  prefixes.push(prefix);
  return prefix;
}

function storeOn(
  connection: Pick<RedisConnection, 'isAnswering' | 'run'>,
  prefix: string,
  crossings?: SpendCrossing[],
) {
  const onCrossing = (crossing: SpendCrossing) => void crossings?.push(crossing);
  return createRedisSpendStore({
    connection,
    fallback: createMemorySpendStore({ clock: systemClock, onCrossing }),
    clock: systemClock,
    onCrossing,
    id: randomUUID,
    prefix,
  });
}

describe.runIf(redisUrl !== undefined)('Redis', () => {
  const connections = [testConnection(), testConnection()] as const;
  afterAll(async () => {
    for (const connection of connections) connection.close();
    for (const prefix of prefixes) await deleteKeys(prefix);
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

  /** A connection that loses the first answers of a script. */
  function deafTo(script: RedisScript, answers: number) {
    let lost = 0;
    const connection: Pick<RedisConnection, 'isAnswering' | 'run'> = {
      isAnswering: () => true,
      async run(...call) {
        const answer = await connections[0].run(...call);
        if (call[0] !== script || lost === answers) return answer;
        lost += 1;
        throw new Error('The answer was lost.');
      },
    };
    return { connection, lost: () => lost };
  }

  test('what was spent elsewhere is added once, however often it has to be told', async () => {
    const deaf = deafTo(addScript, 3);
    const store = storeOn(deaf.connection, newPrefix());
    store.add([{ ...claimOf({ window: { kind: 'total' } }), start: 0, nanos: 70 }]);
    const reading = async () => (await store.read([claimOf({ window: { kind: 'total' } })]))[0]!.spentNanos;
    for (let count = 0; count < 10; count += 1) {
      await until(async () => ((await reading()) === 70 ? true : undefined));
      (await store.reserve([claimOf()], 1)).release();
      await connections[0].idle();
    }
    expect(deaf.lost()).toBe(3);
    expect(await reading()).toBe(70);
  });

  const total = claimOf({ window: { kind: 'total' } });
  const spentOf = async (prefix: string) => (await storeOn(connections[0], prefix).read([total]))[0];

  test('what is set aside by a call that nobody heard the answer of comes back with the next', async () => {
    const prefix = newPrefix();
    const store = storeOn(deafTo(reserveScript, 1).connection, prefix);
    const here = await store.reserve([total], 900);
    expect(here.verdict.allowed).toBe(true);
    expect(await spentOf(prefix)).toMatchObject({ reservedNanos: 900 });
    here.settle(30);
    (await store.reserve([total], 0)).release();
    await until(async () => {
      const reading = await spentOf(prefix);
      return reading?.spentNanos === 30 && reading.reservedNanos === 0 ? true : undefined;
    });
  });

  test('what a record told of is not counted again when whoever spent it tells it late', async () => {
    const prefix = newPrefix();
    const [away, other] = [storeOn(connections[1], prefix), storeOn(connections[0], prefix)];
    (await other.reserve([total], 100)).settle(100);
    other.adopt([{ ...total, start: 0, nanos: 400 }]);
    other.adopt([{ ...total, start: 0, nanos: 400 }]);
    away.add([{ ...total, start: 0, nanos: 250 }]);
    await Promise.all(connections.map((connection) => connection.idle()));
    expect(await spentOf(prefix)).toMatchObject({ spentNanos: 400 });
    // 50 of the record's are still nobody's; what is told at once is counted, whatever the record says.
    (await other.reserve([total], 20)).settle(20);
    await connections[0].idle();
    away.add([{ ...total, start: 0, nanos: 60 }]);
    await connections[1].idle();
    expect(await spentOf(prefix)).toMatchObject({ spentNanos: 430, reservedNanos: 0 });
  });

  test('a server that forgot goes on from what was last heard of it', async () => {
    const prefix = newPrefix();
    const store = storeOn(connections[0], prefix);
    (await store.reserve([total], 700)).settle(700);
    await connections[0].idle();
    await deleteKeys(prefix);
    expect((await store.reserve([total], 301)).verdict).toMatchObject({ allowed: false, leftNanos: 300 });
    expect(await spentOf(prefix)).toMatchObject({ spentNanos: 700, reservedNanos: 0 });
  });

  test('a fallback that has to be waited for knows what was heard, too', async () => {
    const memory = createMemorySpendStore({ clock: systemClock, onCrossing: () => undefined });
    const fallback: SpendStore = {
      reserve: async (...ask) => memory.reserve(...ask),
      add: (amounts) => memory.add(amounts),
      adopt: (amounts) => memory.adopt(amounts),
      read: (claims) => memory.read(claims),
    };
    let isAnswering = true;
    const connection: Pick<RedisConnection, 'isAnswering' | 'run'> = {
      isAnswering: () => isAnswering,
      run: (...call) => connections[0].run(...call),
    };
    const store = createRedisSpendStore({
      connection,
      fallback,
      clock: systemClock,
      onCrossing: () => undefined,
      id: randomUUID,
      prefix: newPrefix(),
    });
    (await store.reserve([total], 600)).settle(600);
    await store.read([total]);
    isAnswering = false;
    (await store.reserve([total], 300)).settle(250);
    expect((await store.reserve([total], 151)).verdict).toMatchObject({ allowed: false, leftNanos: 150 });
  });

  test('keys live as long as their window and its stragglers, and for ever where it has no end', async () => {
    const prefix = newPrefix();
    const store = storeOn(connections[0], prefix);
    const claims = [claimOf({ id: 'day' }), claimOf({ id: 'total', window: { kind: 'total' } })];
    (await store.reserve(claims, 5)).settle(5);
    await store.reserve(claims, 5);
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

/** Tries until there is something. */
async function until<Found>(attempt: () => Promise<Found | undefined>): Promise<Found> {
  const began = performance.now();
  for (;;) {
    const found = await attempt();
    if (found !== undefined) return found;
    if (performance.now() - began > 15_000) throw new Error('It never comes.');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
