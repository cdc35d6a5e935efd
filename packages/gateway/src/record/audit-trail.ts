import type { Clock } from '../canonical/clock.ts';
import type { AuditEntry, AuditStore } from '../stores/audit-store.ts';
import type { Log } from '../telemetry/telemetry.ts';

/** Entries that wait at most; what comes then is counted. */
const MOST_WAITING = 1_000;
/** Milliseconds after which entries are written together. */
const WRITE_MS = 500;
/** Entries that strangers can cause within a minute; what comes then is counted. */
const MOST_A_MINUTE = 120;
const MINUTE_MS = 60_000;
/** Milliseconds until another try, when the record did not take them. */
const RETRY_MS = 5_000;

/** Writes down who did what. An entry that cannot be kept is in the log instead. */
export class AuditTrail {
  readonly #store: Pick<AuditStore, 'append'>;
  readonly #clock: Clock;
  readonly #log: Log;
  #waiting: AuditEntry[] = [];
  #dropped = 0;
  /** Of the minute that began at `since`, monotonic milliseconds. */
  #noted = { since: 0, count: 0 };
  #cancelTimer: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(store: Pick<AuditStore, 'append'>, clock: Clock, log: Log) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  /** Returns when the entry has been kept, or logged in place of that. */
  async keep(entry: AuditEntry): Promise<void> {
    try {
      await this.#store.append([entry]);
    } catch (error) {
      this.#log.error('audit', 'An entry of the audit log could not be kept', { ...entry, error: String(error) });
    }
  }

  /**
   * Keeps an entry with others a moment later; strangers can cause these, so they are not written one by one, and not
   * without end.
   */
  note(entry: AuditEntry): void {
    const now = this.#clock.now();
    if (now - this.#noted.since >= MINUTE_MS) this.#noted = { since: now, count: 0 };
    this.#noted.count++;
    if (this.#noted.count > MOST_A_MINUTE || this.#waiting.length >= MOST_WAITING) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(entry);
    this.#cancelTimer ??= this.#clock.schedule(() => void this.write(), WRITE_MS);
  }

  /** Writes what waits. Never rejects. */
  write(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async close(): Promise<void> {
    await this.write();
    this.#cancelTimer?.();
  }

  async #write(): Promise<void> {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    if (this.#dropped > 0) {
      this.#log.warn('audit', `${this.#dropped} entries of those who were not let in came too fast to be kept`);
      this.#dropped = 0;
    }
    try {
      await this.#store.append(waiting);
    } catch (error) {
      this.#log.warn('audit', 'The audit log waits for the record', { entries: waiting.length, error: String(error) });
      this.#waiting = [...waiting, ...this.#waiting].slice(0, MOST_WAITING);
      this.#cancelTimer ??= this.#clock.schedule(() => void this.write(), RETRY_MS);
    }
  }
}
