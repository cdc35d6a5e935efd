import { BreakerTiming, grown, type HealthContext } from './breaker-timing.ts';
import type { FailureKind } from './failure.ts';
import { evidenceOf } from './health-evidence.ts';
import { HealthProbeCount } from './health-probe-count.ts';
import type { HealthEvent, HealthReason, HealthRecord, HealthState } from './health-state.ts';

type ProbeEvent = Extract<HealthEvent, { type: 'probe' }>;

/** What is remembered of a target itself; the rest of its record is of its models and of what became of them. */
export type EntryRecord = Omit<HealthRecord, 'models' | 'recent' | 'transitions'>;

/** The state machine of one target as a whole. It knows no timers: it is told what happened and when, and asked. */
export class HealthEntry {
  readonly id: string;
  readonly timing: BreakerTiming;
  state: HealthState = 'unknown';
  reason: HealthReason = 'initial';
  failure: FailureKind | undefined;
  /** Milliseconds since 1970. */
  since: number;
  lastFailureAt: number | undefined;
  /** Nothing that a success could change; lets the request path skip the rest. */
  calm = false;
  /** Counts changes, so that a registry knows when to tell others. */
  version = 0;
  readonly #context: HealthContext;
  readonly #probes = new HealthProbeCount();
  #failures = 0;
  /** Models whose breakers opened since the last good answer. */
  #modelsOpened = 0;
  /** Out, and every failure that led there was one of connecting. */
  #connectOnly = false;
  /** A request went through although the probe was refused: the credential may call models but not read the probe's path. */
  #probeDistrusted = false;
  #quotaLevel = 0;

  constructor(id: string, context: HealthContext) {
    this.id = id;
    this.timing = new BreakerTiming(context);
    this.#context = context;
    this.since = context.wallNow();
  }

  get isUsable(): boolean {
    return this.state === 'healthy' || this.state === 'unknown';
  }

  /** A target that its probes took out comes back by its probes: a user's request need not pay for finding out. */
  get allowsTrial(): boolean {
    return !(this.state === 'unhealthy' && this.reason === 'probe');
  }

  /** Whether one request may be sent to find out if the target, now out, is back. */
  canTry(now: number): boolean {
    return !this.isUsable && this.allowsTrial && this.timing.allowsTrial(now);
  }

  /** Milliseconds until the target could be used or tried. */
  waitMs(now: number): number {
    const coolingMs = this.timing.coolingMs(now);
    if (this.isUsable) return coolingMs;
    if (!this.allowsTrial) return this.#context.settings.probeWaitMs;
    return Math.max(coolingMs, this.timing.trialWaitMs(now));
  }

  /** An attempt ended well. */
  succeed(now: number): void {
    if (this.isUsable) {
      if (this.#failures !== 0 || this.#modelsOpened !== 0 || this.timing.level !== 0) this.version += 1;
      this.#failures = 0;
      this.#modelsOpened = 0;
      this.timing.level = 0;
      if (this.state === 'unknown') this.#recover('healthy', 'passive', now);
      return;
    }
    // Answers to requests that were sent before the target went out prove nothing; only a trial does.
    if (!this.timing.isOnTrial) return;
    this.version += 1;
    // An account that is accepted once is accepted; only what fails by chance has to prove itself more often.
    if (!this.timing.passTrial() && this.state === 'unhealthy') return;
    if (this.state === 'misconfigured' && this.reason === 'probe') this.#probeDistrusted = true;
    this.#clearProbeFailures();
    this.#recover('healthy', 'trial', now);
  }

  /** An attempt failed in a way that speaks of the target, or for which it has to answer alone. */
  fail(kind: FailureKind, askedMs: number | undefined, now: number): void {
    const isTrial = this.endTrial();
    const evidence = evidenceOf(kind);
    if (kind === 'rate_limited' && askedMs !== undefined && this.timing.cool(askedMs, now)) this.version += 1;
    if (kind === 'quota_exhausted') this.#lockForQuota(askedMs, isTrial, now);
    else if (kind === 'credential_refused') this.#lockForCredential(isTrial, now);
    else if (evidence === 'target' || evidence === 'model') this.#count(kind, isTrial, now);
    else if (isTrial && this.state === 'unhealthy' && evidence === 'answer') this.#putOnProbation(now);
  }

  /** An attempt failed in a way that speaks of its model; of the target only when it was to find out about that. */
  failForModel(kind: FailureKind, now: number): void {
    if (this.timing.isOnTrial) this.fail(kind, undefined, now);
  }

  /** A model's breaker opened. Several that do, and no good answer in between, speak of the target. */
  hearModelOpened(kind: FailureKind, now: number): void {
    this.#modelsOpened += 1;
    this.version += 1;
    if (!this.isUsable || this.#modelsOpened < this.#context.settings.modelsForTarget) return;
    this.#connectOnly = false;
    this.#open(kind, now);
  }

  /** A model's breaker closed, so the target answers. */
  hearModelClosed(): void {
    if (this.#modelsOpened !== 0) this.version += 1;
    this.#modelsOpened = 0;
  }

  probe(event: ProbeEvent, now: number): void {
    this.#probes.lastAt = this.#context.wallNow();
    if (event.verdict === 'down') this.#failProbe(event.failureThreshold);
    else if (event.verdict === 'refused') this.#refuseProbe(now);
    else this.#passProbe(event, now);
  }

  beginTrial(now: number): void {
    if (this.isUsable) return;
    this.timing.beginTrial(now);
    this.version += 1;
  }

  endTrial(): boolean {
    const wasOnTrial = this.timing.endTrial();
    if (wasOnTrial) this.version += 1;
    return wasOnTrial;
  }

  /** Failed requests take nothing out any more: what they took out comes back. */
  pardon(now: number): void {
    this.#failures = 0;
    this.#modelsOpened = 0;
    if (this.state !== 'unhealthy' || this.reason === 'probe') return;
    if (this.#probes.isDown) this.#move('unhealthy', 'probe', undefined);
    else this.#recover('unknown', 'settings', now);
  }

  /** To be called after whatever it was told; `wasUsable` is what it was before. */
  settle(wasUsable: boolean, now: number): void {
    if (this.isUsable && !wasUsable) this.timing.judgeFrom(now);
    this.calm = this.state === 'healthy' && this.#failures === 0 && this.#modelsOpened === 0 && this.timing.level === 0;
  }

  record(now: number): EntryRecord {
    return {
      id: this.id,
      state: this.state,
      reason: this.reason,
      failure: this.failure,
      since: this.since,
      lastProbeAt: this.#probes.lastAt,
      lastFailureAt: this.lastFailureAt,
      consecutiveFailures: this.#failures,
      consecutiveProbeFailures: this.#probes.failures,
      connectOnly: this.#connectOnly,
      probeDown: this.#probes.isDown,
      probeDistrusted: this.#probeDistrusted,
      quotaLevel: this.#quotaLevel,
      modelsOpened: this.#modelsOpened,
      ...this.timing.record(now),
    };
  }

  /** Takes over what the deciding process says. */
  adopt(record: EntryRecord, now: number): void {
    this.state = record.state;
    this.reason = record.reason;
    this.failure = record.failure;
    this.since = record.since;
    this.lastFailureAt = record.lastFailureAt;
    this.#probes.lastAt = record.lastProbeAt;
    this.#failures = record.consecutiveFailures;
    this.#probes.failures = record.consecutiveProbeFailures;
    this.#connectOnly = record.connectOnly;
    this.#probes.isDown = record.probeDown;
    this.#probeDistrusted = record.probeDistrusted;
    this.#quotaLevel = record.quotaLevel;
    this.#modelsOpened = record.modelsOpened;
    this.timing.adopt(record, now, this.isUsable ? 'back' : 'stillOut');
  }

  // Quota and credentials: states that probes do not undo, because some providers list models to anybody. Requests
  // under way when the account was locked report the same news again.

  #lockForQuota(askedMs: number | undefined, isTrial: boolean, now: number): void {
    const { coolDownMs, maxQuotaCoolDownMs, quotaCoolDownMs } = this.#context.settings;
    // An account that says when it is filled up again is not asked before, nor in every moment.
    const toldMs = askedMs === undefined ? undefined : Math.min(maxQuotaCoolDownMs, Math.max(coolDownMs, askedMs));
    if (this.#isLocked() && !isTrial) {
      if (this.state === 'quota' && toldMs !== undefined && this.timing.prolong(toldMs, now)) this.version += 1;
      return;
    }
    if (this.state === 'quota') this.#quotaLevel += 1;
    if (toldMs === undefined) this.timing.coolDown(grown(quotaCoolDownMs, maxQuotaCoolDownMs, this.#quotaLevel), now);
    else this.timing.coolDownExactly(toldMs, now);
    this.#move('quota', 'passive', 'quota_exhausted');
  }

  #lockForCredential(isTrial: boolean, now: number): void {
    if (this.#isLocked() && !isTrial) return;
    this.#probeDistrusted = false;
    this.timing.coolDown(this.#context.settings.credentialCoolDownMs, now);
    this.#move('misconfigured', 'passive', 'credential_refused');
  }

  #isLocked(): boolean {
    return this.state === 'quota' || (this.state === 'misconfigured' && this.reason !== 'probe');
  }

  #count(kind: FailureKind, isTrial: boolean, now: number): void {
    const isConnect = evidenceOf(kind) === 'target';
    if (this.isUsable) {
      const { failureThreshold, isBreakerOn } = this.#context.settings;
      if (!isBreakerOn) return;
      this.#connectOnly = isConnect && (this.#failures === 0 || this.#connectOnly);
      this.#failures += 1;
      this.version += 1;
      if (this.#failures >= failureThreshold) this.#open(kind, now);
    } else if (isTrial) {
      this.#connectOnly = this.#connectOnly && isConnect;
      this.timing.level += 1;
      this.timing.open(now);
      this.version += 1;
    }
  }

  #open(kind: FailureKind, now: number): void {
    this.timing.open(now);
    this.#move('unhealthy', 'passive', kind);
  }

  /** The trial was answered, if not with success: back in use, but the next failure takes it out again for longer. */
  #putOnProbation(now: number): void {
    const level = this.timing.level + 1;
    this.#recover('healthy', 'trial', now);
    this.timing.level = level;
    this.#failures = this.#context.settings.failureThreshold - 1;
  }

  #failProbe(threshold: number): void {
    this.#probes.fail(threshold);
    this.version += 1;
    if (this.#probes.isDown && this.isUsable) this.#move('unhealthy', 'probe', undefined);
  }

  #refuseProbe(now: number): void {
    this.#clearProbeFailures();
    if (this.#probeDistrusted || this.state === 'quota' || this.state === 'misconfigured') return;
    this.timing.coolDown(this.#context.settings.credentialCoolDownMs, now);
    this.#move('misconfigured', 'probe', undefined);
  }

  #passProbe({ successThreshold, verdict }: ProbeEvent, now: number): void {
    const { failures, isDown: wasDown } = this.#probes;
    const successes = this.#probes.pass(successThreshold);
    if (successes === undefined) return;
    if (failures !== 0 || wasDown) this.version += 1;
    const to = verdict === 'up' ? 'healthy' : 'unknown';
    if (this.state === 'unknown' && to === 'healthy') this.#recover(to, 'probe', now);
    // A target that answers probes while its requests fail is not back because it still answers probes.
    const isNews = this.reason === 'probe' || this.#connectOnly || wasDown;
    if (this.state === 'unhealthy' && isNews && successes >= successThreshold) this.#recover(to, 'probe', now);
    if (this.state === 'misconfigured' && this.reason === 'probe') this.#recover(to, 'probe', now);
  }

  #clearProbeFailures(): void {
    if (this.#probes.clear()) this.version += 1;
  }

  #recover(to: 'healthy' | 'unknown', reason: HealthReason, now: number): void {
    if (this.state === 'unhealthy') this.timing.ramp(now);
    this.#failures = 0;
    this.#modelsOpened = 0;
    this.#quotaLevel = 0;
    this.#connectOnly = false;
    this.timing.clear();
    this.#move(to, reason, undefined);
  }

  #move(to: HealthState, reason: HealthReason, failure: FailureKind | undefined): void {
    if (to !== this.state) this.since = this.#context.wallNow();
    this.state = to;
    this.reason = reason;
    this.failure = failure;
    this.version += 1;
  }
}
