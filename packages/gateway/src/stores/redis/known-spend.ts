import type { SpendSums } from '../judge-spend.ts';
import type { SpendCap } from '../spend-store.ts';
import { windowEnd } from '../spend-window.ts';

/** What Redis said of a counter. Amounts are nano-dollars. */
export interface KnownNumbers {
  readonly cap: SpendCap;
  /** When its window began. */
  readonly start: number;
  readonly spent: number;
  readonly reserved: number;
  /** Milliseconds until a window that rolls has more. */
  readonly rollingMs: number;
}

/** Judges a claim by what Redis said of its counter. */
export class KnownSpend implements SpendSums {
  readonly #known: KnownNumbers;

  constructor(known: KnownNumbers) {
    this.#known = known;
  }

  get spent(): number {
    return this.#known.spent;
  }

  get reserved(): number {
    return this.#known.reserved;
  }

  refuses(cap: SpendCap, nanos: number): boolean {
    const taken = this.spent + this.reserved;
    return cap.isHard && (taken >= cap.capNanos || taken + nanos > cap.capNanos);
  }

  left(cap: SpendCap): number {
    return Math.max(0, cap.capNanos - this.spent - this.reserved);
  }

  resetMs(wallMs: number): number | null {
    const { cap, start, rollingMs } = this.#known;
    if (cap.window.kind === 'rolling') return rollingMs;
    return cap.window.kind === 'total' ? null : Math.max(0, windowEnd(cap.window, start) - wallMs);
  }
}
