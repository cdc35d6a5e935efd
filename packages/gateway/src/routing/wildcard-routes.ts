import type { RouteOptions } from '../config/gateway-config.ts';
import type { ConfiguredTarget } from './configured-targets.ts';
import { createRoute } from './create-route.ts';
import { memberOf } from './provider-routes.ts';
import type { Route, StrategyName } from './target.ts';

/** Routes of the `backends`, which take any model or none. */
export interface WildcardRoutes {
  /** Backends with a default model; undefined when no backend has one. */
  readonly withoutModel: Route | undefined;
  /**
   * Backends that may serve a model: those that name it first, then those that do not say what they serve. A backend
   * that declares its models is left out of the others. Undefined when no backend remains.
   */
  readonly forModel: (model: string) => Route | undefined;
}

/** Compiles the routes of a configuration's backends. Models that lead to the same backends share a route and its turns. */
export function createWildcardRoutes(
  backends: readonly ConfiguredTarget[],
  { strategy, options }: { readonly strategy: StrategyName | undefined; readonly options: RouteOptions },
): WildcardRoutes {
  const routes = new Map<string, Route>();

  function shared(groups: readonly (readonly ConfiguredTarget[])[]): Route | undefined {
    const filled = groups.filter((group) => group.length > 0);
    if (filled.length === 0) return undefined;
    const key = JSON.stringify(filled.map((group) => group.map(({ target }) => target.id)));
    let route = routes.get(key);
    if (route === undefined) {
      const members = filled.map((group) => group.map(memberOf));
      route = createRoute({ id: 'any', label: 'any', groups: members, strategy, options });
      // The keys are bounded: a model that no backend names leads to one and the same route.
      routes.set(key, route);
    }
    return route;
  }

  return {
    withoutModel: shared([backends.filter(({ target }) => target.defaultModel !== undefined)]),
    forModel(model) {
      const naming = backends.filter(({ target }) => target.models?.has(model) ?? target.defaultModel === model);
      const open = backends.filter((backend) => backend.target.models === undefined && !naming.includes(backend));
      return shared([naming, open]);
    },
  };
}
