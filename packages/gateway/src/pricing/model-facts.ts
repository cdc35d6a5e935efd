/** What a model can be able to do. A name that is absent is not known, which is not a no. */
export const capabilityNames = [
  'tools',
  'vision',
  'audio',
  'documents',
  'reasoning',
  'structuredOutput',
  'streaming',
] as const;

export type Capability = (typeof capabilityNames)[number];
export type Capabilities = Readonly<Partial<Record<Capability, boolean>>>;

/** Classes of tokens that are priced apart. */
export const tokenClasses = [
  'input',
  'cachedInput',
  'cacheWriteInput',
  'cacheWriteHourInput',
  'output',
  'reasoning',
  'audioInput',
  'audioOutput',
  'imageInput',
  'imageOutput',
  'cachedAudioInput',
  'cachedImageInput',
] as const;

export type TokenClass = (typeof tokenClasses)[number];

/**
 * Nano-dollars for a million tokens of a class: whole numbers, so that sums are exact. A class without a price of its
 * own costs what the class costs that it is part of; `input` and `output` are part of none.
 */
export type TokenPrices = Readonly<Partial<Record<TokenClass, number>>>;

/** Prices of a request that has more input than this; all of its tokens cost so. */
export interface LongContextPrices {
  readonly aboveInputTokens: number;
  readonly tokens: TokenPrices;
}

export interface ModelPrices {
  readonly tokens: TokenPrices;
  /** By rising `aboveInputTokens`. */
  readonly longContext: readonly LongContextPrices[];
  /** Nano-dollars for each request besides its tokens. */
  readonly perRequest?: number;
  /** Nano-dollars for each search unit of reranking; where tokens have no price beside it, it is all that is charged. */
  readonly perSearchUnit?: number;
  /** Prices of the tiers of service that are known, by the names that `chargedTier` gives them. */
  readonly tiers?: Readonly<Record<string, TierPrices>>;
}

/** Those of one tier of service. */
export type UsualPrices = Omit<ModelPrices, 'tiers'>;

/**
 * What a tier of service costs: a share of the usual prices, in millionths of them, or prices of its own. Then what has
 * a price of its own usually and none here is not known, and neither are steps of long inputs that are missing here.
 */
export type TierPrices =
  | { readonly kind: 'share'; readonly millionths: number; readonly source: FactSource }
  | {
      readonly kind: 'own';
      readonly prices: UsualPrices;
      readonly source: FactSource;
    };

/** Where a fact comes from: the price library, this repository's own table, or the operator. */
export type FactSource = 'library' | 'overlay' | 'config';

/** What is known of a model at a provider. Whatever is absent is not known. */
export interface ModelFacts {
  /** Tokens of input and output together. */
  readonly contextWindow?: number;
  /** Tokens of one answer at most, reasoning included. */
  readonly maxOutputTokens?: number;
  readonly capabilities?: Capabilities;
  readonly prices?: ModelPrices;
}

/** Where each fact comes from; capabilities, which are told one by one, from the strongest source that names any. */
export type FactSources = Readonly<Partial<Record<keyof ModelFacts, FactSource>>>;

/** What the catalogue answers. */
export interface CatalogueEntry extends ModelFacts {
  readonly sources: FactSources;
}

/** Facts that the operator states of a model, by the names that it goes by. They win over all others. */
export interface ModelOverride {
  /** The public name first, then what it is called at providers. */
  readonly names: readonly string[];
  readonly facts: ModelFacts;
}
