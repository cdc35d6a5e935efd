import type { FailureKind } from './failure.ts';
import { failureTraits } from './failure-table.ts';
import type { HealthEvent, HealthReason, HealthRecord, HealthSettings, HealthState } from './health-state.ts';

type ProbeEvent = Extract<HealthEvent, { type: 'probe' }>;

/** Given to every entry of a registry, once. */
export interface HealthEntryContext {
  readonly settings: HealthSettings;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly wallNow: () => number;
}

/** The state machine of one target. It knows no timers: it is told what happened and when, and asked. */
export class HealthEntry {
  readonly id: string;
  state: HealthState = 'unknown';
  reason: HealthReason = 'initial';
  failure: FailureKind | undefined;
  /** Nothing that a success could change; lets the request path skip the rest. */
  calm = false;
  /** Counts changes, so that a registry knows when to tell others. */
  version = 0;
  readonly #context: HealthEntryContext;
  #since: number;
  #lastProbeAt: number | undefined;
  #failures = 0;
  #probeFailures = 0;
  #probeSuccesses = 0;
  /** Out, and every failure that led there was one of connecting. */
  #connectOnly = false;
  /** Probes failed often enough in a row, whatever requests did. */
  #probeDown = false;
  /** A request went through although the probe was refused: the credential may call models but not read the probe's path. */
  #probeDistrusted = false;
  #coolDownLevel = 0;
  #quotaLevel = 0;
  #coolDownUntil = 0;
  #trialUntil = 0;
  /** Attempts that began before this say nothing about now: a trial began then, or the target came back. */
  #judgedFrom = 0;

  constructor(id: string, context: HealthEntryContext) {
    this.id = id;
    this.#context = context;
    this.#since = context.wallNow();
  }

  get isUsable(): boolean {
    return this.state === 'healthy' || this.state === 'unknown';
  }

  /** Whether one request may be sent to find out if the target, now out, is back. */
  canTry(now: number): boolean {
    return !this.isUsable && this.#allowsTrial() && now >= this.#coolDownUntil && now >= this.#trialUntil;
  }

  /** Whether an attempt that began at this time says nothing any more. */
  isStale(startedAt: number): boolean {
    return startedAt < this.#judgedFrom;
  }

  /** Milliseconds until the target could be used or tried. */
  waitMs(now: number): number {
    if (this.isUsable) return 0;
    if (!this.#allowsTrial()) return this.#context.settings.probeWaitMs;
    return Math.max(0, this.#coolDownUntil - now, this.#trialUntil - now);
  }

  handle(event: HealthEvent, now: number): void {
    const wasUsable = this.isUsable;
    if (event.type === 'success') this.#succeed();
    else if (event.type === 'failure') this.#fail(event.failure, now);
    else if (event.type === 'probe') this.#probe(event, now);
    else if (event.step === 'begin') this.#beginTrial(now);
    else this.#setTrial(0);
    if (this.isUsable && !wasUsable) this.#judgedFrom = now;
    this.calm = this.state === 'healthy' && this.#failures === 0;
  }

  record(now: number): HealthRecord {
    return {
      id: this.id,
      state: this.state,
      reason: this.reason,
      failure: this.failure,
      since: this.#since,
      lastProbeAt: this.#lastProbeAt,
      consecutiveFailures: this.#failures,
      consecutiveProbeFailures: this.#probeFailures,
      coolDownLeftMs: Math.max(0, this.#coolDownUntil - now),
      trialLeftMs: Math.max(0, this.#trialUntil - now),
      connectOnly: this.#connectOnly,
      probeDown: this.#probeDown,
      probeDistrusted: this.#probeDistrusted,
      coolDownLevel: this.#coolDownLevel,
      quotaLevel: this.#quotaLevel,
    };
  }

  /** Takes over what the deciding process says. */
  adopt(record: HealthRecord, now: number): void {
    if (!this.isUsable && (record.state === 'healthy' || record.state === 'unknown')) this.#judgedFrom = now;
    this.state = record.state;
    this.reason = record.reason;
    this.failure = record.failure;
    this.#since = record.since;
    this.#lastProbeAt = record.lastProbeAt;
    this.#failures = record.consecutiveFailures;
    this.#probeFailures = record.consecutiveProbeFailures;
    this.#coolDownUntil = now + record.coolDownLeftMs;
    this.#trialUntil = record.trialLeftMs > 0 ? now + record.trialLeftMs : 0;
    this.#connectOnly = record.connectOnly;
    this.#probeDown = record.probeDown;
    this.#probeDistrusted = record.probeDistrusted;
    this.#coolDownLevel = record.coolDownLevel;
    this.#quotaLevel = record.quotaLevel;
    this.calm = this.state === 'healthy' && this.#failures === 0;
  }

  /** A target that its probes took out comes back by its probes: a user's request need not pay for finding out. */
  #allowsTrial(): boolean {
    return !(this.state === 'unhealthy' && this.reason === 'probe');
  }

  #succeed(): void {
    if (this.isUsable) {
      if (this.#failures !== 0) this.version += 1;
      this.#failures = 0;
      if (this.state === 'unknown') this.#recover('healthy', 'passive');
      return;
    }
    // Answers to requests that were sent before the target went out prove nothing; only a trial does.
    if (this.#trialUntil === 0) return;
    if (this.state === 'misconfigured' && this.reason === 'probe') this.#probeDistrusted = true;
    this.#clearProbeFailures();
    this.#recover('healthy', 'trial');
  }

  #fail(kind: FailureKind, now: number): void {
    const isTrial = this.#trialUntil !== 0;
    this.#setTrial(0);
    if (kind === 'quota_exhausted' || kind === 'credential_refused') this.#lock(kind, isTrial, now);
    else if (failureTraits[kind].countsAgainstHealth) this.#count(kind, isTrial, now);
    else if (isTrial && this.state === 'unhealthy' && isAnswer(kind)) this.#putOnProbation();
  }

  /** Quota and credentials: states that probes do not undo, because some providers list models to anybody. */
  #lock(kind: 'quota_exhausted' | 'credential_refused', isTrial: boolean, now: number): void {
    const isLocked = this.state === 'quota' || (this.state === 'misconfigured' && this.reason !== 'probe');
    // Requests under way when the account was locked report the same news again.
    if (isLocked && !isTrial) return;
    const { settings } = this.#context;
    if (kind === 'quota_exhausted') {
      if (this.state === 'quota') this.#quotaLevel += 1;
      this.#coolDown(grown(settings.quotaCoolDownMs, settings.maxQuotaCoolDownMs, this.#quotaLevel), now);
      this.#move('quota', 'passive', kind);
    } else {
      this.#probeDistrusted = false;
      this.#coolDown(settings.credentialCoolDownMs, now);
      this.#move('misconfigured', 'passive', kind);
    }
  }

  #count(kind: FailureKind, isTrial: boolean, now: number): void {
    const { settings } = this.#context;
    const isConnect = kind === 'connect_failed' || kind === 'connect_timeout';
    if (this.isUsable) {
      this.#connectOnly = isConnect && (this.#failures === 0 || this.#connectOnly);
      this.#failures += 1;
      this.version += 1;
      if (this.#failures < settings.failureThreshold) return;
      this.#move('unhealthy', 'passive', kind);
    } else if (isTrial) {
      this.#connectOnly = this.#connectOnly && isConnect;
      this.#coolDownLevel += 1;
      this.version += 1;
    } else return;
    this.#coolDown(grown(settings.coolDownMs, settings.maxCoolDownMs, this.#coolDownLevel), now);
  }

  /** The trial was answered, if not with success: back in use, but the next failure takes it out again for longer. */
  #putOnProbation(): void {
    const level = this.#coolDownLevel + 1;
    this.#recover('healthy', 'trial');
    this.#coolDownLevel = level;
    this.#failures = this.#context.settings.failureThreshold - 1;
  }

  #probe(event: ProbeEvent, now: number): void {
    this.#lastProbeAt = this.#context.wallNow();
    if (event.verdict === 'down') this.#failProbe(event.failureThreshold);
    else if (event.verdict === 'refused') this.#refuseProbe(now);
    else this.#passProbe(event);
  }

  #failProbe(threshold: number): void {
    this.#probeSuccesses = 0;
    this.#probeFailures += 1;
    this.version += 1;
    if (this.#probeFailures < threshold) return;
    this.#probeDown = true;
    if (this.isUsable) this.#move('unhealthy', 'probe', undefined);
  }

  #refuseProbe(now: number): void {
    this.#clearProbeFailures();
    if (this.#probeDistrusted || this.state === 'quota' || this.state === 'misconfigured') return;
    this.#coolDown(this.#context.settings.credentialCoolDownMs, now);
    this.#move('misconfigured', 'probe', undefined);
  }

  #passProbe(event: ProbeEvent): void {
    const wasDown = this.#probeDown;
    const successes = this.#probeSuccesses + 1;
    if (wasDown && successes < event.successThreshold) {
      this.#probeSuccesses = successes;
      return;
    }
    this.#clearProbeFailures();
    this.#probeSuccesses = successes;
    const to = event.verdict === 'up' ? 'healthy' : 'unknown';
    if (this.state === 'unknown' && to === 'healthy') this.#recover(to, 'probe');
    // A target that answers probes while its requests fail is not back because it still answers probes.
    const isNews = this.reason === 'probe' || this.#connectOnly || wasDown;
    if (this.state === 'unhealthy' && isNews && successes >= event.successThreshold) this.#recover(to, 'probe');
    if (this.state === 'misconfigured' && this.reason === 'probe') this.#recover(to, 'probe');
  }

  #clearProbeFailures(): void {
    if (this.#probeFailures !== 0 || this.#probeDown) this.version += 1;
    this.#probeFailures = 0;
    this.#probeSuccesses = 0;
    this.#probeDown = false;
  }

  #beginTrial(now: number): void {
    // Forced trials may overlap; each of them says something about now.
    if (this.#trialUntil <= now) this.#judgedFrom = now;
    this.#setTrial(now + this.#context.settings.trialLeaseMs);
  }

  #setTrial(until: number): void {
    if (this.#trialUntil === until) return;
    this.#trialUntil = until;
    this.version += 1;
  }

  /** Up to a tenth shorter by chance, so that gateways which went out together do not come back together. */
  #coolDown(durationMs: number, now: number): void {
    this.#coolDownUntil = now + durationMs * (1 - this.#context.random() / 10);
  }

  #recover(to: 'healthy' | 'unknown', reason: HealthReason): void {
    this.#failures = 0;
    this.#coolDownLevel = 0;
    this.#quotaLevel = 0;
    this.#coolDownUntil = 0;
    this.#trialUntil = 0;
    this.#connectOnly = false;
    this.#move(to, reason, undefined);
  }

  #move(to: HealthState, reason: HealthReason, failure: FailureKind | undefined): void {
    if (to !== this.state) this.#since = this.#context.wallNow();
    this.state = to;
    this.reason = reason;
    this.failure = failure;
    this.version += 1;
  }
}

/** Failures that only a target which works can answer with. */
function isAnswer(kind: FailureKind): boolean {
  return (
    kind === 'rate_limited' || kind === 'caller_fault' || kind === 'context_exceeded' || kind === 'content_refused'
  );
}

function grown(initialMs: number, maxMs: number, level: number): number {
  return Math.min(maxMs, initialMs * 2 ** level);
}
