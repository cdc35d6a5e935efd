import type { AdaptiveConcurrencyConfig } from './config/gateway-config.ts';
import { type AdaptiveLimits, adaptiveBounds } from './resilience/adaptive-limits.ts';
import type { Target } from './routing/target.ts';
import type { CancelSignal, Slot, SlotRefusal, SlotStore } from './stores/slot-store.ts';

/** Requests that may wait for a target without a bulkhead of its own. */
export const usualAdaptiveQueue = 500;

/** Slots at targets, as many as each has shown to bear. */
export interface AdaptiveBulkheads {
  acquire(target: Target, signal: CancelSignal): Slot | SlotRefusal | Promise<Slot | SlotRefusal>;
}

export interface AdaptiveBulkheadsInput {
  readonly config: AdaptiveConcurrencyConfig;
  readonly limits: AdaptiveLimits;
  /** Of this process alone, as what it learns is. */
  readonly slots: SlotStore;
  /** For targets without a bulkhead of their own: how many may wait, and for how many milliseconds. */
  readonly queue: { readonly maxQueue: number; readonly timeoutMs: number };
}

export function createAdaptiveBulkheads({ config, limits, slots, queue }: AdaptiveBulkheadsInput): AdaptiveBulkheads {
  const boundsOf = new WeakMap<Target, AdaptiveConcurrencyConfig>();
  return {
    acquire(target, signal) {
      let bounds = boundsOf.get(target);
      if (bounds === undefined) {
        bounds = adaptiveBounds(config, target.bulkhead);
        boundsOf.set(target, bounds);
      }
      const { id, bulkhead } = target;
      const maxConcurrent = limits.limitOf(id, bounds);
      const { maxQueue, timeoutMs } = bulkhead ?? queue;
      return slots.acquire({ id: `adaptive:${id}`, maxConcurrent, maxQueue, timeoutMs }, signal);
    },
  };
}
