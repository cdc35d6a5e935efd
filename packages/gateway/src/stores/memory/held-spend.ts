import { type SpendClaim, type SpendReservation, type SpendVerdict, wholeNanos } from '../spend-store.ts';
import type { SpendCounter } from './spend-counter.ts';

/** What counts the end of a reservation. */
export interface SpendOwner {
  conclude(held: HeldSpend, holding: Holding, nanos: number): void;
}

export interface Holding {
  readonly claims: readonly SpendClaim[];
  readonly counters: readonly SpendCounter[];
  readonly estimate: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** By the monotonic clock. */
  readonly leaseEnd: number;
}

/** Nothing was set aside: the request was refused, or nothing counts it. */
export class RefusedSpend implements SpendReservation {
  readonly verdict: SpendVerdict;

  constructor(verdict: SpendVerdict) {
    this.verdict = verdict;
  }

  settle(): void {}

  release(): void {}
}

/** An estimate that is set aside. */
export class HeldSpend implements SpendReservation {
  readonly verdict: SpendVerdict;
  /** When the windows began in which it was set aside. */
  readonly starts: readonly number[];
  readonly leaseEnd: number;
  /** Of the queue of leases; its business. */
  isLeased = false;
  older: HeldSpend | undefined;
  newer: HeldSpend | undefined;
  readonly #owner: SpendOwner;
  readonly #holding: Holding;
  #isOpen = true;

  constructor(verdict: SpendVerdict, owner: SpendOwner, holding: Holding) {
    this.verdict = verdict;
    const starts = new Array<number>(holding.counters.length);
    for (let index = 0; index < starts.length; index++) starts[index] = holding.counters[index]!.start;
    this.starts = starts;
    this.leaseEnd = holding.leaseEnd;
    this.#owner = owner;
    this.#holding = holding;
  }

  settle(nanos: number): void {
    const whole = wholeNanos(nanos);
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#owner.conclude(this, this.#holding, whole);
  }

  release(): void {
    this.settle(0);
  }

  /** The lease is over: what is set aside comes back, and what it costs can still be told. */
  end(): void {
    const { counters, estimate } = this.#holding;
    for (const [index, counter] of counters.entries()) counter.giveBack(this.starts[index]!, estimate);
  }
}
