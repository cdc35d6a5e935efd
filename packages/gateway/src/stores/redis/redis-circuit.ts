import type { Clock } from '../../canonical/clock.ts';

export interface RedisCircuitInput {
  readonly clock: Pick<Clock, 'schedule'>;
  /** Asks the server something trivial; rejects when it does not answer within a bound of its own. */
  readonly probe: () => Promise<void>;
  /** Hears that calls are not worth trying any more, or are again. */
  readonly onChange: (isClosed: boolean) => void;
}

/** Failures in a row after which no call is made. */
const failuresToOpen = 5;
/** Milliseconds between probes. */
const pauseMs = 1_000;

/**
 * Spares callers the wait for a server that does not answer. After some failures in a row it is open: nobody calls, and a
 * probe a second, for which nobody waits, finds out when the server is back.
 */
export class RedisCircuit {
  readonly #input: RedisCircuitInput;
  #failures = 0;
  #isEnded = false;
  #cancelProbe = (): void => {};

  constructor(input: RedisCircuitInput) {
    this.#input = input;
  }

  /** Whether calls may be made. */
  isClosed(): boolean {
    return this.#failures < failuresToOpen;
  }

  succeeded(): void {
    // An answer that comes late is none: it is for the probe to find out whether there are more.
    if (this.isClosed()) this.#failures = 0;
  }

  /** `calls`: how many failed together. */
  failed(calls: number): void {
    if (this.isClosed() && this.#failures + calls < failuresToOpen) this.#failures += calls;
    else this.open();
  }

  /** Nobody is to call until a probe was answered. */
  open(): void {
    if (!this.isClosed() || this.#isEnded) return;
    this.#failures = failuresToOpen;
    this.#probeLater();
    this.#input.onChange(false);
  }

  /** Ends the probes. */
  end(): void {
    this.#isEnded = true;
    this.#cancelProbe();
  }

  #probeLater(): void {
    if (this.#isEnded) return;
    this.#cancelProbe = this.#input.clock.schedule(() => this.#probe(), pauseMs);
  }

  #probe(): void {
    this.#input.probe().then(
      () => {
        if (this.#isEnded) return;
        this.#failures = 0;
        this.#input.onChange(true);
      },
      () => this.#probeLater(),
    );
  }
}
