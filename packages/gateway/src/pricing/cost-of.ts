import type { Usage } from '../canonical/usage.ts';
import type { ModelPrices, TokenClass, TokenPrices } from './model-facts.ts';

/**
 * Why a cost is not known. `no_price`: the model has no price at all; `no_input_price`, `no_output_price`: not for these
 * tokens; `no_usage`: the provider did not say what it used; `implausible_usage`: what it said are no numbers of tokens.
 */
export type UnknownCost = 'no_usage' | 'no_price' | 'no_input_price' | 'no_output_price' | 'implausible_usage';

export type Cost =
  | { readonly nanoDollars: number }
  /** Not known, which is not nothing. */
  | { readonly nanoDollars: undefined; readonly reason: UnknownCost };

/** Prices are for a million tokens. */
const PER_TOKENS = 1_000_000n;

/** What a usage costs, to the nearest nano-dollar; summed exactly and rounded once. */
export function costOf(usage: Usage | undefined, prices: ModelPrices | undefined): Cost {
  if (prices === undefined) return unknown('no_price');
  if (usage === undefined) return unknown('no_usage');
  if (!isPlausible(usage)) return unknown('implausible_usage');
  const tokens = pricesFor(prices, usage.input);
  // Nano-dollars, times a million.
  let sum = BigInt(prices.perRequest ?? 0) * PER_TOKENS;
  for (const [tokenClass, count] of Object.entries(partsOf(usage)) as [TokenClass, number][]) {
    if (count === 0) continue;
    const price = priceOf(tokens, tokenClass);
    if (price === undefined) return unknown(inputClasses.has(tokenClass) ? 'no_input_price' : 'no_output_price');
    sum += BigInt(count) * BigInt(price);
  }
  const nanoDollars = (sum + PER_TOKENS / 2n) / PER_TOKENS;
  if (nanoDollars > BigInt(Number.MAX_SAFE_INTEGER)) return unknown('implausible_usage');
  return { nanoDollars: Number(nanoDollars) };
}

/** Whether a model costs nothing, whatever is asked of it. */
export function isFree({ tokens, longContext, perRequest = 0 }: ModelPrices): boolean {
  const areFree = (prices: TokenPrices) => Object.values(prices).every((price) => price === 0);
  const isWhole = tokens.input !== undefined && tokens.output !== undefined;
  return isWhole && perRequest === 0 && areFree(tokens) && longContext.every((tier) => areFree(tier.tokens));
}

function unknown(reason: UnknownCost): Cost {
  return { nanoDollars: undefined, reason };
}

const inputClasses: ReadonlySet<TokenClass> = new Set([
  'input',
  'cachedInput',
  'cacheWriteInput',
  'cacheWriteHourInput',
  'audioInput',
]);

function isPlausible(usage: Usage): boolean {
  const { input, output } = usage;
  const isCount = (count: unknown) => Number.isSafeInteger(count) && (count as number) >= 0;
  return (
    isCount(input) && isCount(output) && Object.values(usage).every((count) => count === undefined || isCount(count))
  );
}

/**
 * The tokens of a usage, each counted once. A part larger than its whole, as some providers report, counts as the whole.
 * Audio that came from the cache is not told apart; it counts as audio as far as there are tokens not from the cache.
 */
function partsOf(usage: Usage): Readonly<Record<TokenClass, number>> {
  const cachedInput = atMost(usage.cachedInput, usage.input);
  const written = atMost(usage.cacheWriteInput, usage.input - cachedInput);
  const cacheWriteHourInput = atMost(usage.cacheWriteHourInput, written);
  const fresh = usage.input - cachedInput - written;
  const audioInput = atMost(usage.audioInput, fresh);
  const reasoning = atMost(usage.reasoning, usage.output);
  const audioOutput = atMost(usage.audioOutput, usage.output - reasoning);
  return {
    input: fresh - audioInput,
    cachedInput,
    cacheWriteInput: written - cacheWriteHourInput,
    cacheWriteHourInput,
    audioInput,
    output: usage.output - reasoning - audioOutput,
    reasoning,
    audioOutput,
  };
}

function atMost(count: number | undefined, limit: number): number {
  return Math.min(count ?? 0, limit);
}

/** The size of the whole input decides, cached or not. */
function pricesFor({ tokens, longContext }: ModelPrices, input: number): TokenPrices {
  return longContext.findLast(({ aboveInputTokens }) => input > aboveInputTokens)?.tokens ?? tokens;
}

function priceOf(prices: TokenPrices, tokenClass: TokenClass): number | undefined {
  const own = prices[tokenClass];
  if (own !== undefined) return own;
  const whole = wholeOf[tokenClass];
  return whole && priceOf(prices, whole);
}

const wholeOf: Readonly<Partial<Record<TokenClass, TokenClass>>> = {
  cachedInput: 'input',
  cacheWriteInput: 'input',
  cacheWriteHourInput: 'cacheWriteInput',
  audioInput: 'input',
  reasoning: 'output',
  audioOutput: 'output',
};
