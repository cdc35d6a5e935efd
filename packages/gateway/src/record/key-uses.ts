import type { Clock } from '../canonical/clock.ts';
import type { KeyStore } from '../stores/key-store.ts';

/** Milliseconds after which uses are written down. */
const WRITE_MS = 10_000;
/** Milliseconds within which a further use of a key says nothing new. */
const SAME_MS = 60_000;
/** Keys whose use is remembered. */
const MOST_KEYS = 20_000;

/** When keys were last used, told to the record many at once. What it does not take is told again; none of it is worth a wait. */
export class KeyUses {
  readonly #store: Pick<KeyStore, 'touch'>;
  readonly #clock: Clock;
  /** Monotonic milliseconds at which a use was last noted. */
  #noted = new Map<string, number>();
  #waiting = new Map<string, number>();
  #cancelTimer: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(store: Pick<KeyStore, 'touch'>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  note(id: string): void {
    const now = this.#clock.now();
    const last = this.#noted.get(id);
    if (last !== undefined && now - last < SAME_MS) return;
    if (this.#noted.size >= MOST_KEYS) this.#noted = new Map();
    this.#noted.set(id, now);
    if (this.#waiting.size < MOST_KEYS) this.#waiting.set(id, this.#clock.wallNow());
    if (!this.#isClosed) this.#cancelTimer ??= this.#clock.schedule(() => void this.write(), WRITE_MS);
  }

  /** Tells the record what waits. Never rejects. */
  write(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.write();
  }

  async #write(): Promise<void> {
    const waiting = this.#waiting;
    if (waiting.size === 0) return;
    this.#waiting = new Map();
    try {
      await this.#store.touch([...waiting].map(([id, at]) => ({ id, at })));
    } catch {
      for (const [id, at] of waiting) if (!this.#waiting.has(id)) this.#waiting.set(id, at);
      if (!this.#isClosed) this.#cancelTimer ??= this.#clock.schedule(() => void this.write(), WRITE_MS);
    }
  }
}
