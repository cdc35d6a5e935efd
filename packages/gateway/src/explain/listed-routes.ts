import { GatewayError } from '../canonical/gateway-error.ts';
import type { Catalog } from '../routing/catalog.ts';
import { anyRequest } from '../routing/model-fallbacks.ts';
import type { Resolution, Route } from '../routing/target.ts';

/** A route, and the names of models that lead to it. */
export interface ListedRoute {
  readonly route: Route;
  /** As the first of its models leads to it. */
  readonly resolution: Resolution;
  /** Names that the configuration spells out; empty for routes of requests that name none of them. */
  readonly models: readonly string[];
  /** For whom it is besides: requests without a model, or models that nobody spells out. */
  readonly also: 'no_model' | 'other_models' | undefined;
}

/** Routes that one answer tells of at most. */
export const mostRoutes = 1_000;

/**
 * Every route that a configuration has, as far as it can be told beforehand: those of the models that it spells out, that
 * of a request without a model, and that of a model which nobody knows. Where rules decide, they decide for a request
 * of which nothing is known but its model.
 */
export function listRoutes(catalog: Pick<Catalog, 'models' | 'resolve'>): readonly ListedRoute[] {
  const byRoute = new Map<Route, { resolution: Resolution; models: string[]; also: ListedRoute['also'] }>();
  const add = (bodyModel: string | undefined, also?: ListedRoute['also']) => {
    const resolution = catalog.resolve({ ...anyRequest, bodyModel });
    if (resolution instanceof GatewayError) return;
    const known = byRoute.get(resolution.route);
    const entry = known ?? { resolution, models: [], also: undefined };
    if (known === undefined) byRoute.set(resolution.route, entry);
    if (also === undefined) entry.models.push(bodyModel!);
    else entry.also ??= also;
  };
  for (const { id } of catalog.models()) add(id);
  add(undefined, 'no_model');
  add(UNKNOWN_MODEL, 'other_models');
  return [...byRoute].slice(0, mostRoutes).map(([route, entry]) => ({ route, ...entry }));
}

/** No provider is known for such a name, and no rule is likely to ask for it. */
const UNKNOWN_MODEL = 'any other model';
