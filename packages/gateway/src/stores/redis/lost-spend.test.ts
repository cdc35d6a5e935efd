import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../canonical/clock.ts';
import { createMemorySpendStore } from '../memory/spend-store.ts';
import { claimOf } from '../spend-store.conformance.ts';
import type { SpendStore } from '../spend-store.ts';
import type { RedisConnection } from './redis-connection.ts';
import type { RedisScript } from './redis-script.ts';
import { storeOn, until } from './spend-replica.fixture.ts';
import { addScript, reserveScript, settleScript } from './spend-scripts.ts';
import { createRedisSpendStore } from './spend-store.ts';
import { deleteKeys, deleteMadeKeys, newPrefix, redisUrl, testConnection } from './test-redis.fixture.ts';

describe.runIf(redisUrl !== undefined)('spending of which something is lost on the way', () => {
  const connections = [testConnection(), testConnection()] as const;
  afterAll(async () => {
    for (const connection of connections) connection.close();
    await deleteMadeKeys();
  });

  /** A connection that loses the first calls of a script, or the answers to them. */
  function deafTo(script: RedisScript, count: number, loses: 'answer' | 'call' = 'answer') {
    let lost = 0;
    const connection: Pick<RedisConnection, 'isAnswering' | 'run'> = {
      isAnswering: () => true,
      async run(...call) {
        const isLost = call[0] === script && lost < count;
        if (isLost) lost += 1;
        const answer = isLost && loses === 'call' ? undefined : await connections[0].run(...call);
        if (isLost) throw new Error('Nobody answers.');
        return answer;
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

  test('nor is a cost whose telling was lost, and that the record told of meanwhile', async () => {
    const prefix = newPrefix();
    const store = storeOn(deafTo(settleScript, 1, 'call').connection, prefix);
    (await store.reserve([total], 100)).settle(80);
    storeOn(connections[0], prefix).adopt([{ ...total, start: 0, nanos: 80 }]);
    expect(await spentOf(prefix)).toMatchObject({ spentNanos: 80, reservedNanos: 100 });
    (await store.reserve([total], 0)).release();
    await until(async () => ((await spentOf(prefix))?.reservedNanos === 0 ? true : undefined));
    expect(await spentOf(prefix)).toMatchObject({ spentNanos: 80 });
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
      tellReached: (claims) => memory.tellReached(claims),
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
});
