import { type SpendReservation, type SpendVerdict, wholeNanos } from './spend-store.ts';

/** What is set aside where its cost has to be told; nothing where the request was refused. */
export class ToldSpend implements SpendReservation {
  readonly verdict: SpendVerdict;
  #tell: ((nanos: number) => void) | undefined;

  /** `tell` hears of the first cost. */
  constructor(verdict: SpendVerdict, tell: (nanos: number) => void) {
    this.verdict = verdict;
    this.#tell = verdict.allowed ? tell : undefined;
  }

  settle(nanos: number): void {
    const whole = wholeNanos(nanos);
    const tell = this.#tell;
    this.#tell = undefined;
    tell?.(whole);
  }

  release(): void {
    this.settle(0);
  }
}
