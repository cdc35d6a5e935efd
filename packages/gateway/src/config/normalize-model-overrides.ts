import { nanoDollars } from '../canonical/nano-dollars.ts';
import type {
  Capabilities,
  ModelFacts,
  ModelOverride,
  ModelPrices,
  TierPrices,
  TokenPrices,
} from '../pricing/model-facts.ts';
import type { FileConfig } from './schema.ts';
import {
  type FileModelFacts,
  type FilePrices,
  type FileTierPrices,
  type FileUsualPrices,
  statesFacts,
} from './sections/model-section.ts';

/** What `models` and `pricing` state of models, by name; `models` wins where both have a price. */
export function normalizeModelOverrides({ models, pricing }: FileConfig): readonly ModelOverride[] {
  const stated = Object.entries(models).filter(([, entry]) => statesFacts(entry));
  const names = new Set([...stated.map(([name]) => name), ...Object.keys(pricing)]);
  return [...names].map((name) => {
    const entry = models[name];
    const priced = pricing[name];
    return {
      names: [name, ...(entry?.model_name === undefined ? [] : [entry.model_name])],
      facts: { ...(priced && { prices: pricesOf(priced) }), ...(entry && factsOf(entry)) },
    };
  });
}

function factsOf({ context_window, max_output_tokens, capabilities, pricing }: FileModelFacts): ModelFacts {
  return {
    ...(context_window !== undefined && { contextWindow: context_window }),
    ...(max_output_tokens !== undefined && { maxOutputTokens: max_output_tokens }),
    ...(capabilities && { capabilities: capabilitiesOf(capabilities) }),
    ...(pricing && { prices: pricesOf(pricing) }),
  };
}

function capabilitiesOf({
  structured_output: structuredOutput,
  ...others
}: NonNullable<FileModelFacts['capabilities']>): Capabilities {
  return given({ ...others, structuredOutput });
}

function pricesOf({ tiers, ...usual }: FilePrices): ModelPrices {
  if (tiers === undefined) return usualPricesOf(usual);
  const byName = Object.entries(tiers).map(([name, tier]) => [name, tierPricesOf(tier)] as const);
  return { ...usualPricesOf(usual), tiers: Object.fromEntries(byName) };
}

function tierPricesOf({ factor, ...prices }: FileTierPrices): TierPrices {
  return factor === undefined
    ? { kind: 'own', prices: usualPricesOf(prices), source: 'config' }
    : { kind: 'share', millionths: Math.round(factor * 1_000_000), source: 'config' };
}

function usualPricesOf(prices: FileUsualPrices): ModelPrices {
  const tokens = tokenPricesOf(prices);
  const longContext = [...(prices.long_context ?? [])].sort(
    (one, other) => one.above_input_tokens - other.above_input_tokens,
  );
  let below = tokens;
  return {
    tokens,
    longContext: longContext.map((step) => {
      below = { ...below, ...tokenPricesOf(step) };
      return { aboveInputTokens: step.above_input_tokens, tokens: below };
    }),
    ...(prices.per_request !== undefined && { perRequest: nanoDollars(prices.per_request) }),
    ...(prices.per_search_unit !== undefined && { perSearchUnit: nanoDollars(prices.per_search_unit) }),
  };
}

function tokenPricesOf(prices: Omit<FileUsualPrices, 'long_context' | 'per_request' | 'per_search_unit'>): TokenPrices {
  const dollars = given({
    input: prices.input,
    cachedInput: prices.cached_input,
    cacheWriteInput: prices.cache_write,
    cacheWriteHourInput: prices.cache_write_1h,
    output: prices.output,
    reasoning: prices.reasoning,
    audioInput: prices.audio_input,
    audioOutput: prices.audio_output,
    imageInput: prices.image_input,
    imageOutput: prices.image_output,
    cachedAudioInput: prices.cached_audio_input,
    cachedImageInput: prices.cached_image_input,
  });
  return Object.fromEntries(Object.entries(dollars).map(([tokenClass, price]) => [tokenClass, nanoDollars(price)]));
}

/** Without what was left out. */
function given<Value>(values: Readonly<Record<string, Value | undefined>>): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, Value] => entry[1] !== undefined));
}
