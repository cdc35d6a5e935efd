import type { ResilienceConfig } from '../config/resilience-config.ts';

/** All durations in milliseconds. */
export interface HealthSettings {
  /** Whether failed requests take a target or a model out. Probes, quota and credentials do so always. */
  readonly isBreakerOn: boolean;
  /** Failed requests in a row that take a target or a model out. */
  readonly failureThreshold: number;
  /** Trials in a row that bring it back. */
  readonly successThreshold: number;
  readonly coolDownMs: number;
  readonly maxCoolDownMs: number;
  /** Time over which the traffic of what is back grows to all of it; 0: at once. */
  readonly rampMs: number;
  /** Models of one target that open without a good answer in between, and speak of the target as a whole then. */
  readonly modelsForTarget: number;
  /** Longest wait of a rate limit that is believed. */
  readonly maxCoolingMs: number;
  /** For how long a model is passed over that limits its rate and does not say for how long: at first, and at most. */
  readonly spareMs: number;
  readonly maxSpareMs: number;
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
  /** Models remembered for one target, and in all: their names may be a caller's inventions. */
  readonly maxModelsOfTarget: number;
  readonly maxModels: number;
}

export const defaultHealthSettings: HealthSettings = {
  isBreakerOn: true,
  failureThreshold: 3,
  successThreshold: 1,
  coolDownMs: 5_000,
  maxCoolDownMs: 20_000,
  rampMs: 10_000,
  modelsForTarget: 3,
  maxCoolingMs: 60_000,
  spareMs: 1_000,
  maxSpareMs: 20_000,
  quotaCoolDownMs: 30 * 60_000,
  maxQuotaCoolDownMs: 4 * 3_600_000,
  credentialCoolDownMs: 5 * 60_000,
  trialLeaseMs: 60_000,
  probeWaitMs: 10_000,
  historyLength: 50,
  maxTargets: 10_000,
  maxModelsOfTarget: 64,
  maxModels: 10_000,
};

type BreakerSettings = Pick<
  HealthSettings,
  'isBreakerOn' | 'failureThreshold' | 'successThreshold' | 'coolDownMs' | 'maxCoolDownMs' | 'rampMs'
>;

/** What a configuration says of health: its breaker, the default one when it says nothing, none when it is undefined. */
export function healthSettingsOf(resilience: Pick<ResilienceConfig, 'circuitBreaker'>): BreakerSettings {
  const { isBreakerOn, failureThreshold, successThreshold, coolDownMs, maxCoolDownMs, rampMs } = defaultHealthSettings;
  const usual = { isBreakerOn, failureThreshold, successThreshold, coolDownMs, maxCoolDownMs, rampMs };
  if (!('circuitBreaker' in resilience)) return usual;
  const { circuitBreaker } = resilience;
  if (circuitBreaker === undefined) return { ...usual, isBreakerOn: false, rampMs: 0 };
  return {
    isBreakerOn: true,
    failureThreshold: circuitBreaker.failureThreshold,
    successThreshold: circuitBreaker.successThreshold,
    coolDownMs: circuitBreaker.openMs,
    maxCoolDownMs: circuitBreaker.maxOpenMs,
    rampMs: circuitBreaker.rampMs,
  };
}
