import type { TokenCounts, Usage } from '../canonical/usage.ts';
import {
  type ModelPrices,
  type TierPrices,
  type TokenClass,
  type TokenPrices,
  tokenClasses,
  type UsualPrices,
} from './model-facts.ts';

/**
 * Why a cost is not known. `no_price`: the model has no price at all; `no_input_price`, `no_output_price`: not for these
 * tokens; `no_tier_price`: not in the tier of service; `untold_images`: pictures cost apart, and nobody said how many
 * tokens they were; `no_search_price`: searches are charged for, and have none; `no_usage`: the provider did not say what it
 * used; `implausible_usage`: what it said are no numbers of tokens.
 */
export type UnknownCost =
  | 'no_usage'
  | 'no_price'
  | 'no_input_price'
  | 'no_output_price'
  | 'no_tier_price'
  | 'untold_images'
  | 'no_search_price'
  | 'implausible_usage';

export type Cost =
  | { readonly nanoDollars: number }
  /** Not known, which is not nothing. */
  | { readonly nanoDollars: undefined; readonly reason: UnknownCost };

/** Prices are for a million tokens. */
const PER_TOKENS = 1_000_000;
/** Shares of a price are in millionths of it. */
const WHOLE_SHARE = 1_000_000;
/** Up to here numbers add and round exactly. */
const LARGEST_SUM = Number.MAX_SAFE_INTEGER - PER_TOKENS;

/**
 * What a usage costs, to the nearest nano-dollar; summed exactly and rounded once. `tier` is the tier of service as
 * `chargedTier` names it; undefined is the usual one.
 */
export function costOf(usage: Usage | undefined, prices: ModelPrices | undefined, tier?: string): Cost {
  if (prices === undefined) return unknown('no_price');
  if (usage === undefined) return unknown('no_usage');
  const shape = shapeOf(usage);
  if (shape === 'implausible') return unknown('implausible_usage');
  if (tier === undefined) {
    const tokens = pricesFor(prices, usage.input);
    const plain = shape === 'plain' ? plainSum(usage, prices, tokens) : undefined;
    return rounded(plain ?? sumOf(usage, prices, tokens));
  }
  const known = prices.tiers?.[tier];
  if (known !== undefined) return tierCost(usage, prices, known);
  // What costs nothing, such as a server of one's own, costs nothing by whatever name a caller asks for it.
  return isFree(prices) ? { nanoDollars: 0 } : unknown('no_tier_price');
}

/**
 * What an estimate costs. It has searches and tokens of what may be charged by either: searches count where they have a
 * price.
 */
export function estimatedCostOf(usage: Usage, prices: ModelPrices | undefined, tier?: string): Cost {
  const isBySearch = usage.searchUnits === undefined || prices?.perSearchUnit !== undefined;
  return costOf(isBySearch ? usage : { ...usage, searchUnits: 0 }, prices, tier);
}

function tierCost(usage: Usage, usual: ModelPrices, tier: TierPrices): Cost {
  if (tier.kind === 'share') {
    return shareOf(sumOf(usage, usual, pricesFor(usual, usage.input)), tier.millionths);
  }
  const { prices } = tier;
  if (stepFor(prices, usage.input) !== stepFor(usual, usage.input)) return unknown('no_tier_price');
  const usualTokens = pricesFor(usual, usage.input);
  const tokens = pricesFor(prices, usage.input);
  const parts = partsOf(usage);
  const isMissing = (name: TokenClass) => usualTokens[name] !== undefined && tokens[name] === undefined;
  if (tokenClasses.some((name, index) => parts[index]! > 0 && isMissing(name))) return unknown('no_tier_price');
  const lacksSearches = usual.perSearchUnit !== undefined && prices.perSearchUnit === undefined;
  if (lacksSearches && (usage.searchUnits ?? 0) > 0) return unknown('no_tier_price');
  return rounded(sumOf(usage, prices, tokens));
}

/** What `sumOf` says of a usage without parts, as most are; undefined where that is not as simple. */
function plainSum(
  { input, output }: Usage,
  { perRequest = 0 }: Pick<ModelPrices, 'perRequest'>,
  tokens: TokenPrices,
): number | undefined {
  if (tokens.input === undefined || tokens.output === undefined) return undefined;
  if (tokens.imageInput !== undefined || tokens.imageOutput !== undefined) return undefined;
  const sum = perRequest * PER_TOKENS + input * tokens.input + output * tokens.output;
  return sum <= LARGEST_SUM ? sum : undefined;
}

/** Nano-dollars, times a million; or why they are not known. Hardly a sum is beyond what a number has exactly. */
function sumOf(usage: Usage, prices: UsualPrices, tokens: TokenPrices): number | bigint | UnknownCost {
  if (lacksImages(usage, tokens)) return 'untold_images';
  const { searchUnits = 0 } = usage;
  const perSearchUnit = prices.perSearchUnit ?? (searchUnits > 0 && !isFree(prices) ? undefined : 0);
  if (perSearchUnit === undefined) return 'no_search_price';
  const besides = (prices.perRequest ?? 0) + searchUnits * perSearchUnit;
  const parts = partsOf(usage);
  let sum = besides * PER_TOKENS;
  for (let index = 0; index < tokenClasses.length; index++) {
    const count = parts[index]!;
    if (count === 0) continue;
    const tokenClass = tokenClasses[index]!;
    const price = priceOf(tokens, tokenClass);
    // Who charges by searches charges for no tokens, unless they have a price as well.
    if (price === undefined && searchUnits > 0) continue;
    if (price === undefined) return outputClasses.has(tokenClass) ? 'no_output_price' : 'no_input_price';
    sum += count * price;
  }
  return sum <= LARGEST_SUM
    ? sum
    : largeSum(parts, tokens, BigInt(prices.perRequest ?? 0) + BigInt(searchUnits) * BigInt(perSearchUnit));
}

/** The same where all classes that have tokens have a price. */
function largeSum(parts: Parts, tokens: TokenPrices, besides: bigint): bigint {
  const ofClasses = tokenClasses.map((name, index) => BigInt(parts[index]!) * BigInt(priceOf(tokens, name) ?? 0));
  return ofClasses.reduce((sum, part) => sum + part, besides * BigInt(PER_TOKENS));
}

/** To the nearest nano-dollar. */
function rounded(sum: number | bigint | UnknownCost): Cost {
  if (typeof sum !== 'number') return shareOf(sum, WHOLE_SHARE);
  const above = sum + PER_TOKENS / 2;
  return { nanoDollars: (above - (above % PER_TOKENS)) / PER_TOKENS };
}

function shareOf(sum: number | bigint | UnknownCost, millionths: number): Cost {
  if (typeof sum === 'string') return unknown(sum);
  const per = BigInt(PER_TOKENS) * BigInt(WHOLE_SHARE);
  const nanoDollars = (BigInt(sum) * BigInt(millionths) + per / 2n) / per;
  if (nanoDollars > BigInt(Number.MAX_SAFE_INTEGER)) return unknown('implausible_usage');
  return { nanoDollars: Number(nanoDollars) };
}

/** Whether a model costs nothing, whatever is asked of it, in the usual tier of service and in those that are known. */
export function isFree({ tokens, longContext, perRequest = 0, perSearchUnit = 0, tiers = {} }: ModelPrices): boolean {
  const areFree = (prices: TokenPrices) => Object.values(prices).every((price) => price === 0);
  const isWhole = tokens.input !== undefined && tokens.output !== undefined;
  return (
    isWhole &&
    perRequest === 0 &&
    perSearchUnit === 0 &&
    areFree(tokens) &&
    longContext.every((step) => areFree(step.tokens)) &&
    Object.values(tiers).every((tier) => tier.kind === 'share' || isFree(tier.prices))
  );
}

function unknown(reason: UnknownCost): Cost {
  return { nanoDollars: undefined, reason };
}

const outputClasses: ReadonlySet<TokenClass> = new Set(['output', 'reasoning', 'audioOutput', 'imageOutput']);

/** Whether it holds numbers of tokens, and some that are parts of its input or output. */
function shapeOf(usage: Usage): 'implausible' | 'plain' | 'parted' {
  if (!isCount(usage.input) || !isCount(usage.output)) return 'implausible';
  let shape: 'plain' | 'parted' = 'plain';
  // Of twelve counts two or three are there: asking for each by its name costs more than all the rest.
  for (const name in usage) {
    if (name === 'input' || name === 'output' || name === 'rate') continue;
    const count = usage[name as keyof TokenCounts];
    if (count === undefined || count === 0) continue;
    if (!isCount(count)) return 'implausible';
    shape = 'parted';
  }
  return shape;
}

function isCount(count: number): boolean {
  return Number.isSafeInteger(count) && count >= 0;
}

/** Pictures cost up to ten times as much as text: a side where nobody told them apart would be guessed. */
function lacksImages({ input, output, imageInput, imageOutput }: Usage, tokens: TokenPrices): boolean {
  return (
    (imageInput === undefined && input > 0 && tokens.imageInput !== undefined) ||
    (imageOutput === undefined && output > 0 && tokens.imageOutput !== undefined)
  );
}

/** By `tokenClasses`, in their order. */
type Parts = readonly number[];

/**
 * The tokens of a usage, each counted once. A part larger than its whole, as some providers report, counts as the whole.
 * Sound and pictures that came from the cache are often not told apart; they count as sound and pictures as far as there
 * are tokens not from the cache.
 */
function partsOf(usage: Usage): Parts {
  const cached = atMost(usage.cachedInput, usage.input);
  const cachedAudioInput = Math.min(atMost(usage.cachedAudioInput, cached), usage.audioInput ?? 0);
  const cachedImageInput = Math.min(atMost(usage.cachedImageInput, cached - cachedAudioInput), usage.imageInput ?? 0);
  const written = atMost(usage.cacheWriteInput, usage.input - cached);
  const cacheWriteHourInput = atMost(usage.cacheWriteHourInput, written);
  const fresh = usage.input - cached - written;
  const audioInput = atMost((usage.audioInput ?? 0) - cachedAudioInput, fresh);
  const imageInput = atMost((usage.imageInput ?? 0) - cachedImageInput, fresh - audioInput);
  const reasoning = atMost(usage.reasoning, usage.output);
  const audioOutput = atMost(usage.audioOutput, usage.output - reasoning);
  const imageOutput = atMost(usage.imageOutput, usage.output - reasoning - audioOutput);
  return [
    fresh - audioInput - imageInput,
    cached - cachedAudioInput - cachedImageInput,
    written - cacheWriteHourInput,
    cacheWriteHourInput,
    usage.output - reasoning - audioOutput - imageOutput,
    reasoning,
    audioInput,
    audioOutput,
    imageInput,
    imageOutput,
    cachedAudioInput,
    cachedImageInput,
  ];
}

function atMost(count: number | undefined, limit: number): number {
  return Math.min(count ?? 0, limit);
}

/** The size of the whole input decides, cached or not. */
function pricesFor({ tokens, longContext }: Pick<ModelPrices, 'tokens' | 'longContext'>, input: number): TokenPrices {
  if (longContext.length === 0) return tokens;
  return longContext.findLast(({ aboveInputTokens }) => input > aboveInputTokens)?.tokens ?? tokens;
}

/** Where the step begins that an input is on; 0 below all of them. */
function stepFor({ longContext }: Pick<ModelPrices, 'longContext'>, input: number): number {
  return longContext.findLast(({ aboveInputTokens }) => input > aboveInputTokens)?.aboveInputTokens ?? 0;
}

function priceOf(prices: TokenPrices, tokenClass: TokenClass): number | undefined {
  const own = prices[tokenClass];
  if (own !== undefined) return own;
  const whole = wholeOf[tokenClass];
  return whole && priceOf(prices, whole);
}

const wholeOf: Readonly<Partial<Record<TokenClass, TokenClass>>> = {
  cachedInput: 'input',
  cachedAudioInput: 'cachedInput',
  cachedImageInput: 'cachedInput',
  cacheWriteInput: 'input',
  cacheWriteHourInput: 'cacheWriteInput',
  audioInput: 'input',
  imageInput: 'input',
  reasoning: 'output',
  audioOutput: 'output',
  imageOutput: 'output',
};
