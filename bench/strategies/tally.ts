import type { SimulatedTarget } from './simulated-target.ts';

/** What came of a simulation. */
export interface TallyResult {
  /** Attempts of the busiest target, as a multiple of the mean. */
  readonly skew: number;
  /** Standard deviation of the attempts of targets, as a share of the mean. */
  readonly variation: number;
  /** The same for attempts divided by capacity: 0 means that all are equally busy for their size. */
  readonly variationForCapacity: number;
  /** Milliseconds from the arrival to the first token, failed attempts included. */
  readonly medianMs: number;
  readonly p99Ms: number;
  /** Shares of the requests. */
  readonly gaveUp: number;
  readonly failedAttempts: number;
  readonly limitedAttempts: number;
  /** Dollars for a thousand requests. */
  readonly dollars: number;
  /** Share of the later turns of conversations whose prompt the target had kept. */
  readonly warm: number;
}

/** Counts what happens in a simulation. */
export class Tally {
  readonly #waits: Float64Array;
  readonly #requests: number;
  #answered = 0;
  #gaveUp = 0;
  #failed = 0;
  #limited = 0;
  #nanoDollars = 0;
  #laterTurns = 0;
  #warmTurns = 0;

  constructor(requests: number) {
    this.#requests = requests;
    this.#waits = new Float64Array(requests);
  }

  /** `isWarm`: undefined for the first turn of a conversation. */
  answered(one: {
    readonly waitedMs: number;
    readonly nanoDollars: number;
    readonly isWarm: boolean | undefined;
  }): void {
    this.#waits[this.#answered++] = one.waitedMs;
    this.#nanoDollars += one.nanoDollars;
    if (one.isWarm === undefined) return;
    this.#laterTurns++;
    if (one.isWarm) this.#warmTurns++;
  }

  failed(kind: 'failed' | 'limited'): void {
    if (kind === 'limited') this.#limited++;
    else this.#failed++;
  }

  gaveUp(): void {
    this.#gaveUp++;
  }

  result(targets: readonly SimulatedTarget[]): TallyResult {
    const waits = this.#waits.subarray(0, this.#answered).sort();
    const attempts = targets.map((target) => target.attempts);
    const at = (share: number) => waits[Math.max(0, Math.ceil(share * waits.length) - 1)] ?? Number.NaN;
    return {
      skew: Math.max(...attempts) / mean(attempts),
      variation: variation(attempts),
      variationForCapacity: variation(targets.map((target) => target.attempts / target.nature.capacity)),
      medianMs: at(0.5),
      p99Ms: at(0.99),
      gaveUp: this.#gaveUp / this.#requests,
      failedAttempts: this.#failed / this.#requests,
      limitedAttempts: this.#limited / this.#requests,
      dollars: (this.#nanoDollars / this.#answered / 1e9) * 1_000,
      warm: this.#warmTurns / this.#laterTurns,
    };
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2))) / middle;
}
