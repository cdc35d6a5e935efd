/** Time constant, in milliseconds, with which a peak is forgotten. */
const PEAK_MS = 10_000;
/** Time constant, in milliseconds, of the usual pace. */
const USUAL_MS = 60_000;
/** A failure counts as at least this slow: failing at once must not pass for being fast. */
const FAILURE_MS = 5_000;
/** What an answer is expected to take of a target that was asked and has not answered yet. */
const GUESS_MS = 1_000;
/** After so long without an answer nothing is known any more. */
const FORGET_MS = 600_000;

/**
 * How fast one kind of answers comes: a mean that jumps up to every slow answer at once and comes down over seconds, so
 * that a target in trouble is left alone before the mean of many answers would show it.
 */
export class AnswerPace {
  /** The mean that jumps, as of the last observation. */
  #peakMs = 0;
  /** The mean of what succeeded, to which the peak comes back while nobody asks; 0 before anything did. */
  #usualMs = 0;
  #observedAt = Number.NEGATIVE_INFINITY;
  /** Requests that got nothing yet. */
  #awaiting = 0;
  /** Since when none of those that wait got anything. */
  #waitingSince = 0;

  began(now: number): void {
    if (this.#awaiting === 0) this.#waitingSince = now;
    this.#awaiting++;
  }

  /** One that waited was answered after so many milliseconds. */
  answered(ms: number, now: number): void {
    const weightOfOld = remaining(this.#observedAt, now, USUAL_MS);
    this.#usualMs = ms + (this.#usualMs - ms) * weightOfOld;
    this.#settle(ms, now);
    this.#awaiting--;
  }

  /** One that waited failed after so many milliseconds. */
  failed(ms: number, now: number): void {
    this.broke(ms, now);
    this.#awaiting--;
  }

  /** One that had its first token failed later on. */
  broke(ms: number, now: number): void {
    this.#settle(Math.max(ms, FAILURE_MS), now);
  }

  /** One that waited was given up by who asked, which says nothing of the target. */
  abandoned(): void {
    this.#awaiting--;
  }

  /** Milliseconds that an answer is expected to take; 0 where nothing is known, so that it is tried. */
  expectedMs(now: number): number {
    const isForgotten = now - this.#observedAt > FORGET_MS;
    const known = isForgotten ? 0 : this.#decayedMs(now);
    if (this.#awaiting === 0) return known;
    // Who is silent while others wait is at least as slow as the silence is long.
    return Math.max(isForgotten ? GUESS_MS : known, now - this.#waitingSince);
  }

  #settle(ms: number, now: number): void {
    const weightOfOld = remaining(this.#observedAt, now, PEAK_MS);
    this.#peakMs = ms >= this.#peakMs ? ms : ms + (this.#peakMs - ms) * weightOfOld;
    this.#observedAt = now;
    this.#waitingSince = now;
  }

  #decayedMs(now: number): number {
    return this.#usualMs + (this.#peakMs - this.#usualMs) * remaining(this.#observedAt, now, PEAK_MS);
  }
}

/** What is left, from 1 to 0, of what decays since then. A request may have looked at the clock before others answered. */
function remaining(since: number, now: number, timeConstantMs: number): number {
  return now <= since ? 1 : Math.exp((since - now) / timeConstantMs);
}
