import type { SpendSums } from '../judge-spend.ts';
import type { SpendCap } from '../spend-store.ts';
import { type SpendWindow, slicesOfWindow, windowEnd, windowStart } from '../spend-window.ts';

/** Slots of the ring of slices: one more than a window has, for the slice that is only partly in it. */
const slots = slicesOfWindow + 1;

/** Counts one cap's spending for one key. The moments it is given are milliseconds since 1970. */
export class SpendCounter implements SpendSums {
  readonly window: SpendWindow;
  /** When the window that is counted began; 0 where it never ends or rolls. */
  start: number;
  spent = 0;
  reserved = 0;
  /** The highest threshold that was told of in this window. */
  alerted = 0;
  #alertedAt = 0;
  #end: number;
  /** Nano-dollars by slice; undefined where the window does not roll. */
  readonly #slices: Float64Array | undefined;
  readonly #sliceMs: number;
  #slice: number;

  constructor(window: SpendWindow, wallMs: number) {
    this.window = window;
    this.start = windowStart(window, wallMs);
    this.#end = windowEnd(window, this.start);
    const isRolling = window.kind === 'rolling';
    this.#slices = isRolling ? new Float64Array(slots) : undefined;
    this.#sliceMs = isRolling ? window.ms / slicesOfWindow : 1;
    this.#slice = Math.floor(wallMs / this.#sliceMs);
  }

  /** Moves on to the window that holds this moment. */
  advance(wallMs: number): void {
    if (this.#slices !== undefined) this.#roll(this.#slices, wallMs);
    if (wallMs < this.#end) return;
    this.start = windowStart(this.window, wallMs);
    this.#end = windowEnd(this.window, this.start);
    this.spent = 0;
    // What is set aside belongs to the window that is over.
    this.reserved = 0;
    this.alerted = 0;
  }

  /** Whether this leaves no room for so much more. */
  refuses(cap: SpendCap, nanos: number): boolean {
    const taken = this.spent + this.reserved;
    return cap.isHard && (taken >= cap.capNanos || taken + nanos > cap.capNanos);
  }

  left(cap: SpendCap): number {
    return Math.max(0, cap.capNanos - this.spent - this.reserved);
  }

  setAside(nanos: number): void {
    this.reserved = Math.min(Number.MAX_SAFE_INTEGER, this.reserved + nanos);
  }

  /** Gives back what was set aside in the window that began then. */
  giveBack(start: number, nanos: number): void {
    if (start === this.start) this.reserved = Math.max(0, this.reserved - nanos);
  }

  /** Counts what was spent at a moment in the window that began then; nothing when it is over. */
  spend(start: number, spentAt: number, nanos: number): void {
    if (start !== this.start) return;
    if (this.#slices !== undefined) {
      const slice = Math.min(this.#slice, Math.floor(spentAt / this.#sliceMs));
      if (slice <= this.#slice - slots) return;
      this.#slices[slice % slots]! += nanos;
    }
    this.spent = Math.min(Number.MAX_SAFE_INTEGER, this.spent + nanos);
  }

  /** Milliseconds until there is more; null where there never is. */
  resetMs(wallMs: number): number | null {
    if (this.#slices === undefined) return this.#end === Number.POSITIVE_INFINITY ? null : this.#end - wallMs;
    for (let slice = Math.max(0, this.#slice - slots + 1); slice <= this.#slice; slice++) {
      if (this.#slices[slice % slots]! > 0) return Math.max(1, Math.ceil((slice + slots) * this.#sliceMs - wallMs));
    }
    return 0;
  }

  /** Thresholds that were reached since the last time, each told of once in a window. */
  crossed({ thresholds, capNanos }: SpendCap, wallMs: number): readonly number[] {
    if (this.spent === 0 || thresholds.length === 0 || this.spent * 100 < thresholds[0]! * capNanos) return none;
    if (this.window.kind === 'rolling' && wallMs - this.#alertedAt >= this.window.ms) this.alerted = 0;
    const reached = thresholds.filter((percent) => percent > this.alerted && this.spent * 100 >= percent * capNanos);
    if (reached.length === 0) return none;
    this.alerted = reached.at(-1)!;
    this.#alertedAt = wallMs;
    return reached;
  }

  /** Whether forgetting this counter would change nothing. */
  isIdle(wallMs: number): boolean {
    this.advance(wallMs);
    return this.spent === 0 && this.reserved === 0;
  }

  #roll(slices: Float64Array, wallMs: number): void {
    const current = Math.floor(wallMs / this.#sliceMs);
    if (current <= this.#slice) return;
    const from = Math.max(this.#slice + 1, current - slots + 1);
    for (let slice = from; slice <= current; slice++) {
      this.spent -= slices[slice % slots]!;
      slices[slice % slots] = 0;
    }
    this.#slice = current;
  }
}

const none: readonly number[] = [];
