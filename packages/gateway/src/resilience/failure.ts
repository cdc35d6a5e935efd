import type { ErrorKind, GatewayError } from '../canonical/gateway-error.ts';

/** How an attempt can fail, as a closed table: what it means for the plan, for health and for the caller. */
export interface FailureTraits {
  /** May the same target be tried again within this exchange. */
  readonly retryHere: boolean;
  /** May another target be tried. */
  readonly tryElsewhere: boolean;
  /**
   * How long the same target is left alone before it is tried again: as long as it asks, and at least the back-off
   * (`asked`); the back-off (`backoff`); it is not tried again (`none`).
   */
  readonly wait: 'asked' | 'backoff' | 'none';
  /**
   * When the models that follow a failed one are asked, where some are configured: before any other target of the same
   * model, which would refuse too (`first`); when those are used up (`last`); not at all (`never`).
   */
  readonly anotherModel: 'first' | 'last' | 'never';
  /** Does it count against the target's health (passive check). */
  readonly countsAgainstHealth: boolean;
  /** What a breaker learns from it: that the whole target fails, that this model fails there, or nothing. */
  readonly breakerScope: 'target' | 'model' | 'none';
  /** The gateway itself refused the attempt: nothing was sent, so nothing is used up. */
  readonly isUnsent: boolean;
  /**
   * Whether the attempt that follows it takes from the retry budget. One that follows a refusal does not: whoever works
   * well and says no at once is not kept down by being asked, and others are for those whom it refuses.
   */
  readonly spendsBudget: boolean;
  /** Neither another key nor another minute would cure it: the caller must read what the provider says. */
  readonly isCallersOwn: boolean;
  /** The error that the caller gets when nothing else is left to try. */
  readonly callerError: ErrorKind;
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
  | 'unfinished'
  | 'connect_failed'
  | 'connect_timeout'
  | 'headers_timeout'
  | 'first_token_timeout'
  | 'idle_timeout'
  | 'total_timeout'
  | 'malformed'
  | 'truncated'
  | 'diverged'
  | 'target_busy'
  | 'limit_spent'
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
  /** It broke an answer of which the caller has a part: whoever did so is not the first to be asked for the rest. */
  readonly isMidAnswer?: boolean;
  /** What to tell the caller where the gateway itself found the fault. */
  readonly error?: GatewayError;
}
