import type { FailureKind } from './failure.ts';

/**
 * `healthy` and `unknown` are used. `unhealthy`: fails probes or requests. `quota`: the account is used up.
 * `misconfigured`: the credential is refused.
 */
export type HealthState = 'healthy' | 'unhealthy' | 'unknown' | 'quota' | 'misconfigured';

/**
 * The state of a target as people read it. `degraded`: it is used, but some of its models are not, or its traffic is
 * growing back or held back by a rate limit, or it fails often.
 */
export type HealthStatus = HealthState | 'degraded';

/** `half_open`: out, and one request at a time may find out whether it is back. */
export type BreakerState = 'closed' | 'open' | 'half_open';

/**
 * What brought a target into its state: probes, passive observation of requests, a trial request, or a configuration
 * that no longer takes targets out for failed requests.
 */
export type HealthReason = 'initial' | 'probe' | 'passive' | 'trial' | 'settings';

/** A change of state, for logs and for the history that operators read. */
export interface HealthTransition {
  readonly id: string;
  /**
   * The model whose breaker opened (`healthy` to `unhealthy`) or closed, the target staying what it was; undefined when
   * the target itself changed.
   */
  readonly model: string | undefined;
  readonly from: HealthState;
  readonly to: HealthState;
  readonly reason: HealthReason;
  /** Kind of the failure that decided it; undefined when none did. */
  readonly failure: FailureKind | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Milliseconds that the former state lasted; undefined when nothing is known of when it began. */
  readonly lastedMs: number | undefined;
  /** Grows with every transition that one process notes, so that others know which of them they have. */
  readonly number: number;
}

/** What a probe came to: the status of an answer, or no answer. */
export type ProbeOutcome = { readonly status: number } | { readonly error: unknown };

export type ProbeVerdict = 'up' | 'refused' | 'unprobeable' | 'down';

/**
 * What a probe's outcome says. Many providers have no probe path, so 404 and 405 say only that somebody answers; and
 * who limits the rate of probes is up.
 */
export function judgeProbe(outcome: ProbeOutcome): ProbeVerdict {
  if (!('status' in outcome)) return 'down';
  const { status } = outcome;
  if ((status >= 200 && status < 300) || status === 429) return 'up';
  if (status === 401 || status === 403) return 'refused';
  return status === 404 || status === 405 ? 'unprobeable' : 'down';
}

/** Whom an event concerns: an attempt may have begun too early to say anything of the one, and in time for the other. */
export type EventScope = 'both' | 'target' | 'model';

/** What one process saw, small enough to be sent to the process that decides. */
export type HealthEvent =
  | {
      readonly type: 'success';
      readonly id: string;
      readonly model: string | undefined;
      readonly scope: EventScope;
      /** Successes of that process, this one included, that were not told because they changed nothing. */
      readonly successes: number;
    }
  | {
      readonly type: 'failure';
      readonly id: string;
      readonly model: string | undefined;
      readonly scope: EventScope;
      readonly failure: FailureKind;
      /** Milliseconds that the upstream asked to wait; undefined when it did not say. */
      readonly retryAfterMs: number | undefined;
      readonly successes: number;
    }
  | {
      readonly type: 'probe';
      readonly id: string;
      readonly verdict: ProbeVerdict;
      readonly failureThreshold: number;
      readonly successThreshold: number;
    }
  | {
      readonly type: 'trial';
      readonly id: string;
      readonly model: string | undefined;
      readonly scope: EventScope;
      readonly step: 'begin' | 'abandon';
    };

/** Times of a target or of one of its models, as what is left of them because monotonic clocks differ. In milliseconds. */
export interface TimingRecord {
  /** Until a trial may begin; 0 when it may, or when none is needed. */
  readonly coolDownLeftMs: number;
  /** For which a trial under way keeps others out. */
  readonly trialLeftMs: number;
  /** For which an upstream that limits its rate wants no requests. */
  readonly coolingLeftMs: number;
  /** Until it gets all of its traffic again. */
  readonly rampLeftMs: number;
  /** How often it came out of a trial the worse, since it was last in use. */
  readonly coolDownLevel: number;
  /** Trials in a row that went well and were not yet enough. */
  readonly trialSuccesses: number;
}

/** The whole state of one model's breaker, as processes exchange it. */
export interface ModelRecord extends TimingRecord {
  readonly model: string;
  readonly isOpen: boolean;
  readonly reason: HealthReason;
  readonly failure: FailureKind | undefined;
  /** Milliseconds since 1970 since when it is open or closed; undefined when it has not been open for long. */
  readonly since: number | undefined;
  readonly consecutiveFailures: number;
  /** For which it is passed over while another can answer, because it limits its rate and did not say for how long. */
  readonly spareLeftMs: number;
}

/** The whole state of one target, as processes exchange it. */
export interface HealthRecord extends TimingRecord {
  readonly id: string;
  readonly state: HealthState;
  readonly reason: HealthReason;
  readonly failure: FailureKind | undefined;
  /** Milliseconds since 1970 of the last change of state. */
  readonly since: number;
  /** Milliseconds since 1970 of the last probe; undefined before the first. */
  readonly lastProbeAt: number | undefined;
  /** Milliseconds since 1970 of the last failure that counts; undefined before the first. */
  readonly lastFailureAt: number | undefined;
  readonly consecutiveFailures: number;
  readonly consecutiveProbeFailures: number;
  readonly connectOnly: boolean;
  readonly probeDown: boolean;
  readonly probeDistrusted: boolean;
  readonly quotaLevel: number;
  /** Breakers of models that opened since the target last answered well. */
  readonly modelsOpened: number;
  /** How its requests ended within the last half minute. */
  readonly recent: RecentOutcomes;
  /** Models of which something is known; in what is told after a change, the one that it concerned. */
  readonly models: readonly ModelRecord[];
  /** The last transitions, oldest first; in what is told after a change, those that it consists of. */
  readonly transitions: readonly HealthTransition[];
}

/** How requests ended. Only failures that count against a target's health are counted as such. */
export interface RecentOutcomes {
  readonly successes: number;
  readonly failures: number;
}
