/** Tokens of one answer as its provider reports them; `input` includes cached ones. */
export interface Usage {
  readonly input: number;
  readonly output: number;
  readonly cachedInput?: number;
  readonly reasoning?: number;
}
