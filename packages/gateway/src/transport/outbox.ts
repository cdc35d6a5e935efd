/** Something that goes to a socket. */
export interface Leaving {
  /** Writes it, where there still is somebody to write to. Called once; does not throw. */
  leave(): void;
}

/** What waits for the end of a turn at most: the memory of a few hundred small messages. */
const MAX_WAITING = 64;
/** Bytes that take long enough to work on that nobody should wait for it: a fraction of a millisecond. */
const LONG_BYTES = 32 * 1024;

/**
 * What is to leave at the end of this turn of the event loop. Under load one turn serves many connections: then all that was
 * written down for them is written to the disk at once before anything leaves, and whoever reads on the other side is woken
 * once ([ADR 27](docs/adr/0027-writes-leave-at-the-end-of-a-turn.md)).
 */
export class Outbox {
  readonly #before: () => void;
  #waiting: Leaving[] = [];
  #isScheduled = false;

  /** `before` writes down what must not be lost once something has left. It does not throw. */
  constructor(before: () => void = () => {}) {
    this.#before = before;
  }

  /** Has it leave at the end of the turn; not before whoever calls is done. */
  add(leaving: Leaving): void {
    if (this.#waiting.length >= MAX_WAITING) this.flush();
    this.#waiting.push(leaving);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#onTurnEnd);
  }

  /** Has everything leave now. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const all = this.#waiting;
    this.#waiting = [];
    this.#before();
    for (const leaving of all) leaving.leave();
  }

  /** So many bytes are about to be worked on in this turn. */
  makeWay(bytes: number): void {
    if (bytes > LONG_BYTES) this.flush();
  }

  readonly #onTurnEnd = (): void => {
    this.#isScheduled = false;
    this.flush();
  };
}
