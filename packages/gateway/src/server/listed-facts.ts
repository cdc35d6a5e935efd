import type { JsonObject } from '../canonical/json.ts';
import { formatDollars } from '../canonical/nano-dollars.ts';
import {
  type Capability,
  type CatalogueEntry,
  capabilityNames,
  type ModelPrices,
  type TierPrices,
  type TokenClass,
  type TokenPrices,
  tokenClasses,
  type UsualPrices,
} from '../pricing/model-facts.ts';

/**
 * What is known of a model as members of its listing. Where several providers serve it, what holds wherever a request
 * goes: the smallest limits, what all that are known can do, and prices where all have the same.
 */
export function listedFacts(entries: readonly (CatalogueEntry | undefined)[]): JsonObject {
  const known = entries.filter((entry) => entry !== undefined);
  const contextWindow = smallest(known.map((entry) => entry.contextWindow));
  const maxOutputTokens = smallest(known.map((entry) => entry.maxOutputTokens));
  const capabilities = commonCapabilities(known);
  const prices = commonPrices(entries);
  return {
    ...(contextWindow !== undefined && { context_window: contextWindow }),
    ...(maxOutputTokens !== undefined && { max_output_tokens: maxOutputTokens }),
    ...(Object.keys(capabilities).length > 0 && { capabilities }),
    ...(prices && { pricing: prices }),
  };
}

function smallest(limits: readonly (number | undefined)[]): number | undefined {
  const given = limits.filter((limit) => limit !== undefined);
  return given.length === 0 ? undefined : Math.min(...given);
}

const capabilityKeys: Readonly<Record<Capability, string>> = {
  tools: 'tools',
  vision: 'vision',
  audio: 'audio',
  documents: 'documents',
  reasoning: 'reasoning',
  structuredOutput: 'structured_output',
  streaming: 'streaming',
};

function commonCapabilities(entries: readonly CatalogueEntry[]): JsonObject {
  const told = capabilityNames.flatMap((name) => {
    const values = entries.map(({ capabilities }) => capabilities?.[name]).filter((value) => value !== undefined);
    return values.length === 0 ? [] : [[capabilityKeys[name], values.every(Boolean)] as const];
  });
  return Object.fromEntries(told);
}

/** Prices that are the same wherever a request goes; tiers of service on the same terms, beside them. */
function commonPrices(entries: readonly (CatalogueEntry | undefined)[]): JsonObject | undefined {
  const prices = entries.map((entry) => entry?.prices);
  const usual = common(prices.map((one) => one && listedUsualPrices(one)));
  const tiers = common(prices.map((one) => one?.tiers && listedTiers(one.tiers)));
  return usual && { ...usual, ...(tiers && { tiers }) };
}

function common(listed: readonly (JsonObject | undefined)[]): JsonObject | undefined {
  return new Set(listed.map((one) => JSON.stringify(one))).size === 1 ? listed[0] : undefined;
}

const priceKeys: Readonly<Record<TokenClass, string>> = {
  input: 'input',
  cachedInput: 'cached_input',
  cacheWriteInput: 'cache_write',
  cacheWriteHourInput: 'cache_write_1h',
  output: 'output',
  reasoning: 'reasoning',
  audioInput: 'audio_input',
  audioOutput: 'audio_output',
  imageInput: 'image_input',
  imageOutput: 'image_output',
  cachedAudioInput: 'cached_audio_input',
  cachedImageInput: 'cached_image_input',
};

function listedTiers(tiers: NonNullable<ModelPrices['tiers']>): JsonObject {
  return Object.fromEntries(Object.entries(tiers).map(([name, tier]) => [name, listedTier(tier)]));
}

function listedTier(tier: TierPrices): JsonObject {
  return tier.kind === 'own' ? listedUsualPrices(tier.prices) : { factor: String(tier.millionths / 1_000_000) };
}

/** Dollars for a million tokens, as text: fractions of them have no exact number. */
function listedUsualPrices({ tokens, longContext, perRequest, perSearchUnit }: UsualPrices): JsonObject {
  return {
    ...listedTokenPrices(tokens),
    ...(perRequest !== undefined && { per_request: formatDollars(perRequest) }),
    ...(perSearchUnit !== undefined && { per_search_unit: formatDollars(perSearchUnit) }),
    ...(longContext.length > 0 && {
      long_context: longContext.map((step) => ({
        above_input_tokens: step.aboveInputTokens,
        ...listedTokenPrices(step.tokens),
      })),
    }),
  };
}

function listedTokenPrices(prices: TokenPrices): JsonObject {
  return Object.fromEntries(
    tokenClasses.flatMap((name) => {
      const price = prices[name];
      return price === undefined ? [] : [[priceKeys[name], formatDollars(price)]];
    }),
  );
}
