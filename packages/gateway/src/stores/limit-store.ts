/**
 * One configured limit, on requests or on tokens: what a unit is, its claims say. Sliding window: at most `limit` in any
 * `windowMs`. Token bucket: `capacity` at once, then `refillPerSecond`.
 */
export type LimitRule = { readonly id: string; readonly whenStoreIsAway?: WhenStoreIsAway } & (
  | { readonly algorithm: 'sliding_window'; readonly limit: number; readonly windowMs: number }
  | { readonly algorithm: 'token_bucket'; readonly capacity: number; readonly refillPerSecond: number }
);

/** A limit on any span of a length. */
export type SlidingWindowRule = Extract<LimitRule, { algorithm: 'sliding_window' }>;
/** A limit that fills again bit by bit. */
export type TokenBucketRule = Extract<LimitRule, { algorithm: 'token_bucket' }>;

/**
 * What becomes of a claim while the store that counts for all processes does not answer. `open`, which is meant where
 * nothing is said: this process counts by itself. `closed`: the claim fails as `store_unavailable`.
 */
export type WhenStoreIsAway = 'open' | 'closed';

/** A claim of one request on one rule's counter for one key (an identity, an address, a target id). */
export interface LimitClaim {
  readonly rule: LimitRule;
  readonly key: string;
  /** Units claimed; a request is 1, tokens are as many as are expected. */
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
 * Answers at once where it can (memory), as a promise where it must ask (another process). Throws a GatewayError of
 * kind `store_unavailable` for rules that are closed while it is away.
 */
export interface LimitStore {
  take(claims: readonly LimitClaim[]): LimitVerdict | Promise<LimitVerdict>;
}

/** What a claim came to; undefined where nobody can tell. */
export type LimitCost = number | undefined;

/** Claims whose cost was an estimate, and what became of them. */
export interface LimitReservation {
  readonly verdict: LimitVerdict;
  /**
   * Puts what was really used in the place of what was claimed, in the order of the claims; where nobody can tell
   * (undefined), what was claimed stays. What was claimed too much is given back where it was counted; what was claimed
   * too little is counted now, over the limit if need be. Only the first call does anything, and none does where the claims
   * were refused. Never called, as by a process that died, the estimate counts until time takes it away as it takes
   * everything; but whoever counts for others keeps it at hand.
   */
  settle(costs: readonly LimitCost[]): void;
}

/** A limit store for claims whose cost is known only afterwards. `take` is the cheaper call where it is known before. */
export interface ReservingLimitStore extends LimitStore {
  reserve(claims: readonly LimitClaim[]): LimitReservation | Promise<LimitReservation>;
}
