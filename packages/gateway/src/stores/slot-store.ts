import type { WhenStoreIsAway } from './limit-store.ts';

/** A pool of slots with a bounded queue before it: the admission queue, or one target's bulkhead. */
export interface SlotPool {
  readonly id: string;
  /** Whether it is one pool for all replicas where they have a store in common; otherwise each machine has its own. */
  readonly isShared?: boolean;
  /** Of a shared pool, as of a limit; left out: `open`. */
  readonly whenStoreIsAway?: WhenStoreIsAway;
  readonly maxConcurrent: number;
  /** How many may wait; one more is refused at once. */
  readonly maxQueue: number;
  /** Milliseconds a wait may last. */
  readonly timeoutMs: number;
}

/** A slot that is held; `release` gives it back, is called on the slot, and may be called more than once. */
export interface Slot {
  release(): void;
}

/** What a waiter listens to: an AbortSignal, or anything that cancels like one and costs less to make. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: { handleEvent(): void }): void;
  removeEventListener(type: 'abort', listener: { handleEvent(): void }): void;
}

export type SlotRefusal = 'full' | 'timeout' | 'aborted';

export interface SlotCounts {
  readonly inFlight: number;
  readonly queued: number;
}

/**
 * Hands out slots first come, first served. A waiter whose signal aborts leaves the queue at once. Slots of a holder
 * that dies (another process) come back. A pool whose size changes on reload keeps its holders.
 */
export interface SlotStore {
  /**
   * A free slot at once, a promise while queued, or the reason of the refusal. Throws, or rejects with, a GatewayError of
   * kind `store_unavailable` for pools that are closed while the store is away.
   */
  acquire(pool: SlotPool, signal: CancelSignal): Slot | SlotRefusal | Promise<Slot | SlotRefusal>;
  /** The pool has this size from now on: who waits gets what is free. A pool that nobody uses need not be told of. */
  resize(pool: SlotPool): void;
  /** How many hold and wait now, over all processes as far as known here. */
  counts(poolId: string): SlotCounts;
}
