/** What a strategy may know of the request that it picks a target for. One object a request, filled when the plan is made. */
export interface PickFacts {
  /** What keeps requests together on one target, as a number of 32 bits; undefined where nothing does. Only `sticky` asks. */
  readonly stickyHash: number | undefined;
  /** Tokens of the request, estimated from its length. */
  readonly inputTokens: number;
  /** Output tokens to expect: what the caller allows at most, or a usual number; 0 where the operation has none. */
  readonly outputTokens: number;
  /** Search units of reranking to expect; 0 for what is none. */
  readonly searchUnits: number;
  /** Monotonic milliseconds. */
  readonly now: number;
  /** The answer is to stream: how fast a target is means its first token then, and its whole answer otherwise. */
  readonly stream: boolean;
  /** What the caller asked for, as the resolution has it: the model of members that name none of their own. */
  readonly requestedModel: string | undefined;
  /** What a model must be able to do for it, as `needsOf` tells; 0 where nothing is known to be needed. */
  readonly needs: number;
}
