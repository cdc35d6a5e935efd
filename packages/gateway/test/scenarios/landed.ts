/**
 * Features that some of these tests are about. A test of one that is false does not run; set it to true once the
 * feature is there.
 */
export const landed = {
  /** Streams that break after their first byte are continued or begun again: `stream_recovery`. */
  streamRecovery: true,
  /** Another model takes over: `routing.fallbacks`. */
  modelFallbacks: true,
  /** Further attempts are a share of the requests: `resilience.retry.budget_percent`, `budget_floor`. */
  retryBudget: true,
  /** `resilience.circuit_breaker` decides when a target is left alone, and for how long. */
  circuitBreaker: true,
  /** `resilience.retry.strategy`, `max_wait_seconds`. */
  retrySettings: true,
  /** A second target is asked when the first is slow: `routing.hedging`. */
  hedging: true,
  /** Equal requests share an answer: `routing.single_flight`. */
  singleFlight: true,
  /** Targets have limits of their own: `timeout` of a target. */
  targetTimeouts: true,
  /** Targets that get a share of the requests, or copies: `canary_percent`, `shadow_percent`. */
  trafficShares: true,
} as const satisfies Record<string, boolean>;
