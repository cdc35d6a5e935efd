import type { GatewayConfig, RouteOptions } from '../config/gateway-config.ts';
import type { ConfiguredTarget, ConfiguredTargets } from './configured-targets.ts';
import { createRoute, isShadow } from './create-route.ts';
import { memberOf, type ProviderRoutes } from './provider-routes.ts';
import { routeOptionsOf } from './route-options.ts';
import { readStrategyName } from './strategy-name.ts';
import type { Resolution, Route, RouteTarget, StrategyName, Target } from './target.ts';
import type { WildcardRoutes } from './wildcard-routes.ts';

export interface ExactRoutes {
  readonly byModel: ReadonlyMap<string, Resolution>;
  /** Where the built-in model is; undefined when it is off. */
  readonly demo: Route | undefined;
}

/**
 * Routes of the model names that a configuration spells out. Models of the record come before pools, those before
 * single-model servers, those before what providers and backends declare: the first that names a model has it.
 */
export function exactRoutes(input: {
  readonly config: GatewayConfig;
  readonly configured: ConfiguredTargets;
  readonly providers: ProviderRoutes;
  readonly wildcard: WildcardRoutes;
  readonly strategy: StrategyName | undefined;
  readonly options: RouteOptions;
  readonly demo: Target | undefined;
}): ExactRoutes {
  const { config, configured, options, strategy } = input;
  const byModel = new Map<string, Resolution>();
  const add = (model: string, route: Route, reason = 'model') => {
    if (!byModel.has(model)) byModel.set(model, { route, requestedModel: model, reason });
  };

  for (const { name, provider, upstreamModel } of config.stored?.models ?? []) {
    const { target } = configured.stored[provider]!;
    const groups = [[{ target, upstreamModel }]];
    add(name, createRoute({ id: `stored/${name}`, label: name, groups, strategy, options }));
  }

  const keys = new Set(config.models.map(({ key }) => key));
  const pools = config.models.map((pool, index) => {
    const members = pool.providers.map((entry, position): RouteTarget => {
      const { target } = configured.pools[index]![position]!;
      return { target, upstreamModel: entry.model ?? pool.modelName };
    });
    const own = readStrategyName(pool.strategy ?? config.routing.strategy).strategy;
    return {
      pool,
      route: createRoute({
        id: `models/${pool.key}`,
        label: pool.key,
        // A pool's own name counts more than the model name of another.
        ...(!keys.has(pool.modelName) && { aliases: [pool.modelName] }),
        groups: [members],
        strategy: own,
        options: routeOptionsOf(options, pool.options),
      }),
    };
  });
  for (const { pool, route } of pools) add(pool.key, route);
  for (const { pool, route } of pools) add(pool.modelName, route);

  for (const [index, { model }] of config.vllmBackends.entries()) {
    const members = configured.vllm[index]!.map(({ target }): RouteTarget => ({ target, upstreamModel: model }));
    add(model, createRoute({ id: `vllm/${model}`, label: model, groups: [members], strategy, options }));
  }

  for (const [model, declaring] of declaringTargets(configured)) {
    add(model, declaredRoute(model, declaring, input));
  }

  if (input.demo === undefined) return { byModel, demo: undefined };
  const members: RouteTarget[] = [{ target: input.demo, upstreamModel: undefined }];
  const demo = createRoute({ id: 'demo', label: 'demo', groups: [members], strategy: undefined, options });
  for (const model of input.demo.models?.keys() ?? []) add(model, demo, 'demo');
  return { byModel, demo };
}

function declaringTargets({ providers, backends }: ConfiguredTargets): ReadonlyMap<string, ConfiguredTarget[]> {
  const byModel = new Map<string, ConfiguredTarget[]>();
  for (const configured of [...providers, ...backends]) {
    for (const model of configured.target.models?.keys() ?? []) {
      const declaring = byModel.get(model);
      if (declaring === undefined) byModel.set(model, [configured]);
      else declaring.push(configured);
    }
  }
  // Who is only watched says nothing of where a model is to be had.
  for (const [model, declaring] of byModel) {
    if (declaring.every(({ target }) => isShadow(target))) byModel.delete(model);
  }
  return byModel;
}

/**
 * Whoever declares the model first; then, when fallback is on, providers known for it, and open backends after one of
 * theirs. When it is off, those who declare the model share the requests, but do not stand in for each other.
 */
function declaredRoute(
  model: string,
  declaring: readonly ConfiguredTarget[],
  { config, configured, providers, wildcard, strategy, options }: Parameters<typeof exactRoutes>[0],
): Route {
  const groups: (readonly RouteTarget[])[] = [declaring.map(memberOf)];
  const route = { id: `declared/${model}`, label: model, groups, strategy, options };
  if (!config.routing.fallbackEnabled) return createRoute({ ...route, staysWithFirst: true });
  groups.push(...providers.serving(model, declaring));
  if (declaring.some((one) => configured.backends.includes(one))) {
    const named = new Set(groups.flat().map(({ target }) => target));
    const open = wildcard.forModel(model)?.tiers.flat() ?? [];
    groups.push(open.filter(({ target }) => !named.has(target)));
  }
  return createRoute(route);
}
