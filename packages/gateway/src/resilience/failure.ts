import type { GatewayError } from '../canonical/gateway-error.ts';

/** How an attempt can fail, as a closed table: what it means for the plan, for health and for the caller. */
export interface FailureTraits {
  /** May the same target be tried again within this exchange. */
  readonly retryHere: boolean;
  /** May another target be tried. */
  readonly tryElsewhere: boolean;
  /** Does it count against the target's health (passive check). */
  readonly countsAgainstHealth: boolean;
}

export type FailureKind =
  | 'rate_limited'
  | 'overloaded'
  | 'quota_exhausted'
  | 'credential_refused'
  | 'model_gone'
  | 'context_exceeded'
  | 'content_refused'
  | 'caller_fault'
  | 'inexpressible'
  | 'transient'
  | 'connect_failed'
  | 'connect_timeout'
  | 'headers_timeout'
  | 'first_token_timeout'
  | 'idle_timeout'
  | 'total_timeout'
  | 'malformed'
  | 'truncated'
  | 'target_busy'
  | 'cancelled'
  | 'unknown';

/** One failed attempt, read. */
export interface Failure {
  readonly kind: FailureKind;
  /** Upstream's HTTP status, 0 when none came. */
  readonly status: number;
  /** Milliseconds the upstream asked to wait; undefined when it did not say. */
  readonly retryAfterMs: number | undefined;
  /** What happened, in words without secrets, prompts or URLs. */
  readonly message: string;
  /** The upstream's own error body, kept for the caller when the fault is the caller's. */
  readonly body: Buffer | undefined;
  readonly contentType: string | undefined;
  /** What to tell the caller where the gateway itself found the fault. */
  readonly error?: GatewayError;
}
