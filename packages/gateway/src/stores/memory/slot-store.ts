import type { Clock } from '../../canonical/clock.ts';
import type { CancelSignal, Slot, SlotCounts, SlotPool, SlotRefusal, SlotStore } from '../slot-store.ts';

export interface MemorySlotStoreInput {
  readonly clock: Pick<Clock, 'schedule'>;
}

/** Hands out slots from this process's memory. A free slot comes without a promise. */
export function createMemorySlotStore(input: MemorySlotStoreInput): SlotStore {
  return new PoolTable(input.clock);
}

/** Pool ids come from the configuration; past this many, pools that nobody uses any more are forgotten. */
const manyPools = 10_000;
/** Node turns longer timers into immediate ones. */
const longestTimerMs = 2_147_483_647;
const noCounts: SlotCounts = { inFlight: 0, queued: 0 };

class PoolTable implements SlotStore {
  readonly #clock: Pick<Clock, 'schedule'>;
  readonly #pools = new Map<string, PoolState>();

  constructor(clock: Pick<Clock, 'schedule'>) {
    this.#clock = clock;
  }

  acquire(pool: SlotPool, signal: CancelSignal): Slot | SlotRefusal | Promise<Slot | SlotRefusal> {
    if (signal.aborted) return 'aborted';
    const state = this.#pools.get(pool.id) ?? this.#create(pool.id);
    if (state.maxConcurrent !== pool.maxConcurrent) state.resize(pool.maxConcurrent);
    // A waiter exists only while no slot is free, so a free slot overtakes nobody.
    if (state.inFlight < pool.maxConcurrent) return new HeldSlot(state);
    if (state.queued >= pool.maxQueue) return 'full';
    return new Promise<Slot | SlotRefusal>((resolve) => {
      const waiter = new Waiter(state, signal, resolve);
      waiter.wait(this.#clock, Math.min(pool.timeoutMs, longestTimerMs));
    });
  }

  resize({ id, maxConcurrent }: SlotPool): void {
    this.#pools.get(id)?.resize(maxConcurrent);
  }

  counts(poolId: string): SlotCounts {
    const state = this.#pools.get(poolId);
    return state === undefined ? noCounts : { inFlight: state.inFlight, queued: state.queued };
  }

  #create(poolId: string): PoolState {
    if (this.#pools.size >= manyPools) {
      for (const [id, state] of this.#pools) if (state.inFlight === 0 && state.queued === 0) this.#pools.delete(id);
    }
    const state = new PoolState();
    this.#pools.set(poolId, state);
    return state;
  }
}

class PoolState {
  maxConcurrent = 0;
  inFlight = 0;
  queued = 0;
  first: Waiter | undefined;
  last: Waiter | undefined;

  resize(maxConcurrent: number): void {
    this.maxConcurrent = maxConcurrent;
    this.admit();
  }

  /** Gives free slots to those who wait, in the order they came. */
  admit(): void {
    while (this.first !== undefined && this.inFlight < this.maxConcurrent) this.first.leave(new HeldSlot(this));
  }
}

class HeldSlot implements Slot {
  #pool: PoolState | undefined;

  constructor(pool: PoolState) {
    this.#pool = pool;
    pool.inFlight += 1;
  }

  release(): void {
    const pool = this.#pool;
    if (pool === undefined) return;
    this.#pool = undefined;
    pool.inFlight -= 1;
    if (pool.first !== undefined) pool.admit();
  }
}

/** One place in a pool's queue; it is the listener of its own signal. */
class Waiter {
  readonly #pool: PoolState;
  readonly #signal: CancelSignal;
  readonly #resolve: (outcome: Slot | SlotRefusal) => void;
  #cancelTimer: (() => void) | undefined;
  #previous: Waiter | undefined;
  #next: Waiter | undefined;

  constructor(pool: PoolState, signal: CancelSignal, resolve: (outcome: Slot | SlotRefusal) => void) {
    this.#pool = pool;
    this.#signal = signal;
    this.#resolve = resolve;
  }

  wait(clock: Pick<Clock, 'schedule'>, timeoutMs: number): void {
    const pool = this.#pool;
    this.#previous = pool.last;
    if (pool.last === undefined) pool.first = this;
    else pool.last.#next = this;
    pool.last = this;
    pool.queued += 1;
    this.#cancelTimer = clock.schedule(() => this.leave('timeout'), timeoutMs);
    this.#signal.addEventListener('abort', this);
  }

  handleEvent(): void {
    this.leave('aborted');
  }

  /** Ends the wait; called once, because every way of leaving removes the others. */
  leave(outcome: Slot | SlotRefusal): void {
    const pool = this.#pool;
    if (this.#previous === undefined) pool.first = this.#next;
    else this.#previous.#next = this.#next;
    if (this.#next === undefined) pool.last = this.#previous;
    else this.#next.#previous = this.#previous;
    pool.queued -= 1;
    this.#cancelTimer?.();
    this.#signal.removeEventListener('abort', this);
    this.#resolve(outcome);
  }
}
