import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { createManualClock } from '../manual-clock.fixture.ts';
import { createMemorySpendStore } from '../memory/spend-store.ts';
import { claimOf } from '../spend-store.conformance.ts';
import type { RedisConnection } from './redis-connection.ts';
import { renewScript, settleScript } from './spend-scripts.ts';
import { createRedisSpendStore } from './spend-store.ts';
import { deleteMadeKeys, newPrefix, redisUrl, testConnection } from './test-redis.fixture.ts';

const leaseMs = 15_000;

describe.runIf(redisUrl !== undefined)('what a process has set aside in Redis', () => {
  const connection = testConnection();
  afterAll(async () => {
    connection.close();
    await deleteMadeKeys();
  });

  /** Two processes that count together, by a time that the test makes. */
  function openScene() {
    const clock = createManualClock();
    const prefix = newPrefix();
    let isAnswering = true;
    let renewals = 0;
    let unheard = 0;
    const watched: Pick<RedisConnection, 'isAnswering' | 'run'> = {
      isAnswering: () => isAnswering,
      async run(...call) {
        if (call[0] === renewScript) renewals += 1;
        const answer = await connection.run(...call);
        if (call[0] !== settleScript || unheard === 0) return answer;
        unheard -= 1;
        throw new Error('Nobody hears the answer.');
      },
    };
    const [own, other] = [watched, connection].map((way) =>
      createRedisSpendStore({
        connection: way,
        fallback: createMemorySpendStore({ clock, onCrossing: () => undefined }),
        clock,
        onCrossing: () => undefined,
        id: randomUUID,
        prefix,
        serverTime: () => clock.wallNow(),
      }),
    );
    return {
      own: own!,
      renewals: () => renewals,
      answers: (doesAnswer: boolean) => {
        isAnswering = doesAnswer;
      },
      loseAnswersToSettlements: (count: number) => {
        unheard = count;
      },
      /** Lets time go by, with everything that is sent meanwhile. */
      async pass(ms: number) {
        for (let left = ms; left > 0; left -= 1_000) {
          clock.advance(Math.min(left, 1_000));
          await connection.idle();
          // What goes on after an answer.
          await new Promise(setImmediate);
        }
      },
      /** As the other process sees it. */
      async sums() {
        await connection.idle();
        const [reading] = await other!.read([total]);
        return [reading!.spentNanos, reading!.reservedNanos];
      },
    };
  }

  const total = claimOf({ window: { kind: 'total' } });

  test('comes back soon after it dies, and costs nothing', async () => {
    const { own, pass, sums } = openScene();
    await own.reserve([total], 400);
    await own.reserve([total], 300);
    own.close();
    await pass(leaseMs - 1_000);
    expect(await sums()).toEqual([0, 700]);
    await pass(1_000);
    expect(await sums()).toEqual([0, 0]);
  });

  test('stays for as long as it is under way, in one call for all', async () => {
    const { own, pass, renewals, sums } = openScene();
    const long = await Promise.all(Array.from({ length: 150 }, () => own.reserve([total], 4)));
    const short = await own.reserve([total], 100);
    await pass(4_000);
    short.settle(50);
    expect(renewals()).toBe(0);
    await pass(20_000);
    expect(renewals()).toBe(4);
    expect(await sums()).toEqual([50, 600]);
    for (const one of long) one.settle(3);
    expect(await sums()).toEqual([500, 0]);
    await pass(20_000);
    expect(renewals()).toBe(4);
  });

  test('is not believed for ever, even of one that lives', async () => {
    const { own, pass, sums } = openScene();
    await own.reserve([total], 400);
    await pass(1_790_000);
    expect(await sums()).toEqual([0, 400]);
    await pass(10_000);
    expect(await sums()).toEqual([0, 0]);
  }, 30_000);

  test('is taken up again where it was cut off from Redis for long', async () => {
    const { answers, own, pass, sums } = openScene();
    const held = await own.reserve([total], 400);
    answers(false);
    await pass(leaseMs + 5_000);
    expect(await sums()).toEqual([0, 0]);
    answers(true);
    await pass(5_000);
    expect(await sums()).toEqual([0, 400]);
    held.settle(70);
    expect(await sums()).toEqual([70, 0]);
  });

  test('costs what it did once, although the lease had ended and the answer to that was lost', async () => {
    const { answers, loseAnswersToSettlements, own, pass, sums } = openScene();
    const held = await own.reserve([total], 400);
    answers(false);
    await pass(leaseMs + 5_000);
    expect(await sums()).toEqual([0, 0]);
    answers(true);
    loseAnswersToSettlements(2);
    held.settle(70);
    expect(await sums()).toEqual([70, 0]);
    for (let count = 0; count < 3; count += 1) {
      (await own.reserve([total], 1)).release();
      await pass(1_000);
    }
    expect(await sums()).toEqual([70, 0]);
  });

  test('costs what it did once, although it lasted longer than a lease and the answer to that was lost', async () => {
    const { loseAnswersToSettlements, own, pass, sums } = openScene();
    const held = await own.reserve([total], 400);
    await pass(4 * leaseMs);
    loseAnswersToSettlements(1);
    held.settle(70);
    await pass(1_000);
    (await own.reserve([total], 1)).release();
    await pass(1_000);
    expect(await sums()).toEqual([70, 0]);
  });
});
