import type { Clock } from '../../canonical/clock.ts';
import type { ReservingLimitStore } from '../limit-store.ts';
import type { Slot, SlotPool, SlotRefusal, SlotStore } from '../slot-store.ts';
import type { ClusterHub } from './hub.ts';
import { createClusterLimitHost } from './limit-host.ts';
import { type AcquireAnswer, type AcquireMessage, type SettledMessage, storeTopics } from './store-messages.ts';

export interface ClusterStoreHostInput {
  readonly hub: ClusterHub;
  /** The stores that count for all workers. */
  readonly limits: ReservingLimitStore;
  readonly slots: SlotStore;
  readonly clock: Pick<Clock, 'schedule'>;
  /** Milliseconds over which changes of counts are gathered before workers hear of them; left out: 200. */
  readonly countsIntervalMs?: number;
}

/** Serves the stores of the primary process to its workers. What a worker held or waited for comes back when it dies. */
export function createClusterStoreHost(input: ClusterStoreHostInput): void {
  const { hub, limits } = input;
  const host = new SlotHost(input);
  createClusterLimitHost(hub, limits);
  hub.answer(storeTopics.acquire, (message, worker) => host.acquire(message as AcquireMessage, worker));
  hub.on(storeTopics.giveUp, (ticket, worker) => host.giveUp(ticket as number, worker));
  hub.on(storeTopics.resize, (pool) => input.slots.resize(pool as SlotPool));
  hub.onDetach((worker) => host.forget(worker));
}

/** A worker's claim on a slot: waiting while `slot` is undefined. */
interface Claim {
  readonly poolId: string;
  readonly leaver: AbortController;
  slot: Slot | undefined;
}

class SlotHost {
  readonly #input: ClusterStoreHostInput;
  readonly #claims = new Map<number, Map<number, Claim>>();
  readonly #changedPools = new Set<string>();
  #isCountsDue = false;

  constructor(input: ClusterStoreHostInput) {
    this.#input = input;
  }

  acquire(message: AcquireMessage, worker: number): AcquireAnswer {
    const { ticket, pool } = message;
    const claim: Claim = { poolId: pool.id, leaver: new AbortController(), slot: undefined };
    const outcome = this.#input.slots.acquire(pool, claim.leaver.signal);
    if (typeof outcome === 'string') return outcome;
    this.#claimsOf(worker).set(ticket, claim);
    this.#noteChange(pool.id);
    if (!(outcome instanceof Promise)) {
      claim.slot = outcome;
      return 'granted';
    }
    void outcome.then((settled) => this.#settle(claim, settled, ticket, worker));
    return 'queued';
  }

  giveUp(ticket: number, worker: number): void {
    const claims = this.#claims.get(worker);
    const claim = claims?.get(ticket);
    if (claim === undefined) return;
    claims?.delete(ticket);
    this.#end(claim);
  }

  forget(worker: number): void {
    const claims = this.#claims.get(worker);
    this.#claims.delete(worker);
    for (const claim of claims?.values() ?? []) this.#end(claim);
  }

  #settle(claim: Claim, outcome: Slot | SlotRefusal, ticket: number, worker: number): void {
    const claims = this.#claims.get(worker);
    const isWanted = claims?.get(ticket) === claim;
    this.#noteChange(claim.poolId);
    if (typeof outcome === 'string') claims?.delete(ticket);
    // The worker may have gone between the grant and this turn.
    else if (!isWanted) outcome.release();
    else claim.slot = outcome;
    const message: SettledMessage = { ticket, outcome: typeof outcome === 'string' ? outcome : 'granted' };
    if (isWanted) this.#input.hub.post(worker, storeTopics.settled, message);
  }

  #end(claim: Claim): void {
    if (claim.slot === undefined) claim.leaver.abort();
    else claim.slot.release();
    this.#noteChange(claim.poolId);
  }

  #claimsOf(worker: number): Map<number, Claim> {
    let claims = this.#claims.get(worker);
    if (claims === undefined) {
      claims = new Map();
      this.#claims.set(worker, claims);
    }
    return claims;
  }

  #noteChange(poolId: string): void {
    this.#changedPools.add(poolId);
    if (this.#isCountsDue) return;
    this.#isCountsDue = true;
    this.#input.clock.schedule(() => this.#tellCounts(), this.#input.countsIntervalMs ?? 200);
  }

  #tellCounts(): void {
    this.#isCountsDue = false;
    const counts = Array.from(this.#changedPools, (id) => [id, this.#input.slots.counts(id)]);
    this.#changedPools.clear();
    this.#input.hub.broadcast(storeTopics.counts, counts);
  }
}
