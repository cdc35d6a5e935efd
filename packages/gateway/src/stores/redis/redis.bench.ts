import { Redis } from 'ioredis';
import { systemClock } from '../../canonical/clock.ts';
import type { LimitClaim, LimitRule } from '../limit-store.ts';
import { createMemoryLimitStore } from '../memory/limit-store.ts';
import { createMemorySlotStore } from '../memory/slot-store.ts';
import { createMemorySpendStore } from '../memory/spend-store.ts';
import type { SlotPool } from '../slot-store.ts';
import type { SpendClaim } from '../spend-store.ts';
import type { SpendWindow } from '../spend-window.ts';
import { startOwnRedis } from './own-redis.fixture.ts';
import { openRedisStores, type RedisStores } from './redis-stores.ts';

/** What a request takes of the server's thread, in microseconds of processor time, and of commands within scripts. */
export interface RequestCost {
  /** Requests that ask in the same turn. */
  readonly atOnce: number;
  readonly rounds: readonly number[];
  readonly commands: number;
}

/** Keys whose requests come by turns; they have one tenant, one team and one target. */
const keys = 4;
const unreachable = 1_000_000_000;
const warmUp = 20;
const neverAborted = { aborted: false, addEventListener: () => undefined, removeEventListener: () => undefined };

/** Measures requests that set everything aside in one turn and settle it in another. */
export async function measureRequests(
  numbersAtOnce: readonly number[],
  { rounds, ms }: { readonly rounds: number; readonly ms: number },
): Promise<readonly RequestCost[]> {
  const server = await startOwnRedis();
  const client = new Redis(server.port);
  const costs: RequestCost[] = [];
  for (const atOnce of numbersAtOnce) {
    const found: { readonly us: number; readonly commands: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await client.flushall();
      found.push(await measure(server.url, client, { atOnce, ms }));
    }
    costs.push({ atOnce, rounds: found.map(({ us }) => us), commands: found[0]!.commands });
  }
  client.disconnect();
  await server.close();
  return costs;
}

async function measure(url: string, client: Redis, { atOnce, ms }: { readonly atOnce: number; readonly ms: number }) {
  const stores = await openStores(url);
  let requests = 0;
  const turn = async () => {
    const begun = Array.from({ length: atOnce }, (_, index) => begin(stores, requests + index));
    for (const settle of await Promise.all(begun)) settle();
    requests += atOnce;
    // What is settled leaves by itself.
    for (let turns = 0; turns < 2; turns += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  for (let turns = 0; turns < warmUp; turns += 1) await turn();
  await client.config('RESETSTAT');
  const before = await threadMicroseconds(client);
  requests = 0;
  const end = performance.now() + ms;
  while (performance.now() < end) await turn();
  await stores.close();
  const stats = [...(await client.info('commandstats')).matchAll(/cmdstat_([^:]+):calls=(\d+)/g)];
  const own = new Set(['evalsha', 'info', 'config|resetstat']);
  const inside = stats.filter(([, name]) => !own.has(name!));
  const us = (await threadMicroseconds(client)) - before;
  return { us: us / requests, commands: inside.reduce((sum, [, , calls]) => sum + Number(calls), 0) / requests };
}

/** Processor time of the thread that runs commands: unlike that of commands, what others take meanwhile is not in it. */
async function threadMicroseconds(client: Redis): Promise<number> {
  const times = [...(await client.info('cpu')).matchAll(/used_cpu_(?:user|sys)_main_thread:([\d.]+)/g)];
  return times.reduce((sum, [, seconds]) => sum + Number(seconds) * 1_000_000, 0);
}

function openStores(url: string): Promise<RedisStores> {
  const clock = systemClock;
  const onCrossing = (): void => undefined;
  return openRedisStores({
    url,
    prefix: '{bench}:',
    clock,
    holder: 'bench',
    onNotice: console.error,
    watch: { called: () => undefined, isAnswering: () => undefined },
    random: () => 0.5,
    limits: createMemoryLimitStore({ clock }),
    slots: createMemorySlotStore({ clock }),
    spend: { store: createMemorySpendStore({ clock, onCrossing }), onCrossing },
  });
}

const windowOf = (id: string): LimitRule => ({
  id,
  algorithm: 'sliding_window',
  limit: unreachable,
  windowMs: 60_000,
});
const bucketOf = (id: string): LimitRule => ({
  id,
  algorithm: 'token_bucket',
  capacity: unreachable,
  refillPerSecond: unreachable / 60,
});
const rules = {
  rates: [bucketOf('rate of all'), bucketOf('rate of address')],
  requests: [windowOf('requests of key'), windowOf('requests of tenant')],
  tokens: [windowOf('tokens of key'), windowOf('tokens of tenant')],
  target: [windowOf('requests of target'), windowOf('tokens of target')],
};

const poolOf = (id: string): SlotPool => ({
  id,
  isShared: true,
  maxConcurrent: unreachable,
  maxQueue: 0,
  timeoutMs: 1_000,
});

const calendar = (period: 'day' | 'week' | 'month'): SpendWindow => ({ kind: 'calendar', period });
const capOf = (id: string, window: SpendWindow) => ({
  ...{ id, window, capNanos: unreachable * 1_000_000, isHard: true },
  thresholds: [50, 80, 100],
});
const caps = [
  capOf('key by day', calendar('day')),
  capOf('key by month', calendar('month')),
  capOf('team', calendar('week')),
  capOf('tenant', calendar('month')),
];
/** The same ones for all requests of a key. */
const budgets: readonly (readonly SpendClaim[])[] = Array.from({ length: keys }, (_, key) =>
  caps.map((cap, index) => ({ cap, key: index < 2 ? `key ${key}` : 'all' })),
);

/** Asks for all that a request asks for; resolves with what settles it. */
async function begin({ limits, slots, spend }: RedisStores, index: number): Promise<() => void> {
  const key = index % keys;
  const tokens = 200 + ((index * 37) % 500);
  const claims = ([own, common]: readonly LimitRule[], first: number, second: number): LimitClaim[] => [
    { rule: own!, key: `key ${key}`, cost: first },
    { rule: common!, key: 'all', cost: second },
  ];
  const [, , ofTokens, ofTarget, ownSlot, slot, money] = await Promise.all([
    limits.take(claims(rules.rates, 1, 1)),
    limits.reserve(claims(rules.requests, 1, 1)),
    limits.reserve(claims(rules.tokens, tokens, tokens)),
    limits.reserve(claims(rules.target, 1, tokens)),
    slots.acquire(poolOf(`key ${key}`), neverAborted),
    slots.acquire(poolOf('all'), neverAborted),
    spend!.reserve(budgets[key]!, tokens * 10_000),
  ]);
  if (typeof ownSlot === 'string' || typeof slot === 'string' || !money.verdict.allowed) throw new Error('Refused.');
  return () => {
    ofTokens.settle([tokens - 50, tokens - 50]);
    ofTarget.settle([1, tokens - 50]);
    ownSlot.release();
    slot.release();
    money.settle(tokens * 8_000);
  };
}
