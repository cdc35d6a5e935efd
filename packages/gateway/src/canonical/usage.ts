/**
 * Tokens of one answer as its provider reports them. `input` includes those read from and written to a prompt cache,
 * `output` includes reasoning: whatever a wire counts apart is added in by its decoder and taken out by its encoder.
 */
export interface Usage {
  readonly input: number;
  readonly output: number;
  /** Part of `input` that came from the provider's prompt cache. */
  readonly cachedInput?: number;
  /** Part of `input` that was written to the provider's prompt cache. */
  readonly cacheWriteInput?: number;
  /** Part of `cacheWriteInput` that is kept for an hour instead of five minutes. */
  readonly cacheWriteHourInput?: number;
  /** Part of `output` that the caller may not see. */
  readonly reasoning?: number;
  readonly audioInput?: number;
  readonly audioOutput?: number;
}
