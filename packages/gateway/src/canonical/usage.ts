/**
 * Tokens of one answer as its provider reports them, and what it says of the rate at which it charges them.
 */
export interface Usage extends TokenCounts {
  /**
   * What is charged beside or above the tier of service: `fast-mode`, a region such as `us`, or both with a dash between
   * them. Absent: nothing is.
   */
  readonly rate?: string;
  /** Searches that are charged for in place of tokens, as reranking is by some; absent: nobody told. Of them the cost is kept. */
  readonly searchUnits?: number;
}

/**
 * `input` includes tokens read from and written to a prompt cache, `output` includes reasoning: whatever a wire counts apart
 * is added in by its decoder and taken out by its encoder.
 */
export interface TokenCounts {
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
  /** Part of `input` that is pictures; 0 says that there are none, and absent that nobody told. */
  readonly imageInput?: number;
  /** Part of `output` that is pictures; 0 says that there are none, and absent that nobody told. */
  readonly imageOutput?: number;
  /** Part of `cachedInput` and of `audioInput`. */
  readonly cachedAudioInput?: number;
  /** Part of `cachedInput` and of `imageInput`. */
  readonly cachedImageInput?: number;
}

/** Counts beside input and output, in the order in which they are written down. */
export const usageClasses = [
  'cachedInput',
  'cacheWriteInput',
  'cacheWriteHourInput',
  'reasoning',
  'audioInput',
  'audioOutput',
  'imageInput',
  'imageOutput',
  'cachedAudioInput',
  'cachedImageInput',
] as const satisfies readonly (keyof TokenCounts)[];

/** Tokens that attempts took, both ways; undefined where nobody can tell of one. */
export function tokensOfAll(
  attempts: readonly { readonly usage?: Usage | undefined; readonly isUseUnknown?: boolean | undefined }[],
): number | undefined {
  let sum = 0;
  for (const { isUseUnknown, usage } of attempts) {
    if (isUseUnknown) return undefined;
    if (usage === undefined) continue;
    if (tellsNoTokens(usage)) return undefined;
    sum += usage.input + usage.output;
  }
  return sum;
}

/** Whether it tells searches alone: the tokens that were read for them are nobody's to tell. */
export function tellsNoTokens({ input, output, searchUnits }: Usage): boolean {
  return searchUnits !== undefined && input + output === 0;
}

/** What two answers took together, at whatever rates. */
export function addUsage(left: Usage, right: Usage): TokenCounts {
  const sum: { -readonly [Name in keyof TokenCounts]: number } = {
    input: left.input + right.input,
    output: left.output + right.output,
  };
  for (const name of usageClasses) {
    if (left[name] !== undefined || right[name] !== undefined) sum[name] = (left[name] ?? 0) + (right[name] ?? 0);
  }
  return sum;
}

/**
 * What an answer took that broke off, or of which nothing was said: its provider may have told the input at its beginning,
 * and a count of the output that is behind what it sent. Of the two outputs the larger one holds.
 */
export function unfinishedUsage(told: Usage | undefined, estimate: Usage): Usage {
  const input = told !== undefined && told.input > 0 ? told.input : estimate.input;
  const usage = { ...told, input, output: Math.max(told?.output ?? 0, estimate.output) };
  return estimate.searchUnits === undefined ? usage : { searchUnits: estimate.searchUnits, ...usage };
}
