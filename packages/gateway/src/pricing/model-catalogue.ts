import type { CatalogueEntry, FactSource, FactSources, ModelFacts, ModelOverride } from './model-facts.ts';
import { overlayFactsOf } from './overlay-facts.ts';
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
    find: (ask) => merge([...own(ask), ['library', library.find(ask)]]),
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

function merge(layers: readonly Layer[]): CatalogueEntry | undefined {
  const known = layers.filter((layer): layer is readonly [FactSource, ModelFacts] => layer[1] !== undefined);
  if (known.length === 0) return undefined;
  const facts: ModelFacts = Object.assign({}, ...known.toReversed().map(([, layer]) => layer));
  const capabilities = Object.assign({}, ...known.toReversed().map(([, layer]) => layer.capabilities));
  const sources: FactSources = Object.fromEntries(
    known.toReversed().flatMap(([source, layer]) => Object.keys(layer).map((fact) => [fact, source])),
  );
  return { ...facts, ...(facts.capabilities && { capabilities }), sources };
}
