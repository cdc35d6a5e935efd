import type { HealthSettings } from './health-settings.ts';
import type { TimingRecord } from './health-state.ts';

/** Given to everything that judges health in one registry, once. */
export interface HealthContext {
  /** Those in force now; a reload replaces them. */
  settings: HealthSettings;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
}

/** The share of its traffic that something gets at first when it is back. */
const firstShare = 0.1;

/**
 * When something that is out may be tried, for how long a trial keeps others out, when a rate limit is over, and how
 * traffic grows back. It knows no timers and no states: it is told what happens and when, and asked.
 */
export class BreakerTiming {
  /** Doubles the cool-down each time it grows. */
  level = 0;
  #context: HealthContext;
  #successes = 0;
  #coolDownUntil = 0;
  #trialUntil = 0;
  /** The trial was begun by this process, so its end will be reported here. */
  #isOwnTrial = false;
  /** Attempts that began before this say nothing about now: a trial began then, or an outage was over. */
  #judgedFrom = 0;
  #coolingUntil = 0;
  #rampUntil = 0;

  constructor(context: HealthContext) {
    this.#context = context;
  }

  /** A trial began and nobody has reported on it. */
  get isOnTrial(): boolean {
    return this.#trialUntil !== 0;
  }

  get rampUntil(): number {
    return this.#rampUntil;
  }

  isCooling(now: number): boolean {
    if (this.#coolingUntil !== 0 && now >= this.#coolingUntil) this.#coolingUntil = 0;
    return this.#coolingUntil !== 0;
  }

  /** Whether an attempt that began at this time says nothing any more. */
  isStale(startedAt: number): boolean {
    return startedAt < this.#judgedFrom;
  }

  /** Whether the cool-down is over and nobody is trying. */
  allowsTrial(now: number): boolean {
    return now >= this.#coolDownUntil && now >= this.#trialUntil;
  }

  isCoolDownOver(now: number): boolean {
    return now >= this.#coolDownUntil;
  }

  /** Milliseconds for which a trial was allowed and nobody began one. */
  untriedMs(now: number): number {
    return Math.max(0, now - Math.max(this.#coolDownUntil, this.#trialUntil));
  }

  /** Milliseconds until a trial may begin. */
  trialWaitMs(now: number): number {
    return Math.max(0, this.#coolDownUntil - now, this.#trialUntil - now);
  }

  coolingMs(now: number): number {
    return Math.max(0, this.#coolingUntil - now);
  }

  /** The share of its traffic that it should get, in (0, 1]. */
  rampShare(now: number): number {
    const leftMs = this.#rampUntil - now;
    if (leftMs <= 0) return 1;
    const { rampMs } = this.#context.settings;
    return rampMs <= 0 ? 1 : Math.max(firstShare, 1 - ((1 - firstShare) * leftMs) / rampMs);
  }

  beginTrial(now: number): void {
    // Forced trials may overlap; each of them says something about now.
    if (this.#trialUntil <= now) this.#judgedFrom = now;
    this.#trialUntil = now + this.#context.settings.trialLeaseMs;
    this.#isOwnTrial = true;
  }

  /** Whether there was one. */
  endTrial(): boolean {
    const wasOnTrial = this.isOnTrial;
    this.#trialUntil = 0;
    this.#isOwnTrial = false;
    return wasOnTrial;
  }

  /** The trial under way went well; true when that was the last one needed. Otherwise the next may begin at once. */
  passTrial(): boolean {
    this.endTrial();
    this.#coolDownUntil = 0;
    this.#successes += 1;
    return this.#successes >= this.#context.settings.successThreshold;
  }

  /** Out for failed requests, the longer the higher the level. */
  open(now: number): void {
    const { coolDownMs, maxCoolDownMs } = this.#context.settings;
    this.coolDown(grown(coolDownMs, maxCoolDownMs, this.level), now);
  }

  /** Out for about this time: up to a tenth shorter, so that gateways which left together do not come back together. */
  coolDown(durationMs: number, now: number): void {
    this.coolDownExactly(durationMs * (1 - this.#context.random() / 10), now);
  }

  coolDownExactly(durationMs: number, now: number): void {
    this.#coolDownUntil = now + durationMs;
    this.#successes = 0;
    this.#rampUntil = 0;
  }

  /** Lengthens the cool-down; a shorter time than what is left of it changes nothing and answers false. */
  prolong(durationMs: number, now: number): boolean {
    if (now + durationMs <= this.#coolDownUntil) return false;
    this.#coolDownUntil = now + durationMs;
    return true;
  }

  /** The outage is over, and with it all that was known of it. */
  clear(): void {
    this.level = 0;
    this.#successes = 0;
    this.#coolDownUntil = 0;
    this.endTrial();
  }

  /** What began before now says nothing any more. */
  judgeFrom(now: number): void {
    this.#judgedFrom = now;
  }

  /** From now on traffic grows back. */
  ramp(now: number): void {
    this.#rampUntil = now + this.#context.settings.rampMs;
  }

  /** No requests for as long as the upstream asks, within bounds; of two such times the later one counts. */
  cool(askedMs: number, now: number): boolean {
    const until = now + Math.min(askedMs, this.#context.settings.maxCoolingMs);
    if (until <= Math.max(now, this.#coolingUntil)) return false;
    this.#coolingUntil = until;
    return true;
  }

  record(now: number): TimingRecord {
    return {
      coolDownLeftMs: Math.max(0, this.#coolDownUntil - now),
      trialLeftMs: Math.max(0, this.#trialUntil - now),
      coolingLeftMs: this.coolingMs(now),
      rampLeftMs: Math.max(0, this.#rampUntil - now),
      coolDownLevel: this.level,
      trialSuccesses: this.#successes,
    };
  }

  /** Takes over what the deciding process says of something that is out (`stillOut`) or back. */
  adopt(record: TimingRecord, now: number, verdict: 'stillOut' | 'back'): void {
    this.level = record.coolDownLevel;
    this.#successes = record.trialSuccesses;
    this.#coolDownUntil = record.coolDownLeftMs > 0 ? now + record.coolDownLeftMs : 0;
    this.#rampUntil = record.rampLeftMs > 0 ? now + record.rampLeftMs : 0;
    // What this process heard from the upstream and the decider did not yet is no reason to ask earlier.
    if (record.coolingLeftMs > 0) this.cool(record.coolingLeftMs, now);
    this.#adoptTrial(record.trialLeftMs, now, verdict);
  }

  #adoptTrial(leftMs: number, now: number, verdict: 'stillOut' | 'back'): void {
    const isUnderWay = this.#trialUntil > now;
    // The decider may not have heard of a trial that has just begun here.
    if (verdict === 'stillOut' && this.#isOwnTrial && isUnderWay) return;
    if (leftMs > 0 && !isUnderWay) this.#judgedFrom = now;
    this.#trialUntil = leftMs > 0 ? now + leftMs : 0;
    this.#isOwnTrial = false;
  }
}

/** Doubled with each level, up to a maximum. */
export function grown(initialMs: number, maxMs: number, level: number): number {
  return Math.min(maxMs, initialMs * 2 ** level);
}
