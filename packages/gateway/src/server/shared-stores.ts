import { randomUUID } from 'node:crypto';
import type { Clock } from '../canonical/clock.ts';
import type { RedisConfig } from '../config/gateway-config.ts';
import type { OpenImage } from '../record/open-record.ts';
import type { ReservingLimitStore } from '../stores/limit-store.ts';
import type { RedisWatch } from '../stores/redis/redis-connection.ts';
import { redisLocation } from '../stores/redis/redis-location.ts';
import type { LocalSpend, RedisAccess, RedisSpend } from '../stores/redis/redis-stores.ts';
import type { SlotStore } from '../stores/slot-store.ts';
import type { SpendStore } from '../stores/spend-store.ts';
import type { Log, Metrics } from '../telemetry/telemetry.ts';

export interface SharingInput {
  /** Undefined: nothing is shared with other machines. */
  readonly redis: RedisConfig | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface SharedStoresInput extends SharingInput {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** The stores of this machine, which count what is not shared, and all while Redis is away. */
  readonly limits: ReservingLimitStore;
  readonly slots: SlotStore;
  /** Undefined: there are no budgets. */
  readonly spend: LocalSpend | undefined;
}

/** The stores that requests are counted in. */
export interface SharedStores {
  readonly limits: ReservingLimitStore;
  readonly slots: SlotStore;
  readonly spend: SpendStore | undefined;
  /** Whether Redis answers; undefined where none is configured. */
  readonly isRedisAnswering: (() => boolean) | undefined;
  /** Returns when Redis has heard what it was told, or does not answer. */
  close(): Promise<void>;
}

/** Says what is shared with other machines. Throws ConfigError when the address of Redis cannot be read. */
export function logShared(log: Log, redis: RedisConfig | undefined): void {
  if (redis === undefined) return;
  const { place } = redisLocation(redis.url);
  log.info(
    'redis',
    `Limits and budgets are shared through Redis at ${place}, in keys that begin with {${redis.keyPrefix}}:`,
  );
}

/**
 * Puts Redis before the stores of this machine where it is configured. Waits for it a second at most: a server that is not
 * there is found when it comes. Throws ConfigError when its address cannot be read.
 */
export async function openSharedStores(input: SharedStoresInput): Promise<SharedStores> {
  const { limits, random, redis, slots, spend } = input;
  if (redis === undefined) {
    return { limits, slots, spend: spend?.store, isRedisAnswering: undefined, close: async () => undefined };
  }
  // Loaded when chosen: who counts alone pays for no driver.
  const { openRedisStores } = await import('../stores/redis/redis-stores.ts');
  return openRedisStores({ ...accessTo(redis, input), random, limits, slots, spend });
}

/** The same for a process that only keeps budgets with the ledger, and serves no requests. */
export async function openSharedSpend(input: SharingInput, spend: LocalSpend): Promise<RedisSpend> {
  const { redis } = input;
  if (redis === undefined) return { store: spend.store, close: async () => undefined };
  const { openRedisSpend } = await import('../stores/redis/redis-stores.ts');
  return openRedisSpend(accessTo(redis, input), spend);
}

/** Where an image of the record is kept for gateways that start without it; undefined: nowhere. */
export function imageOpener(
  redis: RedisConfig | undefined,
  { clock, metrics }: Pick<SharingInput, 'clock' | 'metrics'>,
): OpenImage | undefined {
  if (redis === undefined) return undefined;
  const onCall = callCounter(metrics);
  return async (image) => {
    const { openRedisRecordImage } = await import('../stores/redis/record-image-store.ts');
    return openRedisRecordImage({ ...image, url: redis.url, prefix: prefixOf(redis), clock, onCall });
  };
}

function prefixOf({ keyPrefix }: RedisConfig): string {
  return `{${keyPrefix}}:`;
}

function accessTo(redis: RedisConfig, { clock, log, metrics }: SharingInput): RedisAccess {
  return {
    url: redis.url,
    prefix: prefixOf(redis),
    clock,
    holder: randomUUID(),
    onNotice: (text) => log.warn('redis', text),
    watch: {
      called: callCounter(metrics),
      isAnswering: (isAnswering) => metrics.setRedisAnswering(isAnswering),
    },
  };
}

function callCounter(metrics: Metrics): RedisWatch['called'] {
  return (outcome, durationMs) => metrics.redisCall(outcome, durationMs);
}
