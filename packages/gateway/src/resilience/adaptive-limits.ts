import type { Clock } from '../canonical/clock.ts';
import type { AdaptiveConcurrencyConfig } from '../config/gateway-config.ts';
import { AdaptiveLimit, type AttemptEnd } from './adaptive-limit.ts';

/**
 * How many requests each target may hold, learned by this process from its own attempts. What is learned holds for this
 * process alone, so it must not size a pool that several processes share.
 */
export interface AdaptiveLimits {
  /** Requests that the target may hold now: a whole number, at least 1. From the first question on it is learned. */
  limitOf(targetId: string, config: AdaptiveConcurrencyConfig): number;
  /** An attempt holds a place at the target from now on. Each is followed by one `noteEnd`. */
  noteStart(targetId: string): void;
  noteEnd(targetId: string, end: AttemptEnd): void;
  /** Forgets all targets but these: after a reload, those that are gone. */
  retain(targetIds: ReadonlySet<string>): void;
}

export interface AdaptiveLimitsInput {
  readonly clock: Pick<Clock, 'now'>;
  /** Targets kept; the one asked for first goes first. Left out: 4096. */
  readonly maxTargets?: number;
}

export function createAdaptiveLimits({ clock, maxTargets = 4096 }: AdaptiveLimitsInput): AdaptiveLimits {
  const limits = new Map<string, AdaptiveLimit>();

  function begin(targetId: string, config: AdaptiveConcurrencyConfig): AdaptiveLimit {
    if (limits.size >= maxTargets) limits.delete(limits.keys().next().value!);
    const limit = new AdaptiveLimit(config);
    limits.set(targetId, limit);
    return limit;
  }

  return {
    limitOf(targetId, config) {
      const limit = limits.get(targetId) ?? begin(targetId, config);
      limit.adopt(config);
      return limit.current;
    },
    noteStart: (targetId) => limits.get(targetId)?.noteStart(),
    noteEnd: (targetId, end) => limits.get(targetId)?.noteEnd(end, clock.now()),
    retain(targetIds) {
      for (const targetId of limits.keys()) if (!targetIds.has(targetId)) limits.delete(targetId);
    },
  };
}

/** The bounds of one target's limit: a configured one is never exceeded. Compiled once for each target. */
export function adaptiveBounds(
  config: AdaptiveConcurrencyConfig,
  bulkhead: { readonly maxConcurrent: number } | undefined,
): AdaptiveConcurrencyConfig {
  if (bulkhead === undefined || bulkhead.maxConcurrent >= config.maxLimit) return config;
  const most = Math.max(1, bulkhead.maxConcurrent);
  return {
    minLimit: Math.min(config.minLimit, most),
    maxLimit: most,
    initialLimit: Math.min(config.initialLimit, most),
  };
}
