import { BreakerTiming, type HealthContext } from './breaker-timing.ts';
import type { FailureKind } from './failure.ts';
import { evidenceOf } from './health-evidence.ts';
import type { HealthReason, ModelRecord } from './health-state.ts';
import { Sparing } from './sparing.ts';

/**
 * For how long what began before a breaker closed is told apart from news, in milliseconds: longer than almost every
 * attempt, and not so long that a model which is well stays on the list.
 */
const rememberedMs = 60_000;
/** A model that may be tried, and that nobody asks for in all this time, in milliseconds, is not waited for any more. */
const untriedMs = 600_000;

/** The breaker of one model at one target: closed, open, and half-open once its cool-down is over. */
export class Breaker {
  readonly model: string;
  readonly timing: BreakerTiming;
  isOpen = false;
  reason: HealthReason = 'initial';
  failure: FailureKind | undefined;
  /** Counts changes, so that whoever keeps it knows when to tell others. */
  version = 0;
  since: number | undefined;
  readonly #context: HealthContext;
  readonly #sparing: Sparing;
  #failures = 0;
  #rememberUntil = 0;

  constructor(model: string, context: HealthContext) {
    this.model = model;
    this.timing = new BreakerTiming(context);
    this.#sparing = new Sparing(context);
    this.#context = context;
  }

  isUsable(now: number): boolean {
    return !this.isOpen && !this.timing.isCooling(now);
  }

  /** Milliseconds until the model could be used or tried. */
  waitMs(now: number): number {
    return Math.max(this.isOpen ? this.timing.trialWaitMs(now) : 0, this.timing.coolingMs(now));
  }

  /** The share of its traffic that it should get, in [0, 1]; 0: none that another can take. */
  rampShare(now: number): number {
    return this.#sparing.isOn(now) ? 0 : this.timing.rampShare(now);
  }

  get rampUntil(): number {
    return Math.max(this.timing.rampUntil, this.#sparing.until);
  }

  /** Whether nothing is worth remembering of it. */
  isForgettable(now: number): boolean {
    if (this.timing.isCooling(now) || !this.#sparing.isForgettable(now)) return false;
    if (this.isOpen) return this.timing.untriedMs(now) > untriedMs;
    return this.#failures === 0 && this.timing.level === 0 && now >= this.#rememberUntil;
  }

  /**
   * How much would be lost without it: 0 for nothing, 1 for a count of failures, 2 for an open breaker that nobody
   * comes back to try, 3 for one that keeps requests away from a model now.
   */
  worth(now: number): 0 | 1 | 2 | 3 {
    if (this.isForgettable(now)) return 0;
    if (this.timing.isCooling(now)) return 3;
    if (!this.isOpen) return 1;
    return this.timing.allowsTrial(now) ? 2 : 3;
  }

  succeed(now: number): void {
    this.#sparing.end(now);
    if (!this.isOpen) {
      if (this.#failures !== 0 || this.timing.level !== 0) this.version += 1;
      this.#failures = 0;
      this.timing.level = 0;
      return;
    }
    // Answers to requests that were sent before it opened prove nothing; only a trial does.
    if (!this.timing.isOnTrial) return;
    this.version += 1;
    if (this.timing.passTrial()) this.close('trial', now);
  }

  fail(kind: FailureKind, now: number): void {
    const isTrial = this.endTrial();
    const evidence = evidenceOf(kind);
    if (!this.isOpen) {
      if (evidence === 'model') this.#count(kind, now);
    } else if (isTrial && (evidence === 'model' || evidence === 'target')) this.#reopen(kind, now);
    else if (isTrial && evidence === 'answer') this.#putOnProbation(now);
  }

  /** No requests for as long as the upstream asks. */
  cool(askedMs: number, now: number): void {
    if (this.timing.cool(askedMs, now)) this.version += 1;
  }

  /** It limits its rate and does not say for how long. */
  spare(now: number): void {
    if (this.#context.settings.isBreakerOn && this.#sparing.begin(now)) this.version += 1;
  }

  beginTrial(now: number): void {
    if (!this.isOpen) return;
    this.timing.beginTrial(now);
    this.version += 1;
  }

  endTrial(): boolean {
    const wasOnTrial = this.timing.endTrial();
    if (wasOnTrial) this.version += 1;
    return wasOnTrial;
  }

  close(reason: HealthReason, now: number): void {
    this.#failures = 0;
    this.timing.clear();
    this.timing.ramp(now);
    this.timing.judgeFrom(now);
    this.#rememberUntil = now + Math.max(rememberedMs, this.#context.settings.rampMs);
    this.#move(false, reason, undefined);
  }

  record(now: number): ModelRecord {
    return {
      model: this.model,
      isOpen: this.isOpen,
      reason: this.reason,
      failure: this.failure,
      since: this.since,
      consecutiveFailures: this.#failures,
      spareLeftMs: Math.max(0, this.#sparing.until - now),
      ...this.timing.record(now),
    };
  }

  /** Takes over what the deciding process says. */
  adopt(record: ModelRecord, now: number): void {
    if (this.isOpen && !record.isOpen) {
      this.timing.judgeFrom(now);
      this.#rememberUntil = now + Math.max(rememberedMs, record.rampLeftMs);
    }
    this.isOpen = record.isOpen;
    this.reason = record.reason;
    this.failure = record.failure;
    this.since = record.since;
    this.#failures = record.consecutiveFailures;
    this.#sparing.adopt(record.spareLeftMs, now);
    this.timing.adopt(record, now, record.isOpen ? 'stillOut' : 'back');
  }

  #count(kind: FailureKind, now: number): void {
    const { failureThreshold, isBreakerOn } = this.#context.settings;
    if (!isBreakerOn) return;
    this.#failures += 1;
    this.version += 1;
    if (this.#failures < failureThreshold) return;
    this.timing.open(now);
    this.#move(true, 'passive', kind);
  }

  #reopen(kind: FailureKind, now: number): void {
    this.timing.level += 1;
    this.timing.open(now);
    this.failure = kind;
    this.version += 1;
  }

  /** The trial was answered, if not with success: back in use, but the next failure takes it out again for longer. */
  #putOnProbation(now: number): void {
    const level = this.timing.level + 1;
    this.close('trial', now);
    this.timing.level = level;
    this.#failures = this.#context.settings.failureThreshold - 1;
  }

  #move(isOpen: boolean, reason: HealthReason, failure: FailureKind | undefined): void {
    this.isOpen = isOpen;
    this.reason = reason;
    this.failure = failure;
    this.since = this.#context.wallNow();
    this.version += 1;
  }
}

/** What is known of a model of which there is nothing to know. */
export function calmRecord(model: string): ModelRecord {
  return {
    model,
    isOpen: false,
    reason: 'initial',
    failure: undefined,
    since: undefined,
    consecutiveFailures: 0,
    spareLeftMs: 0,
    coolDownLeftMs: 0,
    trialLeftMs: 0,
    coolingLeftMs: 0,
    rampLeftMs: 0,
    coolDownLevel: 0,
    trialSuccesses: 0,
  };
}
