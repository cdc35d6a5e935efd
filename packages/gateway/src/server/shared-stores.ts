import { randomUUID } from 'node:crypto';
import type { Clock } from '../canonical/clock.ts';
import type { RedisConfig } from '../config/gateway-config.ts';
import type { ReservingLimitStore } from '../stores/limit-store.ts';
import { redisLocation } from '../stores/redis/redis-location.ts';
import type { SlotStore } from '../stores/slot-store.ts';
import type { Log, Metrics } from '../telemetry/telemetry.ts';

export interface SharedStoresInput {
  /** Undefined: nothing is shared with other machines. */
  readonly redis: RedisConfig | undefined;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
  /** The stores of this machine, which count what is not shared, and all while Redis is away. */
  readonly limits: ReservingLimitStore;
  readonly slots: SlotStore;
}

/** The stores that requests are counted in. */
export interface SharedStores {
  readonly limits: ReservingLimitStore;
  readonly slots: SlotStore;
  /** Whether Redis answers; undefined where none is configured. */
  readonly isRedisAnswering: (() => boolean) | undefined;
  close(): void;
}

/** Says what is shared with other machines. Throws ConfigError when the address of Redis cannot be read. */
export function logShared(log: Log, redis: RedisConfig | undefined): void {
  if (redis === undefined) return;
  const { place } = redisLocation(redis.url);
  log.info('redis', `Limits are shared through Redis at ${place}, in keys that begin with {${redis.keyPrefix}}:`);
}

/**
 * Puts Redis before the stores of this machine where it is configured. Waits for it a second at most: a server that is not
 * there is found when it comes. Throws ConfigError when its address cannot be read.
 */
export async function openSharedStores(input: SharedStoresInput): Promise<SharedStores> {
  const { clock, limits, log, metrics, random, redis, slots } = input;
  if (redis === undefined) return { limits, slots, isRedisAnswering: undefined, close: () => undefined };
  // Loaded when chosen: who counts alone pays for no driver.
  const { openRedisStores } = await import('../stores/redis/redis-stores.ts');
  return openRedisStores({
    url: redis.url,
    prefix: `{${redis.keyPrefix}}:`,
    clock,
    random,
    holder: randomUUID(),
    limits,
    slots,
    onNotice: (text) => log.warn('redis', text),
    watch: {
      called: (outcome, durationMs) => metrics.redisCall(outcome, durationMs),
      isAnswering: (isAnswering) => metrics.setRedisAnswering(isAnswering),
    },
  });
}
