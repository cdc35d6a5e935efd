import type { Clock } from './canonical/clock.ts';
import type { AttemptRecord } from './canonical/exchange.ts';
import type { LedgerPrice } from './ledger/row-of.ts';
import type { ModelCatalogue } from './pricing/model-catalogue.ts';
import { createBoundedMap } from './routing/bounded-map.ts';
import type { Catalog } from './routing/catalog.ts';

/** What an attempt's model costs at its target now. */
export type PriceOf = (attempt: Pick<AttemptRecord, 'targetId' | 'upstreamModel'>) => LedgerPrice;

export interface PriceOfInput {
  readonly catalog: () => Catalog;
  readonly models: () => ModelCatalogue;
  readonly clock: Clock;
}

/** Milliseconds for which a price is remembered: some depend on the hour, and a reload may bring others. */
const FRESH_MS = 60_000;
/** Prices remembered; names of models may be a caller's. */
const MAX_PRICES = 1_000;

export function createPriceOf({ catalog, models, clock }: PriceOfInput): PriceOf {
  const known = createBoundedMap<LedgerPrice & { readonly staleAt: number }>(MAX_PRICES);
  return ({ targetId, upstreamModel: model }) => {
    const kind = catalog().targets.get(targetId)?.kind;
    if (kind === undefined || model === undefined) return unpriced;
    const key = `${kind}\n${model}`;
    const found = known.get(key);
    if (found !== undefined && clock.now() < found.staleAt) return found;
    const facts = models().find({ provider: kind, model, requestedModel: undefined, at: clock.wallNow() });
    const price = { prices: facts?.prices, source: facts?.sources.prices, staleAt: clock.now() + FRESH_MS };
    known.set(key, price);
    return price;
  };
}

const unpriced: LedgerPrice = { prices: undefined, source: undefined };
