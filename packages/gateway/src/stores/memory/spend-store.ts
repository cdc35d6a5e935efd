import type { Clock } from '../../canonical/clock.ts';
import { judgeSpend, unlimitedSpend } from '../judge-spend.ts';
import {
  defaultLeaseMs,
  type OnCrossing,
  type SpendAmount,
  type SpendClaim,
  type SpendReading,
  type SpendReservation,
  type SpendStore,
  wholeNanos,
} from '../spend-store.ts';
import { HeldSpend, type Holding, RefusedSpend } from './held-spend.ts';
import { LeaseQueue } from './lease-queue.ts';
import { SpendCounter } from './spend-counter.ts';

export interface MemorySpendStoreInput {
  readonly clock: Pick<Clock, 'now' | 'wallNow'>;
  readonly onCrossing: OnCrossing;
  /** Milliseconds after which a reservation that nobody settled ends; longer than any request. Left out: 30 minutes. */
  readonly leaseMs?: number;
  /** Counters kept; past it those that count nothing go, then the oldest. Left out: 100,000. */
  readonly maxCounters?: number;
}

export interface MemorySpendStore extends SpendStore {
  reserve(claims: readonly SpendClaim[], estimateNanos: number): SpendReservation;
  read(claims: readonly SpendClaim[]): readonly SpendReading[];
  /** Counters kept now. */
  size(): number;
}

/** Counts spending in this process's memory. Every answer is immediate; what it knows ends with the process. */
export function createMemorySpendStore(input: MemorySpendStoreInput): MemorySpendStore {
  return new SpendTable(input);
}

class SpendTable implements MemorySpendStore {
  readonly #clock: Pick<Clock, 'now' | 'wallNow'>;
  readonly #onCrossing: OnCrossing;
  readonly #leaseMs: number;
  readonly #maxCounters: number;
  readonly #byCap = new Map<string, Map<string, SpendCounter>>();
  #size = 0;
  /** Of reservations under way. */
  readonly #leases = new LeaseQueue();

  constructor({ clock, onCrossing, leaseMs = defaultLeaseMs, maxCounters = 100_000 }: MemorySpendStoreInput) {
    this.#clock = clock;
    this.#onCrossing = onCrossing;
    this.#leaseMs = leaseMs;
    this.#maxCounters = Math.max(16, maxCounters);
  }

  reserve(claims: readonly SpendClaim[], estimateNanos: number): SpendReservation {
    const estimate = wholeNanos(estimateNanos);
    const now = this.#clock.now();
    this.#endLeases(now);
    if (claims.length === 0) return new RefusedSpend(unlimitedSpend);
    const wallNow = this.#clock.wallNow();
    const counters = new Array<SpendCounter>(claims.length);
    for (let index = 0; index < claims.length; index++) counters[index] = this.#counterOf(claims[index]!, wallNow);
    const verdict = judgeSpend(claims, counters, estimate, wallNow);
    if (!verdict.allowed) return new RefusedSpend(verdict);
    const held = new HeldSpend(verdict, this, {
      claims,
      counters,
      estimate,
      at: wallNow,
      leaseEnd: now + this.#leaseMs,
    });
    for (const counter of counters) counter.setAside(estimate);
    this.#leases.add(held);
    return held;
  }

  add(amounts: readonly SpendAmount[]): void {
    const wallNow = this.#clock.wallNow();
    for (const amount of amounts) {
      const counter = this.#counterOf(amount, wallNow);
      counter.spend(amount.start, wallNow, wholeNanos(amount.nanos));
      this.#tell(amount, counter, wallNow);
    }
  }

  adopt(amounts: readonly SpendAmount[]): void {
    const wallNow = this.#clock.wallNow();
    for (const amount of amounts) {
      const counter = this.#counterOf(amount, wallNow);
      counter.spend(amount.start, wallNow, Math.max(0, wholeNanos(amount.nanos) - counter.spent));
    }
  }

  tellReached(claims: readonly SpendClaim[]): void {
    const wallNow = this.#clock.wallNow();
    for (const claim of claims) {
      const counter = this.#find(claim);
      counter?.advance(wallNow);
      if (counter !== undefined) this.#tell(claim, counter, wallNow);
    }
  }

  read(claims: readonly SpendClaim[]): readonly SpendReading[] {
    this.#endLeases(this.#clock.now());
    const wallNow = this.#clock.wallNow();
    return claims.map((claim) => {
      const counter = this.#find(claim) ?? new SpendCounter(claim.cap.window, wallNow);
      counter.advance(wallNow);
      const { spent, reserved, start } = counter;
      return { spentNanos: spent, reservedNanos: reserved, start, resetMs: counter.resetMs(wallNow) };
    });
  }

  size(): number {
    return this.#size;
  }

  /** Counts what a reservation came to. Whether it still counted: its lease may have ended. */
  conclude(held: HeldSpend, { claims, counters, estimate, at }: Holding, nanos: number): void {
    const isHeld = this.#leases.delete(held);
    const wallNow = this.#clock.wallNow();
    for (let index = 0; index < counters.length; index++) {
      const counter = counters[index]!;
      const start = held.starts[index]!;
      counter.advance(wallNow);
      if (isHeld) counter.giveBack(start, estimate);
      counter.spend(start, at, nanos);
      this.#tell(claims[index]!, counter, wallNow);
    }
  }

  #tell({ cap, key }: SpendClaim, counter: SpendCounter, wallNow: number): void {
    for (const percent of counter.crossed(cap, wallNow)) {
      this.#onCrossing({ cap, key, percent, spentNanos: counter.spent, start: counter.start });
    }
  }

  #endLeases(now: number): void {
    for (let ended = this.#leases.takeEnded(now); ended; ended = this.#leases.takeEnded(now)) ended.end();
  }

  /** The counter of a cap whose window is another now begins anew. */
  #find({ cap, key }: SpendClaim): SpendCounter | undefined {
    const counter = this.#byCap.get(cap.id)?.get(key);
    return counter !== undefined && isSameWindow(counter, cap.window) ? counter : undefined;
  }

  #counterOf(claim: SpendClaim, wallNow: number): SpendCounter {
    const known = this.#find(claim);
    if (known !== undefined) {
      known.advance(wallNow);
      return known;
    }
    const { cap, key } = claim;
    let keys = this.#byCap.get(cap.id);
    if (!keys?.has(key)) {
      if (this.#size >= this.#maxCounters) this.#makeRoom(wallNow);
      this.#size += 1;
    }
    keys = this.#byCap.get(cap.id);
    if (keys === undefined) {
      keys = new Map();
      this.#byCap.set(cap.id, keys);
    }
    const counter = new SpendCounter(cap.window, wallNow);
    keys.set(key, counter);
    return counter;
  }

  /** Forgets counters that count nothing; where there are none, the first tenth of all. */
  #makeRoom(wallNow: number): void {
    this.#forget((counter) => counter.isIdle(wallNow));
    if (this.#size < this.#maxCounters) return;
    let more = Math.ceil(this.#maxCounters / 10);
    this.#forget(() => more-- > 0);
  }

  #forget(isForgotten: (counter: SpendCounter) => boolean): void {
    for (const [capId, keys] of this.#byCap) {
      for (const [key, counter] of keys) {
        if (!isForgotten(counter)) continue;
        keys.delete(key);
        this.#size -= 1;
      }
      if (keys.size === 0) this.#byCap.delete(capId);
    }
  }
}

function isSameWindow({ window: own }: SpendCounter, window: SpendClaim['cap']['window']): boolean {
  if (own === window) return true;
  if (own.kind === 'calendar') return window.kind === 'calendar' && own.period === window.period;
  return own.kind === window.kind && (own.kind !== 'rolling' || (window.kind === 'rolling' && own.ms === window.ms));
}
