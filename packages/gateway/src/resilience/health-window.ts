import type { RecentOutcomes } from './health-state.ts';

/** Half of the time over which outcomes are counted, in milliseconds. */
const halfMs = 15_000;
const fewestRequests = 10;
const worstShare = 0.2;

/** How the requests of one target ended within the last half minute: two counters that take turns. */
export class HealthWindow {
  #startedAt = 0;
  #successes = 0;
  #failures = 0;
  #earlierSuccesses = 0;
  #earlierFailures = 0;
  #untold = 0;

  /** `at` may lie behind, by as much as requests take: it only says when a new counter begins. */
  succeed(at: number): void {
    if (at - this.#startedAt >= halfMs) this.#turn(at);
    this.#successes += 1;
    this.#untold += 1;
  }

  fail(at: number): void {
    if (at - this.#startedAt >= halfMs) this.#turn(at);
    this.#failures += 1;
  }

  /** Successes that another process told of. */
  add(successes: number, at: number): void {
    if (at - this.#startedAt >= halfMs) this.#turn(at);
    this.#successes += successes;
  }

  /** Successes since this was last asked. */
  takeUntold(): number {
    const untold = this.#untold;
    this.#untold = 0;
    return untold;
  }

  counts(now: number): RecentOutcomes {
    if (now - this.#startedAt >= halfMs) this.#turn(now);
    return {
      successes: this.#earlierSuccesses + this.#successes,
      failures: this.#earlierFailures + this.#failures,
    };
  }

  /** Whether more requests failed than one can call chance. */
  isFailing(now: number): boolean {
    const { failures, successes } = this.counts(now);
    const requests = failures + successes;
    return requests >= fewestRequests && failures > requests * worstShare;
  }

  /** Takes over what the deciding process counted, and adds what it was not told yet. */
  adopt(recent: RecentOutcomes, now: number): void {
    this.#startedAt = now;
    this.#successes = recent.successes + this.#untold;
    this.#failures = recent.failures;
    this.#earlierSuccesses = 0;
    this.#earlierFailures = 0;
  }

  #turn(at: number): void {
    const isLongAgo = at - this.#startedAt >= 2 * halfMs;
    this.#earlierSuccesses = isLongAgo ? 0 : this.#successes;
    this.#earlierFailures = isLongAgo ? 0 : this.#failures;
    this.#startedAt = isLongAgo ? at : this.#startedAt + halfMs;
    this.#successes = 0;
    this.#failures = 0;
  }
}
