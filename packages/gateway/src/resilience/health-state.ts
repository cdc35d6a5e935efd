import type { FailureKind } from './failure.ts';

/**
 * `healthy` and `unknown` are used. `unhealthy`: fails probes or requests. `quota`: the account is used up.
 * `misconfigured`: the credential is refused.
 */
export type HealthState = 'healthy' | 'unhealthy' | 'unknown' | 'quota' | 'misconfigured';

/** What brought a target into its state: probes, passive observation of requests, or a trial request. */
export type HealthReason = 'initial' | 'probe' | 'passive' | 'trial';

/** A change of state, for logs and for the history that operators read. */
export interface HealthTransition {
  readonly id: string;
  readonly from: HealthState;
  readonly to: HealthState;
  readonly reason: HealthReason;
  /** Kind of the failure that decided it; undefined when none did. */
  readonly failure: FailureKind | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
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

/** What one process saw, small enough to be sent to the process that decides. */
export type HealthEvent =
  | { readonly type: 'success'; readonly id: string }
  | { readonly type: 'failure'; readonly id: string; readonly failure: FailureKind }
  | {
      readonly type: 'probe';
      readonly id: string;
      readonly verdict: ProbeVerdict;
      readonly failureThreshold: number;
      readonly successThreshold: number;
    }
  | { readonly type: 'trial'; readonly id: string; readonly step: 'begin' | 'abandon' };

/** The whole state of one target, as processes exchange it. Durations are left-overs because monotonic clocks differ. */
export interface HealthRecord {
  readonly id: string;
  readonly state: HealthState;
  readonly reason: HealthReason;
  readonly failure: FailureKind | undefined;
  /** Milliseconds since 1970 of the last change of state. */
  readonly since: number;
  /** Milliseconds since 1970 of the last probe; undefined before the first. */
  readonly lastProbeAt: number | undefined;
  readonly consecutiveFailures: number;
  readonly consecutiveProbeFailures: number;
  /** Milliseconds until a trial may begin; 0 when it may, or when none is needed. */
  readonly coolDownLeftMs: number;
  /** Milliseconds for which a trial under way keeps others out. */
  readonly trialLeftMs: number;
  readonly connectOnly: boolean;
  readonly probeDown: boolean;
  readonly probeDistrusted: boolean;
  readonly coolDownLevel: number;
  readonly quotaLevel: number;
}

/** All durations in milliseconds. */
export interface HealthSettings {
  /** Consecutive failed requests that take a target out. */
  readonly failureThreshold: number;
  readonly coolDownMs: number;
  readonly maxCoolDownMs: number;
  readonly quotaCoolDownMs: number;
  readonly maxQuotaCoolDownMs: number;
  readonly credentialCoolDownMs: number;
  /** A trial that nobody reports on stops keeping others out after this. */
  readonly trialLeaseMs: number;
  /** What callers are told to wait for a target that only a probe can bring back. */
  readonly probeWaitMs: number;
  /** Transitions remembered for each target. */
  readonly historyLength: number;
  /** Targets remembered; the one first seen goes first. */
  readonly maxTargets: number;
}

export const defaultHealthSettings: HealthSettings = {
  failureThreshold: 3,
  coolDownMs: 5_000,
  maxCoolDownMs: 20_000,
  quotaCoolDownMs: 30 * 60_000,
  maxQuotaCoolDownMs: 4 * 3_600_000,
  credentialCoolDownMs: 5 * 60_000,
  trialLeaseMs: 60_000,
  probeWaitMs: 10_000,
  historyLength: 50,
  maxTargets: 10_000,
};
