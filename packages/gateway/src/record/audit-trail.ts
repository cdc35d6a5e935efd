import type { Clock } from '../canonical/clock.ts';
import type { AuditEntry, AuditStore } from '../stores/audit-store.ts';
import type { Log } from '../telemetry/telemetry.ts';
import { AuditTally } from './audit-tally.ts';

/** Entries that wait at most, and characters of what is beside them; what comes then is counted. */
const MOST_WAITING = 1_000;
const MOST_WAITING_CHARACTERS = 16_777_216;
/** Milliseconds after which entries are written together. */
const WRITE_MS = 500;
/** Milliseconds until another try, when the record did not take them. */
const RETRY_MS = 5_000;

/** Writes down who did what. An entry that cannot be kept is in the log instead. */
export class AuditTrail {
  readonly #store: Pick<AuditStore, 'append'>;
  readonly #clock: Clock;
  readonly #log: Log;
  #waiting: AuditEntry[] = [];
  #dropped = 0;
  /** Characters of the bodies that wait. */
  #waitingCharacters = 0;
  readonly #tally: AuditTally;
  #cancelTimer: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(store: Pick<AuditStore, 'append'>, clock: Clock, log: Log) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#tally = new AuditTally(clock, (entry) => this.append(entry));
  }

  /** Returns when the entry has been kept, or logged in place of that. */
  async keep(entry: AuditEntry): Promise<void> {
    try {
      await this.#store.append([entry]);
    } catch (error) {
      this.#log.error('audit', 'An entry of the audit log could not be kept', { ...entry, error: String(error) });
    }
  }

  /** Keeps a moment later what strangers can cause as often as they like; what happens again and again is counted. */
  note(entry: AuditEntry): void {
    this.#tally.count(entry);
  }

  /** Keeps an entry with others a moment later. Where more wait than may, it is counted in place of that. */
  append(entry: AuditEntry): void {
    const characters = entry.body?.length ?? 0;
    const isTooMuch = this.#waitingCharacters + characters > MOST_WAITING_CHARACTERS;
    if (this.#waiting.length >= MOST_WAITING || isTooMuch) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(entry);
    this.#waitingCharacters += characters;
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
    this.#tally.flush();
    await this.write();
    this.#cancelTimer?.();
  }

  async #write(): Promise<void> {
    const waiting = this.#waiting;
    const dropped = this.#dropped;
    if (waiting.length === 0) return;
    this.#waiting = [];
    this.#waitingCharacters = 0;
    this.#dropped = 0;
    const lost: readonly AuditEntry[] =
      dropped === 0 ? [] : [{ kind: 'audit.lost', actor: 'system', outcome: 'failure', detail: { entries: dropped } }];
    try {
      await this.#store.append([...waiting, ...lost]);
    } catch (error) {
      this.#log.warn('audit', 'The audit log waits for the record', { entries: waiting.length, error: String(error) });
      const all = [...waiting, ...this.#waiting];
      this.#waiting = all.slice(0, MOST_WAITING);
      this.#waitingCharacters = this.#waiting.reduce((sum, { body = '' }) => sum + body.length, 0);
      this.#dropped += dropped + all.length - this.#waiting.length;
      this.#cancelTimer?.();
      this.#cancelTimer = this.#clock.schedule(() => void this.write(), RETRY_MS);
    }
  }
}
