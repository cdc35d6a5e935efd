/** One configured limit. Sliding window: at most `limit` in any `windowMs`. Token bucket: `capacity` at once, then `refillPerSecond`. */
export type LimitRule =
  | { readonly id: string; readonly algorithm: 'sliding_window'; readonly limit: number; readonly windowMs: number }
  | {
      readonly id: string;
      readonly algorithm: 'token_bucket';
      readonly capacity: number;
      readonly refillPerSecond: number;
    };

/** A claim of one request on one rule's counter for one key (an identity, an address, a target id). */
export interface LimitClaim {
  readonly rule: LimitRule;
  readonly key: string;
  /** Units claimed; a request is 1. */
  readonly cost: number;
}

export interface LimitVerdict {
  readonly allowed: boolean;
  /** The rule that refused, or the one with the least left. */
  readonly ruleId: string;
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until the counter is full again. */
  readonly resetMs: number;
  /** Milliseconds until this claim could pass; 0 when it passed. */
  readonly retryAfterMs: number;
}

/**
 * Counts claims against rules. All claims of one call pass or none is counted. Counters survive a configuration
 * reload because they hang on rule id and key. The number of keys kept is bounded; the least recently used goes first.
 * Answers at once where it can (memory), as a promise where it must ask (another process).
 */
export interface LimitStore {
  take(claims: readonly LimitClaim[]): LimitVerdict | Promise<LimitVerdict>;
}
