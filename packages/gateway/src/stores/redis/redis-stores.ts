import type { Clock } from '../../canonical/clock.ts';
import type { ReservingLimitStore } from '../limit-store.ts';
import type { SlotStore } from '../slot-store.ts';
import { createRedisLimitStore } from './limit-store.ts';
import { connectRedis, type RedisWatch } from './redis-connection.ts';
import { redisLocation } from './redis-location.ts';
import { createRedisSlotStore } from './slot-store.ts';

export interface RedisStoresInput {
  readonly url: string;
  /** Before the names of all keys. */
  readonly prefix: string;
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  /** Names this process among all replicas, in this life. */
  readonly holder: string;
  /** Stores that count what is not shared, and all while Redis is away. */
  readonly limits: ReservingLimitStore;
  readonly slots: SlotStore;
  readonly onNotice: (text: string) => void;
  readonly watch: RedisWatch;
}

/** The stores in one Redis server, over one connection. */
export interface RedisStores {
  readonly limits: ReservingLimitStore;
  readonly slots: SlotStore;
  readonly isRedisAnswering: () => boolean;
  close(): void;
}

/** Opens them; see `connectRedis`. Throws ConfigError when the address cannot be read. */
export async function openRedisStores(input: RedisStoresInput): Promise<RedisStores> {
  const { clock, holder, onNotice, prefix, random, watch } = input;
  const location = redisLocation(input.url);
  const connection = connectRedis({ location, clock, onNotice, watch });
  await connection.isTried;
  const slots = createRedisSlotStore({ connection, fallback: input.slots, clock, random, holder, prefix });
  return {
    limits: createRedisLimitStore({ connection, fallback: input.limits, prefix, leases: { clock } }),
    slots,
    isRedisAnswering: () => connection.isAnswering(),
    close() {
      slots.close();
      connection.close();
    },
  };
}
