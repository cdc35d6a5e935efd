import type { Clock } from '../../canonical/clock.ts';
import type { CancelSignal, Slot, SlotCounts, SlotPool, SlotRefusal, SlotStore } from '../slot-store.ts';
import type { RedisConnection } from './redis-connection.ts';
import { SlotQueue, type SlotQueueOwner } from './slot-queue.ts';
import { acquireScript, releaseScript, renewScript } from './slot-scripts.ts';
import { storeIsAway } from './store-is-away.ts';

export interface RedisSlotStoreInput {
  readonly connection: Pick<RedisConnection, 'isAnswering' | 'run'>;
  /** Hands out slots of pools that are not shared, and of all open ones while Redis does not answer. */
  readonly fallback: SlotStore;
  readonly clock: Pick<Clock, 'schedule'>;
  /** Between 0 and 1, for the spread of polls. */
  readonly random: () => number;
  /** Names this process among all replicas, in this life. */
  readonly holder: string;
  /** Milliseconds after which the slots of a holder that died come back; renewed every third of it. Left out: 10,000. */
  readonly leaseMs?: number;
  /** Milliseconds, on the average, after which a queue looks whether another replica gave a slot back; left out: 50. */
  readonly pollMs?: number;
  /** Before the names of all keys. */
  readonly prefix: string;
  /** Milliseconds that take the place of the server's time; for tests. */
  readonly serverTime?: () => number;
}

export interface RedisSlotStore extends SlotStore {
  /** Ends renewals and polls. Slots that are still held come back with their leases. */
  close(): void;
}

/**
 * Hands out slots of shared pools, which all replicas have in common, as leases in Redis. Within a process they go first come, first served; between
 * replicas whoever asks first after one is free gets it, which a waiting one does every moment. `maxQueue` is for each
 * process. Slots of a holder that dies come back when their leases end; a holder that cannot reach Redis keeps its own,
 * and says so when it can.
 */
export function createRedisSlotStore(input: RedisSlotStoreInput): RedisSlotStore {
  return new SharedSlots(input);
}

/** Pool ids come from configuration and keys; past this many, pools that nobody here uses are forgotten. */
const manyPools = 10_000;

class SharedSlots implements RedisSlotStore, SlotQueueOwner {
  readonly #input: RedisSlotStoreInput;
  readonly #prefix: string;
  readonly #leaseMs: number;
  readonly #queues = new Map<string, SlotQueue>();
  #lastTicket = 0;
  /** Queues that hold a slot. */
  #holdingQueues = 0;
  #cancelRenewal: (() => void) | undefined;
  #isClosed = false;

  constructor(input: RedisSlotStoreInput) {
    this.#input = input;
    this.#prefix = `${input.prefix}slots:`;
    this.#leaseMs = input.leaseMs ?? 10_000;
  }

  acquire(pool: SlotPool, signal: CancelSignal): Slot | SlotRefusal | Promise<Slot | SlotRefusal> {
    if (signal.aborted) return 'aborted';
    if (pool.isShared !== true) return this.#input.fallback.acquire(pool, signal);
    if (this.#isClosed || !this.#input.connection.isAnswering()) return this.fallBack(pool, signal);
    return this.#queueOf(pool).join(signal);
  }

  resize(pool: SlotPool): void {
    this.#input.fallback.resize(pool);
    this.#queues.get(pool.id)?.resize(pool);
  }

  counts(poolId: string): SlotCounts {
    const queue = this.#queues.get(poolId);
    const own = this.#input.fallback.counts(poolId);
    return { inFlight: (queue?.inUse ?? 0) + own.inFlight, queued: (queue?.waiting.size ?? 0) + own.queued };
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRenewal?.();
    this.#cancelRenewal = undefined;
  }

  async ask(pool: SlotPool, tickets: readonly string[]): Promise<readonly [granted: number, held: number]> {
    const parameters = [this.#time(), String(pool.maxConcurrent), String(this.#leaseMs), ...tickets];
    const answer = await this.#input.connection.run(acquireScript, [this.#prefix + pool.id], parameters);
    return answer as [number, number];
  }

  async giveBack(poolId: string, tickets: readonly string[]): Promise<number | undefined> {
    try {
      const parameters = [this.#time(), ...tickets];
      return (await this.#input.connection.run(releaseScript, [this.#prefix + poolId], parameters)) as number;
    } catch {
      return undefined;
    }
  }

  fallBack(pool: SlotPool, signal: CancelSignal): Slot | SlotRefusal | Promise<Slot | SlotRefusal> {
    if (pool.whenStoreIsAway === 'closed') throw storeIsAway('A limit');
    return this.#input.fallback.acquire(pool, signal);
  }

  schedule(callback: () => void, delayMs: number): () => void {
    return this.#input.clock.schedule(callback, delayMs);
  }

  pollMs(): number {
    return (this.#input.pollMs ?? 50) * (0.5 + this.#input.random());
  }

  newTicket(): string {
    this.#lastTicket += 1;
    return `${this.#input.holder}:${this.#lastTicket}`;
  }

  heldChanged(queues: 1 | -1): void {
    this.#holdingQueues += queues;
    if (this.#holdingQueues > 0) {
      if (!this.#isClosed) this.#cancelRenewal ??= this.schedule(() => this.#renew(), this.#leaseMs / 3);
      return;
    }
    this.#cancelRenewal?.();
    this.#cancelRenewal = undefined;
  }

  *#holding(): Generator<SlotQueue> {
    for (const queue of this.#queues.values()) if (queue.held.size > 0) yield queue;
  }

  #renew(): void {
    this.#cancelRenewal = undefined;
    const keys: string[] = [];
    const parameters = [this.#time(), String(this.#leaseMs)];
    for (const { pool, held } of this.#holding()) {
      keys.push(this.#prefix + pool.id);
      parameters.push(String(held.size), ...held);
    }
    if (keys.length === 0 || this.#isClosed) return;
    this.#cancelRenewal = this.schedule(() => this.#renew(), this.#leaseMs / 3);
    // One that fails is followed by two more before the leases end; those that ended are taken up again.
    if (this.#input.connection.isAnswering()) {
      this.#input.connection.run(renewScript, keys, parameters).catch(() => undefined);
    }
  }

  #queueOf(pool: SlotPool): SlotQueue {
    const known = this.#queues.get(pool.id);
    if (known !== undefined) {
      known.pool = pool;
      return known;
    }
    if (this.#queues.size >= manyPools) {
      for (const [id, { held, waiting }] of this.#queues) {
        if (held.size === 0 && waiting.size === 0) this.#queues.delete(id);
      }
    }
    const queue = new SlotQueue(this, pool);
    this.#queues.set(pool.id, queue);
    return queue;
  }

  #time(): string {
    return this.#input.serverTime === undefined ? '' : String(this.#input.serverTime());
  }
}
