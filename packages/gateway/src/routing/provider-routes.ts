import type { RouteOptions } from '../config/gateway-config.ts';
import { type BoundedMap, createBoundedMap } from './bounded-map.ts';
import type { ConfiguredTarget } from './configured-targets.ts';
import { createRoute, isOffered, isShadow, mayAnswer } from './create-route.ts';
import { type Fit, fitOf } from './model-pattern.ts';
import type { Route, RouteTarget, StrategyName } from './target.ts';

/** A target of the `providers` section, which has a name. */
export type ConfiguredProvider = ConfiguredTarget & { readonly name: string };

export interface ProviderRoutesInput {
  readonly providers: readonly ConfiguredProvider[];
  /** As configured; undefined when nothing is. */
  readonly strategy: StrategyName | undefined;
  readonly options: RouteOptions;
  readonly fallbackEnabled: boolean;
}

/** Routes that lead to a provider by its name, or to whichever is known for a model. */
export interface ProviderRoutes {
  /** The provider of a name, `-` and `_` alike. */
  readonly find: (name: string) => ConfiguredProvider | undefined;
  /** A provider first, then, when fallback is on, the others that can serve the model. */
  readonly toProvider: (first: ConfiguredProvider, id: string, label: string, model: string) => Route;
  /** The same for a request that names no model: each provider gets its own default. */
  readonly toDefaultModel: (first: ConfiguredProvider, id: string, label: string) => Route;
  /** One provider and no other, with the model as it calls it: the caller named both. */
  readonly toNamed: (provider: ConfiguredProvider, model: string) => Route;
  /** Whoever is known for the model, when no rule and no default provider say where it goes. */
  readonly toWhoeverServes: (model: string) => Route | undefined;
  /** Other providers that can serve a model, best fit first. */
  readonly serving: (model: string, except: readonly ConfiguredTarget[]) => readonly (readonly RouteTarget[])[];
}

/** Routes kept at most: they differ only in which other providers can serve a model. */
const maxRoutes = 1000;

/** Compiles the ways to the providers of a configuration. */
export function createProviderRoutes(input: ProviderRoutesInput): ProviderRoutes {
  const { providers, strategy, options, fallbackEnabled } = input;
  const byName = new Map(providers.map((provider) => [normalizeName(provider.name), provider]));
  // Models that lead to the same targets share a route, so that they share its turns as well.
  const routes: BoundedMap<Route> = createBoundedMap(maxRoutes);

  function shared(
    id: string,
    label: string,
    groups: readonly (readonly RouteTarget[])[],
    used: StrategyName | undefined,
  ) {
    const key = JSON.stringify([id, groups.map((group) => group.map(({ target }) => target.id))]);
    let route = routes.get(key);
    if (route === undefined) {
      route = createRoute({ id, label, groups, strategy: used, options });
      routes.set(key, route);
    }
    return route;
  }

  function serving(model: string, except: readonly ConfiguredTarget[]) {
    const groups: Record<Fit, RouteTarget[]> = { known: [], any: [], none: [] };
    for (const provider of providers) {
      if (except.includes(provider) || !isOffered(provider.target)) continue;
      groups[fitOfProvider(provider, model)].push(memberOf(provider));
    }
    return [groups.known, groups.any].filter((group) => group.length > 0);
  }

  return {
    find: (name) => byName.get(normalizeName(name)),
    serving,
    toProvider(first, id, label, model) {
      const others = fallbackEnabled ? serving(model, [first]) : [];
      return shared(id, label, [[memberOf(first)], ...others], strategy);
    },
    toDefaultModel(first, id, label) {
      const hasDefault = ({ target }: ConfiguredTarget) => target.defaultModel !== undefined;
      const others = fallbackEnabled ? providers.filter((other) => other !== first && hasDefault(other)) : [];
      const groups = [[first], others].map((group) => group.map(memberOf)).filter((group) => group.length > 0);
      return shared(`${id} without model`, label, groups, strategy);
    },
    toNamed({ target, name }, model) {
      const members: RouteTarget[] = [{ target, upstreamModel: target.models?.get(model) ?? model }];
      return createRoute({ id: `provider/${name}`, label: name, groups: [members], strategy, options });
    },
    toWhoeverServes(model) {
      const groups = serving(model, []);
      if (groups.flat().some(({ target }) => mayAnswer(target))) {
        const inUse = fallbackEnabled ? groups : [firstAnswering(groups.flat())];
        // Load is shared among providers only when somebody asked for it: they differ in price.
        return shared('providers', 'any', inUse, strategy ?? 'priority');
      }
      // With a single provider there is nothing to choose, whatever its models are called.
      const only = onlyProvider(providers);
      return only && shared('providers', 'any', [[memberOf(only), ...groups.flat()]], strategy);
    },
  };
}

/** The one provider that answers callers and does not say what it serves; undefined when there is none or another. */
function onlyProvider(providers: readonly ConfiguredProvider[]): ConfiguredProvider | undefined {
  const takingAnyName = providers.filter(
    ({ target }) => target.enabled && target.models === undefined && !isShadow(target),
  );
  return takingAnyName.length === 1 ? takingAnyName[0] : undefined;
}

/** What a declared list says is certain; without one, the provider's reputation is all there is. */
function fitOfProvider({ target, serves }: ConfiguredTarget, model: string): Fit {
  if (target.models !== undefined) return target.models.has(model) ? 'known' : 'none';
  return fitOf(serves, model);
}

/** The first that answers callers, and all that are only watched. */
function firstAnswering(group: readonly RouteTarget[]): readonly RouteTarget[] {
  const first = group.find(({ target }) => mayAnswer(target));
  return group.filter((member) => member === first || !mayAnswer(member.target));
}

/** A target that gets the caller's model name, or its own name for it. */
export function memberOf({ target }: ConfiguredTarget): RouteTarget {
  return { target, upstreamModel: undefined };
}

function normalizeName(name: string): string {
  return name.trim().toLowerCase().replaceAll('_', '-');
}
