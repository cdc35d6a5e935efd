import type { Usage } from './canonical/usage.ts';
import { createByteMark } from './framing/byte-mark.ts';
import { type Cost, estimatedCostOf } from './pricing/cost-of.ts';
import type { ModelPrices } from './pricing/model-facts.ts';

export interface LargestCostInput {
  /** Tokens of input and output, of whatever kind. */
  readonly estimate: Usage;
  readonly prices: ModelPrices | undefined;
  /** As `chargedTier` names it. */
  readonly tier: string | undefined;
  /** The request as it came. */
  readonly body: Buffer | undefined;
}

/**
 * The most that a request may cost. Nobody tells beforehand how much of it or its answer is pictures, how much is written to
 * a prompt cache, or how much of an answer is thought or spoken: what costs more is taken, none or all of it.
 */
export function largestCost(input: LargestCostInput): Cost {
  const { estimate, prices, tier } = input;
  const { imageInput, imageOutput } = prices?.tokens ?? {};
  const hasPictures = imageInput !== undefined || imageOutput !== undefined;
  const text = withDearestInput(input, hasPictures ? { ...estimate, imageInput: 0, imageOutput: 0 } : estimate);
  let largest = estimatedCostOf(text, prices, tier);
  for (const kind of wholeOutputs) {
    if (prices?.tokens[kind] === undefined) continue;
    largest = larger(largest, estimatedCostOf({ ...text, [kind]: estimate.output }, prices, tier));
  }
  if (!hasPictures) return largest;
  const pictures = { ...estimate, imageInput: estimate.input, imageOutput: estimate.output };
  return larger(largest, estimatedCostOf(pictures, prices, tier));
}

/** Kinds of output that may be all of it. */
const wholeOutputs = ['reasoning', 'audioOutput'] as const;

/** How every wire says that its prompt is to stay in the cache for an hour. */
const hourMark = createByteMark('"1h"');

/**
 * Most providers write to their cache what is marked; some whatever is long enough:
 * https://developers.openai.com/api/docs/guides/prompt-caching
 */
function withDearestInput({ body, prices, tier }: LargestCostInput, plain: Usage): Usage {
  const { cacheWriteHourInput, cacheWriteInput } = prices?.tokens ?? {};
  if (cacheWriteInput === undefined && cacheWriteHourInput === undefined) return plain;
  const written = { ...plain, cacheWriteInput: plain.input };
  const isKept = cacheWriteHourInput !== undefined && body !== undefined && hourMark.isIn(body);
  const dearest = isKept ? { ...written, cacheWriteHourInput: plain.input } : written;
  const [one, other] = [estimatedCostOf(plain, prices, tier), estimatedCostOf(dearest, prices, tier)];
  return larger(one, other) === one ? plain : dearest;
}

/** The first where it is not known. */
function larger(one: Cost, other: Cost): Cost {
  return (one.nanoDollars ?? Number.POSITIVE_INFINITY) > (other.nanoDollars ?? 0) ? one : other;
}
