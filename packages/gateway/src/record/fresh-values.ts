import type { Clock } from '../canonical/clock.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import { BoundedCache } from '../policies/bounded-cache.ts';

export interface FreshValuesInput<Value> {
  readonly clock: Clock;
  /** Values that are remembered. */
  readonly most: number;
  /** Reads one from the record; rejects where that does not answer. */
  readonly read: (name: string) => Promise<Value>;
  readonly isKept: (value: Value) => boolean;
  /** What is thrown where nobody can tell. */
  readonly unavailable: (cause?: unknown) => GatewayError;
}

/** Milliseconds for which what is known is not asked for again, although nobody said that it changed. */
const FRESH_MS = 30_000;
/** Milliseconds until which it is used while it is asked for again. */
const USABLE_MS = 60_000;
/** Milliseconds for which it is used when the record does not answer. */
export const STALE_MS = 600_000;
/** Milliseconds that one waits for the record to hear again what is known, and what is not, or not any more. */
const KNOWN_PATIENCE_MS = 50;
const UNKNOWN_PATIENCE_MS = 2_000;
/** Milliseconds for which nobody waits again for a record that was silent. */
const SILENCE_MS = 1_000;
/** Values that are asked for at one time. */
const MOST_ASKED = 1_000;

interface Entry<Value> {
  readonly value: Value;
  /** The state of the record that it was read from. */
  readonly epoch: number;
  /** Monotonic milliseconds. */
  readonly readAt: number;
}

/**
 * Parts of the record as requests find them: in memory, and read anew when somebody says that they changed, or when they
 * are old. Nothing that was read before a change is remembered after it. While the record does not answer, what was read
 * within the last ten minutes is good, unless it is known to be another.
 */
export class FreshValues<Value> {
  readonly #input: FreshValuesInput<Value>;
  readonly #known: BoundedCache<Entry<Value>>;
  #asked = new Map<string, Promise<Value>>();
  #epoch = 0;
  /** Monotonic milliseconds until which nobody waits who has an answer: the record was silent a moment ago. */
  #silentUntil = 0;
  /** The record has not answered since somebody waited in vain. */
  #isSilent = false;

  constructor(input: FreshValuesInput<Value>) {
    this.#input = input;
    this.#known = new BoundedCache(input.most);
  }

  /** Counts changes. */
  get epoch(): number {
    return this.#epoch;
  }

  /** At once where it was read lately, after a short wait where it has to be read anew; undefined: it is not known. */
  known(name: string): Value | Promise<Value> | undefined {
    const entry = this.#known.get(name);
    if (entry === undefined) return undefined;
    const now = this.#input.clock.now();
    const age = now - entry.readAt;
    const isCurrent = entry.epoch === this.#epoch;
    if (isCurrent && age < FRESH_MS) return entry.value;
    // What is used goes on without a wait, and is read anew behind it.
    const mayWait = !isCurrent || age >= USABLE_MS;
    const isSilent = age < STALE_MS && now < this.#silentUntil;
    if (mayWait && !isSilent) return this.#readAgain(name, entry, age < STALE_MS);
    this.#ask(name).catch(() => undefined);
    return entry.value;
  }

  /** Reads what is not known. Throws what is thrown where nobody can tell. */
  ask(name: string): Promise<Value> {
    return this.#patiently(this.#ask(name), UNKNOWN_PATIENCE_MS);
  }

  /** Something changed: what is known is read anew before it is used. */
  invalidate(): void {
    this.#epoch++;
    // Who asks from now on must not get an answer from before.
    this.#asked = new Map();
  }

  /** What is known to be another now is not used again, whether or not the record answers. */
  forget(isAnother: (value: Value, name: string) => boolean): void {
    this.#known.deleteWhere(({ value }, name) => isAnother(value, name));
  }

  /** Remembers what was read of an earlier state, or of this one. */
  keep(name: string, value: Value, epoch: number): void {
    if (epoch !== this.#epoch) return;
    if (this.#input.isKept(value)) this.#known.set(name, { value, epoch, readAt: this.#input.clock.now() });
    else this.#known.delete(name);
  }

  async #readAgain(name: string, { epoch, value }: Entry<Value>, isUsable: boolean): Promise<Value> {
    // What is only old is most likely still so; what changed is worth a wait, once, where the record answers at all.
    const isLikely = isUsable && (epoch === this.#epoch || this.#isSilent);
    try {
      return await this.#patiently(this.#ask(name), isLikely ? KNOWN_PATIENCE_MS : UNKNOWN_PATIENCE_MS);
    } catch (error) {
      this.#silentUntil = this.#input.clock.now() + SILENCE_MS;
      this.#isSilent = true;
      if (!isUsable) throw error;
      return value;
    }
  }

  /** Reads one, once for all who ask for it at the same time. */
  #ask(name: string): Promise<Value> {
    const asked = this.#asked;
    const running = asked.get(name);
    if (running !== undefined) return running;
    if (asked.size >= MOST_ASKED) return Promise.reject(this.#input.unavailable());
    const reading = this.#read(name).finally(() => asked.delete(name));
    asked.set(name, reading);
    return reading;
  }

  async #read(name: string): Promise<Value> {
    const epoch = this.#epoch;
    const value = await this.#input.read(name);
    this.#isSilent = false;
    this.keep(name, value, epoch);
    return value;
  }

  #patiently(work: Promise<Value>, patienceMs: number): Promise<Value> {
    const { clock, unavailable } = this.#input;
    return new Promise((resolve, reject) => {
      const cancel = clock.schedule(() => reject(unavailable()), patienceMs);
      work.then(resolve, (error) => reject(error instanceof GatewayError ? error : unavailable(error))).finally(cancel);
    });
  }
}
