import type { AttemptRecord } from './canonical/exchange.ts';
import type { LedgerPrice } from './ledger/row-of.ts';
import type { ModelCatalogue } from './pricing/model-catalogue.ts';
import { type BoundedMap, createBoundedMap } from './routing/bounded-map.ts';
import type { Catalog } from './routing/catalog.ts';

/** What an attempt's model costs at its target, at a moment in milliseconds since 1970. */
export type PriceOf = (attempt: Pick<AttemptRecord, 'targetId' | 'upstreamModel'>, at: number) => LedgerPrice;

/** Of one configuration, compiled by the time a price is asked for. */
export interface PriceOfInput {
  readonly catalog: () => Catalog;
  readonly models: () => ModelCatalogue;
}

/** Milliseconds for which a price is remembered: some depend on the hour. */
const FRESH_MS = 60_000;
/** Prices remembered of each target; names of models may be a caller's. */
const MAX_PRICES = 1_000;

type KnownPrice = LedgerPrice & { readonly readAt: number };

export function createPriceOf({ catalog, models }: PriceOfInput): PriceOf {
  /** By the target, then by the model there: looked for at the beginning and at the end of every exchange. */
  const known = new Map<string, BoundedMap<KnownPrice>>();
  let names: StatedNames | undefined;

  function lookUp(provider: string, targetId: string, model: string, at: number): KnownPrice {
    names ??= statedNames(catalog(), models());
    const requestedModel = names.get(targetId)?.get(model);
    const facts = models().find({ provider, model, requestedModel, at });
    const price = { prices: facts?.prices, source: facts?.sources.prices, readAt: at };
    const ofTarget = known.get(targetId) ?? createBoundedMap(MAX_PRICES);
    known.set(targetId, ofTarget);
    ofTarget.set(model, price);
    return price;
  }

  return ({ targetId, upstreamModel: model }, at) => {
    if (model === undefined) return unpriced;
    const found = known.get(targetId)?.get(model);
    if (found !== undefined && isFresh(found, at)) return found;
    const kind = catalog().targets.get(targetId)?.kind;
    return kind === undefined ? unpriced : lookUp(kind, targetId, model, at);
  };
}

/** By the target, then by the model there: the name that callers use for it, where the operator states its prices under that. */
type StatedNames = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Of several such names for one model of a target, the first one holds: an attempt does not tell which of them led to it. */
function statedNames({ models: listed }: Catalog, catalogue: ModelCatalogue): StatedNames {
  const names = new Map<string, Map<string, string>>();
  for (const { id, providers } of listed()) {
    if (!catalogue.statesPrices(id)) continue;
    for (const { targetId, upstreamModel } of providers) {
      const ofTarget = names.get(targetId) ?? new Map<string, string>();
      names.set(targetId, ofTarget);
      if (!ofTarget.has(upstreamModel)) ofTarget.set(upstreamModel, id);
    }
  }
  return names;
}

/** Whoever asks has read the clock. One that was set back makes nothing fresh for longer. */
function isFresh({ readAt }: KnownPrice, at: number): boolean {
  return Math.abs(at - readAt) < FRESH_MS;
}

const unpriced: LedgerPrice = { prices: undefined, source: undefined };
