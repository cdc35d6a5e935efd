import type { Clock } from '../canonical/clock.ts';
import type { RevisionTopic } from '../stores/revision-store.ts';
import type { Log } from '../telemetry/telemetry.ts';

export interface FollowedPartsInput {
  readonly clock: Pick<Clock, 'schedule'>;
  readonly log: Pick<Log, 'debug' | 'error' | 'info' | 'warn'>;
  /** Reads what is kept of a part anew; parts without one are only told of. */
  readonly readers: Partial<Readonly<Record<RevisionTopic, () => Promise<void>>>>;
}

export type PartsListener = (topics: readonly RevisionTopic[]) => void;

/** Milliseconds until parts that could not be read are read again; they double with each try. */
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 15_000;

/**
 * The parts of the record of which something is kept here: read anew after a change, and told of then. Of those that
 * cannot be read what was read before holds, and they are read again, ever more patiently, until they can.
 */
export class FollowedParts {
  readonly #input: FollowedPartsInput;
  readonly #listeners: PartsListener[] = [];
  readonly #unread = new Set<RevisionTopic>();
  #delayMs = FIRST_RETRY_MS;
  #cancelRetry: (() => void) | undefined;
  #isClosed = false;

  constructor(input: FollowedPartsInput) {
    this.#input = input;
  }

  /** Parts that changed and could not be read since. */
  get unread(): readonly RevisionTopic[] {
    return [...this.#unread];
  }

  /** Calls a listener after changed parts were read. */
  onChange(listener: PartsListener): void {
    this.#listeners.push(listener);
  }

  /** Reads parts anew; one that cannot be read keeps no other from being followed. Never rejects. */
  async read(topics: readonly RevisionTopic[]): Promise<void> {
    const followed: RevisionTopic[] = [];
    for (const topic of topics) {
      try {
        await this.#input.readers[topic]?.();
      } catch (error) {
        this.#readLater(topic, error);
        continue;
      }
      this.#forget(topic);
      followed.push(topic);
    }
    if (followed.length > 0) this.tell(followed);
  }

  /** Tells of parts that were read. One who cannot take them over keeps nobody else from it. */
  tell(topics: readonly RevisionTopic[]): void {
    if (this.#isClosed) return;
    for (const listener of this.#listeners) {
      try {
        listener(topics);
      } catch (error) {
        this.#input.log.error('record', `A change of the record was not taken over: ${String(error)}`);
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#stopRetrying();
  }

  #readLater(topic: RevisionTopic, error: unknown): void {
    if (this.#isClosed) return;
    const { clock, log } = this.#input;
    const message = `What changed of the record's ${topic} could not be read; what was read before holds until it can. ${String(error)}`;
    // Once for a part, however often it is tried.
    log[this.#unread.has(topic) ? 'debug' : 'warn']('record', message);
    this.#unread.add(topic);
    this.#cancelRetry ??= clock.schedule(() => {
      this.#cancelRetry = undefined;
      this.#delayMs = Math.min(LAST_RETRY_MS, this.#delayMs * 2);
      void this.read(this.unread);
    }, this.#delayMs);
  }

  #forget(topic: RevisionTopic): void {
    if (!this.#unread.delete(topic)) return;
    this.#input.log.info('record', `What changed of the record's ${topic} is read now.`);
    if (this.#unread.size > 0) return;
    this.#stopRetrying();
    this.#delayMs = FIRST_RETRY_MS;
  }

  #stopRetrying(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }
}
