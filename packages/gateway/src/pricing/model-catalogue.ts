import type { CatalogueEntry, FactSource, FactSources, ModelFacts, ModelOverride, ModelPrices } from './model-facts.ts';
import { overlayFactsOf, overlayTiersOf } from './overlay-facts.ts';
import type { LibraryAsk, PriceLibrary } from './price-library.ts';

/** Which model is meant. */
export interface CatalogueAsk extends LibraryAsk {
  /** What callers call it, where that differs from its name at the provider. */
  readonly requestedModel?: string | undefined;
}

/** What is known of models: for preferences, estimates and costs; never a reason to refuse a request. */
export interface ModelCatalogue {
  /** Reads what prices and windows need; without it `find` answers only from the configuration and our own table. */
  load(): Promise<void>;
  /** Undefined when nothing is known. */
  find(ask: CatalogueAsk): CatalogueEntry | undefined;
  /** Whether the operator states prices under this name. */
  statesPrices(name: string): boolean;
  /** Tokens of an answer at most; undefined where not known. Needs no `load`: the library knows none. */
  maxOutputTokens(ask: Omit<CatalogueAsk, 'at'>): number | undefined;
}

export interface CatalogueInput {
  readonly library: PriceLibrary;
  readonly overrides: readonly ModelOverride[];
}

/** Facts of one source, the strongest source first. */
type Layer = readonly [source: FactSource, facts: ModelFacts | undefined];

export function createModelCatalogue({ library, overrides }: CatalogueInput): ModelCatalogue {
  const byName = indexOf(overrides);
  const own = ({ provider, model, requestedModel }: Omit<CatalogueAsk, 'at'>): readonly Layer[] => [
    // What is said of the name that callers use is about the very thing they get.
    ['config', requestedModel === undefined ? undefined : byName.get(requestedModel)],
    ['config', byName.get(model)],
    ['overlay', overlayFactsOf(provider, model)],
  ];
  return {
    load: () => library.load(),
    find: (ask) => merge([...own(ask), ['library', withTiers(library.find(ask), ask)]]),
    statesPrices: (name) => byName.get(name)?.prices !== undefined,
    maxOutputTokens: (ask) => own(ask).find(([, facts]) => facts?.maxOutputTokens !== undefined)?.[1]?.maxOutputTokens,
  };
}

/** A name that leads an override counts more than the same name further down in another. */
function indexOf(overrides: readonly ModelOverride[]): ReadonlyMap<string, ModelFacts> {
  const byName = new Map<string, ModelFacts>();
  const add = (name: string, facts: ModelFacts) => {
    if (!byName.has(name)) byName.set(name, facts);
  };
  for (const { names, facts } of overrides) if (names[0] !== undefined) add(names[0], facts);
  for (const { names, facts } of overrides) for (const name of names) add(name, facts);
  return byName;
}

/** The library knows the usual tier of service; our own table has what others cost beside it. */
function withTiers(facts: ModelFacts | undefined, { provider, model }: LibraryAsk): ModelFacts | undefined {
  if (facts?.prices === undefined) return facts;
  const tiers = overlayTiersOf(provider, model);
  return tiers === undefined ? facts : { ...facts, prices: { ...facts.prices, tiers } };
}

function merge(layers: readonly Layer[]): CatalogueEntry | undefined {
  const known = overUsualPrices(layers).filter(
    (layer): layer is readonly [FactSource, ModelFacts] => layer[1] !== undefined,
  );
  if (known.length === 0) return undefined;
  const facts: ModelFacts = Object.assign({}, ...known.toReversed().map(([, layer]) => layer));
  const capabilities = Object.assign({}, ...known.toReversed().map(([, layer]) => layer.capabilities));
  const sources: FactSources = Object.fromEntries(
    known.toReversed().flatMap(([source, layer]) => Object.keys(layer).map((fact) => [fact, source])),
  );
  return { ...facts, ...(facts.capabilities && { capabilities }), sources };
}

/** Prices that name nothing but tiers of service are beside the prices of the next source, not in place of them. */
function overUsualPrices(layers: readonly Layer[]): readonly Layer[] {
  const first = layers.findIndex(([, facts]) => facts?.prices !== undefined);
  const [source, facts] = layers[first] ?? [];
  if (source === undefined || facts?.prices === undefined || !hasOnlyTiers(facts.prices)) return layers;
  const { tiers } = facts.prices;
  const { prices: _, ...others } = facts;
  const rest = overUsualPrices(layers.slice(first + 1)).map(([below, more]): Layer => {
    if (more?.prices === undefined) return [below, more];
    return [below, { ...more, prices: { ...more.prices, tiers: { ...more.prices.tiers, ...tiers } } }];
  });
  return [...layers.slice(0, first), [source, others], ...rest];
}

function hasOnlyTiers({ tokens, longContext, perRequest, perSearchUnit }: ModelPrices): boolean {
  const hasTokens = Object.keys(tokens).length > 0 || longContext.length > 0;
  return !hasTokens && perRequest === undefined && perSearchUnit === undefined;
}
