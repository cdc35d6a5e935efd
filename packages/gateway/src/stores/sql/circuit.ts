import type { Clock } from '../../canonical/clock.ts';
import { SqlError } from './sql-error.ts';

export interface CircuitSettings {
  readonly clock: Clock;
  /** Names the database in messages. */
  readonly place: string;
  /** Asks the database something trivial; rejects when it does not answer. */
  readonly probe: () => Promise<unknown>;
  readonly onNotice?: ((text: string) => void) | undefined;
}

/** Failures in a row after which calls are no longer let through. */
const FAILURES_TO_OPEN = 3;
/** Milliseconds during which no call is let through and no probe is sent. */
const PAUSE_MS = 1_000;
/** Milliseconds a call waits for a probe: long enough for a database that is back, short enough for one that is not. */
const PROBE_PATIENCE_MS = 30;

/**
 * Spares callers the wait for a database that does not answer. After some failures in a row calls fail at once; from a
 * second later on, the next call sends one probe and waits for it a moment. Its answer lets calls through again.
 */
export class Circuit {
  readonly #settings: CircuitSettings;
  #failures = 0;
  #closedUntil = 0;
  #probe: Promise<boolean> | undefined;

  constructor(settings: CircuitSettings) {
    this.#settings = settings;
  }

  /** Resolves when a call may be made; rejects with `unavailable` otherwise. */
  async enter(): Promise<void> {
    if (this.#failures < FAILURES_TO_OPEN) return;
    const { clock, place } = this.#settings;
    if (this.#probe === undefined && clock.now() >= this.#closedUntil) this.#probe = this.#sendProbe();
    if (this.#probe !== undefined && (await this.#patiently(this.#probe))) return;
    throw new SqlError('unavailable', `${place} does not answer; it is asked again within a second or two.`);
  }

  /** A call reached the database, whatever came of it. */
  succeeded(): void {
    if (this.#failures >= FAILURES_TO_OPEN) this.#settings.onNotice?.(`${this.#settings.place} answers again.`);
    this.#failures = 0;
  }

  /** A call did not reach the database. */
  failed(): void {
    this.#failures += 1;
    if (this.#failures < FAILURES_TO_OPEN) return;
    this.#closedUntil = this.#settings.clock.now() + PAUSE_MS;
    if (this.#failures > FAILURES_TO_OPEN) return;
    this.#settings.onNotice?.(
      `${this.#settings.place} does not answer. Calls to it fail at once until it does; it is probed every second.`,
    );
  }

  async #sendProbe(): Promise<boolean> {
    try {
      await this.#settings.probe();
      this.succeeded();
      return true;
    } catch {
      this.failed();
      return false;
    } finally {
      this.#probe = undefined;
    }
  }

  #patiently(probe: Promise<boolean>): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.#settings.clock.schedule(() => resolve(false), PROBE_PATIENCE_MS);
      void probe.then((isBack) => {
        cancel();
        resolve(isBack);
      });
    });
  }
}
