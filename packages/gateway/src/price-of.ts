import type { AttemptRecord } from './canonical/exchange.ts';
import type { LedgerPrice } from './ledger/row-of.ts';
import type { ModelCatalogue } from './pricing/model-catalogue.ts';
import { type BoundedMap, createBoundedMap } from './routing/bounded-map.ts';
import type { Catalog } from './routing/catalog.ts';

/** What an attempt's model costs at its target, at a moment in milliseconds since 1970. */
export type PriceOf = (attempt: Pick<AttemptRecord, 'targetId' | 'upstreamModel'>, at: number) => LedgerPrice;

export interface PriceOfInput {
  readonly catalog: () => Catalog;
  readonly models: () => ModelCatalogue;
}

/** Milliseconds for which a price is remembered: some depend on the hour, and a reload may bring others. */
const FRESH_MS = 60_000;
/** Prices remembered of each kind of provider; names of models may be a caller's. */
const MAX_PRICES = 1_000;

type KnownPrice = LedgerPrice & { readonly readAt: number };

export function createPriceOf({ catalog, models }: PriceOfInput): PriceOf {
  /** By the kind of provider, then by the model: looked for at the beginning and at the end of every exchange. */
  const known = new Map<string, BoundedMap<KnownPrice>>();

  function lookUp(provider: string, model: string, at: number): KnownPrice {
    const facts = models().find({ provider, model, requestedModel: undefined, at });
    const price = { prices: facts?.prices, source: facts?.sources.prices, readAt: at };
    const ofProvider = known.get(provider) ?? createBoundedMap<KnownPrice>(MAX_PRICES);
    known.set(provider, ofProvider);
    ofProvider.set(model, price);
    return price;
  }

  return ({ targetId, upstreamModel: model }, at) => {
    const kind = catalog().targets.get(targetId)?.kind;
    if (kind === undefined || model === undefined) return unpriced;
    const found = known.get(kind)?.get(model);
    return found !== undefined && isFresh(found, at) ? found : lookUp(kind, model, at);
  };
}

/** Whoever asks has read the clock. One that was set back makes nothing fresh for longer. */
function isFresh({ readAt }: KnownPrice, at: number): boolean {
  return Math.abs(at - readAt) < FRESH_MS;
}

const unpriced: LedgerPrice = { prices: undefined, source: undefined };
