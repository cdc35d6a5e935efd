import type { calcPrice, ModelInfo, ModelPrice, TieredPrices } from '@pydantic/genai-prices';
import { nanoDollars } from '../canonical/nano-dollars.ts';
import { libraryNameOf } from './library-names.ts';
import type { ModelFacts, ModelPrices, TokenClass, TokenPrices } from './model-facts.ts';

/** A model at a provider, by our names for them, at a moment. */
export interface LibraryAsk {
  readonly provider: string;
  readonly model: string;
  /** Milliseconds since 1970: some prices depend on the day or on the hour. */
  readonly at: number;
}

/**
 * The prices and context windows that come with the library, as of its version: it reads nothing from the network.
 * Outlives reloads. Its data takes some 30 ms to read and 16 MB to hold, so it is read when somebody first asks for it.
 */
export interface PriceLibrary {
  /** Reads the data; at once when that is done. */
  load(): Promise<void>;
  /** Undefined for what it does not have, and before it is loaded. */
  find(ask: LibraryAsk): ModelFacts | undefined;
}

/** Callers choose model names; what they make up shall not fill the memory. */
const MAX_REMEMBERED = 1_000;

export function createPriceLibrary(): PriceLibrary {
  let calculate: typeof calcPrice | undefined;
  let loading: Promise<void> | undefined;
  /** By provider and model. Looking for a model compares hundreds of patterns. */
  const remembered = new Map<string, ModelFacts | 'depends on the time' | undefined>();

  function search(calc: typeof calcPrice, { provider, model, at }: LibraryAsk) {
    const named = libraryNameOf(provider, model);
    if (named === undefined) return undefined;
    // Of no tokens: this is its only way to a model's prices of a moment.
    return calc({}, named.model, { providerId: named.provider, timestamp: new Date(at) }) ?? undefined;
  }

  return {
    load() {
      loading ??= import('@pydantic/genai-prices').then((library) => {
        calculate = library.calcPrice;
      });
      return loading;
    },
    find(ask) {
      if (calculate === undefined) return undefined;
      const key = `${ask.provider} ${ask.model}`;
      const known = remembered.get(key);
      if (known !== 'depends on the time' && (known !== undefined || remembered.has(key))) return known;
      const found = search(calculate, ask);
      const facts = found && factsOf(found.model, found.model_price);
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      remembered.set(key, found !== undefined && Array.isArray(found.model.prices) ? 'depends on the time' : facts);
      return facts;
    },
  };
}

function factsOf({ context_window: contextWindow }: ModelInfo, price: ModelPrice): ModelFacts {
  const prices = readPrices(price);
  return { ...(contextWindow !== undefined && { contextWindow }), ...(prices && { prices }) };
}

const keys: Readonly<Record<TokenClass, string>> = {
  input: 'input_mtok',
  cachedInput: 'cache_read_mtok',
  cacheWriteInput: 'cache_write_mtok',
  cacheWriteHourInput: 'cache_write_1h_mtok',
  output: 'output_mtok',
  reasoning: 'output_reasoning_mtok',
  audioInput: 'input_audio_mtok',
  audioOutput: 'output_audio_mtok',
  imageInput: 'input_image_mtok',
  imageOutput: 'output_image_mtok',
  cachedAudioInput: 'cache_audio_read_mtok',
  cachedImageInput: 'cache_image_read_mtok',
};

/**
 * Keys of classes that a usage does not tell apart. A side that has one has no price: films cost ten times as much as
 * text, and what was made would be guessed.
 */
const untold: readonly (readonly [side: 'input' | 'output', key: RegExp])[] = [
  ['input', /^input_video_mtok$/],
  ['output', /^output_(?:video|citation)_mtok$/],
];

/**
 * A model's prices; undefined when none is for tokens or searches. A list without any price says that nobody knows, not that
 * it is free.
 */
export function readPrices(price: ModelPrice): ModelPrices | undefined {
  const starts = Object.values(price).flatMap((value) =>
    isTiered(value) ? value.tiers.map(({ start }) => start) : [],
  );
  const tokens = tokenPrices(price, 0);
  const perRequest = thousandth(price['requests_kcount']);
  const perSearchUnit = thousandth(price['rerank_searches_kcount']);
  if (Object.keys(tokens).length === 0 && perSearchUnit === undefined) return undefined;
  return {
    tokens,
    longContext: [...new Set(starts)]
      .sort((one, other) => one - other)
      .map((start) => ({ aboveInputTokens: start, tokens: tokenPrices(price, start + 1) })),
    ...(perRequest !== undefined && { perRequest }),
    ...(perSearchUnit !== undefined && { perSearchUnit }),
  };
}

/** Nano-dollars for one, of dollars for a thousand. */
function thousandth(price: number | TieredPrices | undefined): number | undefined {
  return typeof price === 'number' ? Math.round(nanoDollars(price) / 1_000) : undefined;
}

function tokenPrices(price: ModelPrice, input: number): TokenPrices {
  const without = untold.flatMap(([side, key]) => (Object.keys(price).some((name) => key.test(name)) ? [side] : []));
  const priced = (Object.entries(keys) as [TokenClass, string][]).flatMap(([tokenClass, key]) => {
    const value = price[key];
    if (value === undefined || without.some((side) => key.startsWith(side))) return [];
    return [[tokenClass, nanoDollars(priceAt(value, input))] as const];
  });
  return Object.fromEntries(priced);
}

function priceAt(value: number | TieredPrices, input: number): number {
  if (typeof value === 'number') return value;
  return value.tiers.findLast(({ start }) => input > start)?.price ?? value.base;
}

function isTiered(value: number | TieredPrices | undefined): value is TieredPrices {
  return typeof value === 'object';
}
