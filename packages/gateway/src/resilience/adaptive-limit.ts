import type { AdaptiveConcurrencyConfig } from '../config/gateway-config.ts';

/** How an attempt ended, as far as it tells what its target can hold. */
export interface AttemptEnd {
  /**
   * `ok`: it answered. `pushed_back`: it said that it has too much to do. `ignored`: whatever says nothing about that, as
   * a caller who left.
   */
  readonly outcome: 'ok' | 'pushed_back' | 'ignored';
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** Milliseconds to its head or first token; the length of an answer is no sign of load. Undefined: not known. */
  readonly latencyMs: number | undefined;
}

/** The median latency of a window, and the limit under which it was measured. */
interface Measurement {
  readonly limit: number;
  readonly latencyMs: number;
}

/** A way down, to see whether latency goes down with the limit: then there is a queue at the target. */
interface Descent {
  /** It was begun to find out what is usual, and not because the target is slow. */
  readonly isTrial: boolean;
  readonly from: number;
  /** Where latency was highest. A target that has just lost capacity shows only later how slow it is. */
  readonly worst: Measurement;
  /** What half the limit is to be compared with. */
  readonly before: Measurement;
}

/** What a limit is cut to when the target pushes back. */
const CUT = 0.8;
/** Milliseconds between two cuts. What was under way at one is no reason for the next. */
const CUT_PAUSE_MS = 1_000;
/** How many times its usual latency a target may take before that counts as a queue there. */
const TOLERANCE = 1.5;
/** What a limit goes down to at most for one window of slow answers. */
const STEEPEST = 0.65;
/** A smaller limit has shown that the larger one made a queue when latency fell below this share. */
const RELIEF = 0.75;
/** Windows under load after which the usual latency is found out anew; while there is load, it hides itself. */
const WINDOWS_TO_TRIAL = 50;
/** Shares by which what is usual follows one window. Under load hardly up, because load may be what it follows then. */
const DOWN = 0.1;
const UP = 0.05;
const UP_UNDER_LOAD = 0.01;
const UP_AFTER_TRIAL = 0.2;
/** Shorter latencies count as this: what differs among them is the process, not the target. */
const FINEST_MS = 1;
/** A window is as many answers: two rounds and these, and no more than those. */
const FEWEST_ANSWERS = 16;
const MOST_ANSWERS = 100;

/**
 * How many requests one target may hold, found out by how it fares. The limit grows by about one for each round of that
 * many answers while it is in use, and shrinks when the target pushes back or takes its time.
 *
 * What its usual latency is, only a target without a queue shows. So a smaller limit is tried at the beginning and now
 * and then: where latency falls with it, the load was the reason and the limit stays small; where it does not, the target
 * takes that long by itself.
 */
export class AdaptiveLimit {
  #config: AdaptiveConcurrencyConfig;
  #limit: number;
  #inFlight = 0;
  /** Most that were under way at once since the window began. */
  #peak = 0;
  readonly #latencies = new Float64Array(MOST_ANSWERS);
  #answers = 0;
  /** Answers whose latency is known. */
  #samples = 0;
  /** What the limit may grow to before the window is judged. */
  #mostInWindow: number;
  /** Attempts from before this time ran under another limit, or before there was any load. */
  #changedAt = Number.POSITIVE_INFINITY;
  #cutAt = Number.NEGATIVE_INFINITY;
  #pushedBackAt = Number.NEGATIVE_INFINITY;
  /** Latency of the target with no queue, as far as is known. */
  #usualMs: number | undefined;
  #isSlow = false;
  #descent: Descent | undefined;
  #windowsSinceTrial = 0;

  constructor(config: AdaptiveConcurrencyConfig) {
    this.#config = config;
    this.#limit = bounded(config.initialLimit, config);
    this.#mostInWindow = this.#limit + 1;
  }

  /** A whole number, at least 1. */
  get current(): number {
    return Math.floor(this.#limit);
  }

  /** Takes over bounds that a reload changed; what was learned stays. */
  adopt(config: AdaptiveConcurrencyConfig): void {
    if (config === this.#config) return;
    this.#config = config;
    this.#limit = bounded(this.#limit, config);
  }

  noteStart(): void {
    this.#inFlight++;
    if (this.#inFlight > this.#peak) this.#peak = this.#inFlight;
  }

  noteEnd(end: AttemptEnd, now: number): void {
    // Near the limit, whatever the fraction that it has grown by.
    const isUsed = this.#inFlight >= 0.8 * this.current;
    if (this.#inFlight > 0) this.#inFlight--;
    if (end.outcome === 'ignored') return;
    if (end.outcome === 'pushed_back') {
      this.#cut(end.startedAt, now);
      return;
    }
    if (isUsed && this.#mayGrow(end.startedAt)) this.#grow();
    if (this.#changedAt === Number.POSITIVE_INFINITY) this.#changedAt = now;
    else if (end.startedAt >= this.#changedAt) this.#count(end.latencyMs, now);
  }

  #mayGrow(startedAt: number): boolean {
    return !this.#isSlow && !this.#descent?.isTrial && startedAt >= this.#pushedBackAt;
  }

  /** By one for each round, but no faster than it is found out what that does. */
  #grow(): void {
    this.#limit = bounded(Math.min(this.#limit + 1 / this.#limit, this.#mostInWindow), this.#config);
  }

  /** A limit that earlier attempts say nothing about. */
  #change(limit: number, now: number): void {
    this.#limit = bounded(limit, this.#config);
    this.#changedAt = now;
    this.#beginWindow();
  }

  #cut(startedAt: number, now: number): void {
    this.#pushedBackAt = now;
    if (startedAt < this.#cutAt || now - this.#cutAt < CUT_PAUSE_MS) return;
    this.#cutAt = now;
    // What began before a trial was pushed back under the limit that was then.
    const limit = this.#descent?.isTrial && startedAt < this.#changedAt ? this.#descent.from : this.#limit;
    this.#descent = undefined;
    this.#change(limit * CUT, now);
  }

  #count(latencyMs: number | undefined, now: number): void {
    this.#answers++;
    if (latencyMs !== undefined) this.#latencies[this.#samples++] = Math.max(FINEST_MS, latencyMs);
    if (this.#answers < Math.min(MOST_ANSWERS, FEWEST_ANSWERS + 2 * this.current)) return;
    const median = this.#latencies.subarray(0, this.#samples).sort()[this.#samples >> 1];
    const isKnown = median !== undefined && this.#samples >= this.#answers / 2;
    const isUsed = this.#peak >= this.#limit / 2;
    this.#beginWindow();
    if (isKnown) this.#judge(median, isUsed, now);
  }

  #beginWindow(): void {
    this.#answers = 0;
    this.#samples = 0;
    this.#peak = this.#inFlight;
    this.#mostInWindow = this.#limit + Math.max(1, this.#limit / 5);
  }

  #judge(latencyMs: number, isUsed: boolean, now: number): void {
    if (this.#usualMs === undefined) {
      this.#usualMs = latencyMs;
      if (isUsed) this.#beginTrial(latencyMs, now);
    } else if (this.#descent?.isTrial) {
      this.#continueTrial(this.#descent, this.#usualMs, latencyMs, now);
    } else {
      this.#isSlow = latencyMs > TOLERANCE * this.#usualMs;
      if (this.#isSlow && isUsed) this.#shrink(this.#usualMs, latencyMs, now);
      else this.#learn(this.#usualMs, latencyMs, isUsed, now);
    }
  }

  /** Nothing is wrong, or not because of the load: what is usual follows. */
  #learn(usualMs: number, latencyMs: number, isUsed: boolean, now: number): void {
    this.#descent = undefined;
    const share = latencyMs < usualMs ? DOWN : isUsed ? UP_UNDER_LOAD : UP;
    this.#usualMs = usualMs + (latencyMs - usualMs) * share;
    if (!isUsed) return;
    this.#windowsSinceTrial++;
    const isMuchFaster = latencyMs < RELIEF * usualMs;
    if (isMuchFaster || this.#windowsSinceTrial >= WINDOWS_TO_TRIAL) this.#beginTrial(latencyMs, now);
  }

  #shrink(usualMs: number, latencyMs: number, now: number): void {
    const here = { limit: this.#limit, latencyMs };
    const { from, worst, before } = this.#descent ?? { from: here.limit, worst: here, before: here };
    const isWorse = latencyMs > worst.latencyMs;
    const isHalf = !isWorse && here.limit <= before.limit / 2;
    const isRelieved = isHalf && latencyMs < RELIEF * before.latencyMs;
    this.#descent = {
      isTrial: false,
      from,
      worst: isWorse ? here : worst,
      before: isWorse || isRelieved ? here : before,
    };
    if (here.limit <= this.#lowest || (isHalf && !isRelieved)) this.#settle(this.#descent, latencyMs, now);
    else this.#change(here.limit * Math.max(STEEPEST, (TOLERANCE * usualMs) / latencyMs), now);
  }

  #beginTrial(latencyMs: number, now: number): void {
    this.#windowsSinceTrial = 0;
    if (this.#limit / 2 < this.#lowest) return;
    const here = { limit: this.#limit, latencyMs };
    this.#descent = { isTrial: true, from: here.limit, worst: here, before: here };
    this.#change(here.limit / 2, now);
  }

  #continueTrial(descent: Descent, usualMs: number, latencyMs: number, now: number): void {
    if (latencyMs > TOLERANCE * usualMs) {
      // Something else happened to the target just now, so that this tells nothing of what is usual.
      this.#descent = undefined;
      this.#change(descent.from, now);
      return;
    }
    const here = { limit: this.#limit, latencyMs };
    const isRelieved = latencyMs < RELIEF * descent.before.latencyMs;
    if (isRelieved && here.limit / 2 >= this.#lowest) {
      // Half the limit may still be too much.
      this.#descent = { ...descent, before: here };
      this.#change(here.limit / 2, now);
    } else {
      // The target may have lost capacity just now, so one trial does not make much more usual.
      const isFaster = latencyMs < usualMs;
      this.#settle(descent, isFaster ? latencyMs : usualMs + (latencyMs - usualMs) * UP_AFTER_TRIAL, now);
    }
  }

  /** Latency falls no further: what is usual is known now. What was more than that on the way was a queue. */
  #settle({ from, worst }: Descent, usualMs: number, now: number): void {
    this.#descent = undefined;
    this.#isSlow = false;
    this.#usualMs = usualMs;
    this.#change(Math.min(from, (worst.limit * TOLERANCE * usualMs) / worst.latencyMs), now);
  }

  get #lowest(): number {
    return Math.max(1, this.#config.minLimit);
  }
}

function bounded(limit: number, { minLimit, maxLimit }: AdaptiveConcurrencyConfig): number {
  return Math.max(1, Math.min(maxLimit, Math.max(minLimit, limit)));
}
