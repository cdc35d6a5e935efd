import type { Clock } from '../canonical/clock.ts';

/** No upstream gives up its idle connections sooner, but those that say so: uvicorn's and Node's five seconds are the least. */
const LEAST_MS = 4_000;
/** How much sooner than the upstream a connection is given up; a request on its way to it takes some of that. */
const MARGIN_MS = 1_000;
const LONGEST_TOLD_MS = 600_000;
/** What was learned holds for so long: connections also end because an upstream is started anew. */
const LEARNED_MS = 600_000;

/**
 * For how long idle connections to one upstream are kept. Where it does not say for how long it keeps them, they are kept
 * long, since a new one costs a handshake, until the upstream has closed one; from then on they are given up before it
 * does, so that no request meets a closed end.
 */
export class IdleLimit {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #longestMs: number;
  #learnedMs: number;
  #learnedUntil = 0;

  constructor(clock: Pick<Clock, 'now'>, longestMs: number) {
    this.#clock = clock;
    this.#longestMs = longestMs;
    this.#learnedMs = longestMs;
  }

  /** In milliseconds; `toldSeconds` is what the upstream says of itself. */
  of(toldSeconds: number | undefined): number {
    if (toldSeconds !== undefined) return Math.min(toldSeconds * 1_000 - MARGIN_MS, LONGEST_TOLD_MS);
    if (this.#learnedMs < this.#longestMs && this.#clock.now() >= this.#learnedUntil) this.#learnedMs = this.#longestMs;
    return this.#learnedMs;
  }

  /** The upstream, which does not say, closed a connection that had been idle for so many milliseconds. */
  noteClosed(idleMs: number): void {
    const wanted = Math.max(LEAST_MS, Math.floor(idleMs) - MARGIN_MS);
    if (wanted > this.of(undefined)) return;
    this.#learnedMs = wanted;
    this.#learnedUntil = this.#clock.now() + LEARNED_MS;
  }
}
