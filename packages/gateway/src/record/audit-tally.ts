import type { Clock } from '../canonical/clock.ts';
import type { AuditEntry } from '../stores/audit-store.ts';

/** Milliseconds for which what happens again is counted. */
const WINDOW_MS = 60_000;
/** Different happenings within a window that are told apart; the others of a kind are told as one. */
const MOST_DISTINCT = 30;
/** Kinds of which others are counted: there are not many, and what is counted stays bounded all the same. */
const MOST_KINDS = 50;

/** How often something happened again after it was told. */
interface Repeats {
  readonly entry: AuditEntry;
  count: number;
}

/**
 * Puts together what strangers can cause as often as they like: the first time is told at once, what follows within a
 * minute as a number at the end of it. However many there are, a minute has at most 30 first times, and as many numbers
 * and one for the others of each kind.
 */
export class AuditTally {
  readonly #clock: Pick<Clock, 'schedule'>;
  readonly #tell: (entry: AuditEntry) => void;
  #distinct = new Map<string, Repeats>();
  #others = new Map<string, Repeats>();
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Pick<Clock, 'schedule'>, tell: (entry: AuditEntry) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Tells of something, or counts it. Entries that differ in nothing but their request are the same. */
  count(entry: AuditEntry): void {
    this.#cancelTimer ??= this.#clock.schedule(() => this.flush(), WINDOW_MS);
    const key = JSON.stringify({ ...entry, requestId: null });
    const known = this.#distinct.get(key);
    if (known !== undefined) {
      known.count += 1;
    } else if (this.#distinct.size < MOST_DISTINCT) {
      this.#distinct.set(key, { entry, count: 0 });
      this.#tell(entry);
    } else {
      this.#countOther(entry);
    }
  }

  /** Tells the numbers, and begins anew. */
  flush(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const repeats = [...this.#distinct.values(), ...this.#others.values()].filter(({ count }) => count > 0);
    this.#distinct = new Map();
    this.#others = new Map();
    for (const { count, entry } of repeats) {
      this.#tell({ ...entry, requestId: null, detail: { ...entry.detail, repeated: count } });
    }
  }

  #countOther({ kind, outcome }: AuditEntry): void {
    const known = this.#others.get(kind);
    if (known !== undefined) known.count += 1;
    else if (this.#others.size < MOST_KINDS) {
      this.#others.set(kind, { entry: { kind, outcome, actor: 'several' }, count: 1 });
    }
  }
}
