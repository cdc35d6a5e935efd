import type { Clock } from '../../canonical/clock.ts';
import type { ReservingLimitStore } from '../limit-store.ts';
import type { SlotStore } from '../slot-store.ts';
import type { OnCrossing, SpendStore } from '../spend-store.ts';
import { countingScripts } from './counting-scripts.ts';
import { createRedisLimitStore } from './limit-store.ts';
import { connectRedis, type RedisConnection, type RedisWatch } from './redis-connection.ts';
import { redisLocation } from './redis-location.ts';
import { createRedisSlotStore } from './slot-store.ts';
import { createRedisSpendStore, type RedisSpendStore } from './spend-store.ts';

/** Where Redis is, and who asks it. */
export interface RedisAccess {
  readonly url: string;
  /** Before the names of all keys. */
  readonly prefix: string;
  readonly clock: Clock;
  /** Names this process among all replicas, in this life. */
  readonly holder: string;
  readonly onNotice: (text: string) => void;
  readonly watch: RedisWatch;
}

/** Spending as it is counted without Redis, and who hears of thresholds. */
export interface LocalSpend {
  readonly store: SpendStore;
  readonly onCrossing: OnCrossing;
}

export interface RedisStoresInput extends RedisAccess {
  /** Between 0 and 1. */
  readonly random: () => number;
  /** Stores that count what is not shared, and all while Redis is away. */
  readonly limits: ReservingLimitStore;
  readonly slots: SlotStore;
  /** Undefined: there are no budgets. */
  readonly spend: LocalSpend | undefined;
}

/** The stores in one Redis server, over one connection. */
export interface RedisStores {
  readonly limits: ReservingLimitStore;
  readonly slots: SlotStore;
  readonly spend: SpendStore | undefined;
  readonly isRedisAnswering: () => boolean;
  /** Returns when what was said before is heard, or cannot be. */
  close(): Promise<void>;
}

/** What is spent, counted in a Redis server, over a connection of its own. */
export interface RedisSpend {
  readonly store: SpendStore;
  /** Returns when what was said before is heard, or cannot be. */
  close(): Promise<void>;
}

/** Opens them; see `connectRedis`. Throws ConfigError when the address cannot be read. */
export async function openRedisStores(input: RedisStoresInput): Promise<RedisStores> {
  const { clock, holder, prefix, random } = input;
  const { connection, spend } = await connect(input, input.spend);
  const slots = createRedisSlotStore({ connection, fallback: input.slots, clock, random, holder, prefix });
  return {
    limits: createRedisLimitStore({ connection, fallback: input.limits, prefix, leases: { clock } }),
    slots,
    spend,
    isRedisAnswering: () => connection.isAnswering(),
    async close() {
      slots.close();
      spend?.close();
      await connection.idle();
      connection.close();
    },
  };
}

/** Opens what is spent alone, for a process that serves no requests. Throws ConfigError when the address cannot be read. */
export async function openRedisSpend(access: RedisAccess, local: LocalSpend): Promise<RedisSpend> {
  const { connection, spend } = await connect(access, local);
  return {
    store: spend,
    async close() {
      spend.close();
      await connection.idle();
      connection.close();
    },
  };
}

interface Connected<Spend> {
  readonly connection: RedisConnection;
  readonly spend: Spend;
}

async function connect(access: RedisAccess, local: LocalSpend): Promise<Connected<RedisSpendStore>>;
async function connect(
  access: RedisAccess,
  local: LocalSpend | undefined,
): Promise<Connected<RedisSpendStore | undefined>>;
async function connect(
  { clock, holder, onNotice, prefix, url, watch }: RedisAccess,
  local: LocalSpend | undefined,
): Promise<Connected<RedisSpendStore | undefined>> {
  let spend: RedisSpendStore | undefined;
  const isAnswering = (isThere: boolean): void => {
    watch.isAnswering(isThere);
    if (isThere) spend?.tellOwed();
  };
  const location = redisLocation(url);
  const called: RedisWatch['called'] = (outcome, durationMs) => watch.called(outcome, durationMs);
  const connection = connectRedis({
    location,
    clock,
    onNotice,
    watch: { called, isAnswering },
    batch: countingScripts,
  });
  if (local !== undefined) {
    const { onCrossing, store: fallback } = local;
    spend = createRedisSpendStore({ connection, fallback, clock, onCrossing, id: countedIds(holder), prefix });
  }
  await connection.isTried;
  return { connection, spend };
}

function countedIds(holder: string): () => string {
  let last = 0;
  return () => {
    last += 1;
    return `${holder}:${last}`;
  };
}
