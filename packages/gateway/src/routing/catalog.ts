import { didYouMean } from '../canonical/closest-name.ts';
import { ConfigError, nowhere } from '../canonical/config-error.ts';
import type { GatewayError } from '../canonical/gateway-error.ts';
import type { ConfigNotice, GatewayConfig } from '../config/gateway-config.ts';
import type { BuildTarget } from '../providers/build-target.ts';
import { configuredTargets, type ProbeDefaults, usualProbes } from './configured-targets.ts';
import { exactRoutes } from './exact-routes.ts';
import { createLeadingNames } from './leading-names.ts';
import { type ListedModel, listModels } from './listed-models.ts';
import { compileModelFallbacks, type FallbackKind } from './model-fallbacks.ts';
import { createModelFreeRoutes } from './model-free-routes.ts';
import { createProviderRoutes } from './provider-routes.ts';
import { Resolver } from './resolver.ts';
import { routeOptionsOf } from './route-options.ts';
import { compileRules } from './routing-rules.ts';
import { readStrategyName } from './strategy-name.ts';
import type { Resolution, RoutingFacts, Target } from './target.ts';
import { createWildcardRoutes } from './wildcard-routes.ts';

/** Every target of a configuration, and what each model name leads to. */
export interface Catalog {
  readonly targets: ReadonlyMap<string, Target>;
  /** What `GET /v1/models` lists: no URL, no key. Targets that are disabled or out are listed as well. */
  readonly models: () => readonly ListedModel[];
  /** Where a request goes, or why it goes nowhere: `model_not_found`, `model_required`. */
  readonly resolve: (facts: RoutingFacts) => Resolution | GatewayError;
  /** Whether there is any model of which `fallbacksOf` says more than nothing. */
  readonly hasFallbacks: boolean;
  /**
   * Where a request goes on, in order, when every target of its model failed: the same request under other models. Each
   * may have fallbacks of its own; who follows them visits each once.
   */
  readonly fallbacksOf: (resolution: Resolution, kind: FallbackKind, facts: RoutingFacts) => readonly Resolution[];
  /** Every name that leads to a model now, itself among them: what is spent on it is written down under the one asked for. */
  readonly namesLeadingTo: (model: string) => readonly string[];
  /** What the operator should read at start. */
  readonly notices: readonly ConfigNotice[];
}

export interface CatalogOptions {
  readonly buildTarget: BuildTarget;
  /** The built-in model that answers without any provider; undefined when it is off. */
  readonly demo?: Target | undefined;
  readonly probes?: ProbeDefaults;
  /** What was found before, to be told with what is wrong with the routes. */
  readonly notices?: readonly ConfigNotice[];
}

/** Compiles a configuration. Throws `ConfigError` with every routing rule that cannot be understood. */
export function compileCatalog(config: GatewayConfig, options: CatalogOptions): Catalog {
  const { routing } = config;
  const { demo } = options;
  const configured = configuredTargets(config, options.buildTarget, options.probes ?? probesOf(config.health));
  const { providers: named, backends, pools, vllm, stored } = configured;
  const all = [...named, ...backends, ...pools.flat(), ...vllm.flat(), ...stored];
  const { strategy } = readStrategyName(routing.strategy);
  const { fallbackEnabled } = routing;
  const routeOptions = routeOptionsOf(routing.options);
  const providers = createProviderRoutes({
    providers: configured.providers,
    strategy,
    options: routeOptions,
    fallbackEnabled,
  });
  const { rules, dependOnModelOnly, problems } = compileRules(
    routing.rules,
    providers.find,
    config.providers.map(({ name }) => name),
  );
  const wildcard = createWildcardRoutes(configured.backends, { strategy, options: routeOptions });
  const defaultProvider = routing.defaultProvider === undefined ? undefined : providers.find(routing.defaultProvider);
  const notices = noticesOf(config, all, defaultProvider === undefined);
  if (problems.length > 0) throw new ConfigError(problems, { warnings: [...(options.notices ?? []), ...notices] });

  const exact = exactRoutes({ config, configured, providers, wildcard, strategy, options: routeOptions, demo });
  const listed = listModels(config, configured, demo);
  const targets = [...all.map(({ target }) => target), ...(demo === undefined ? [] : [demo])];
  const resolver = new Resolver({
    exact: exact.byModel,
    rules,
    dependOnModelOnly,
    providers,
    wildcard,
    modelFree: createModelFreeRoutes({ ...configured, defaultProvider, strategy, options: routeOptions }),
    defaultProvider,
    // The built-in model answers whoever names none only where there is nobody else.
    lastDefault: all.length === 0 ? exact.demo : undefined,
    modelNames: listed.map(({ id }) => id),
  });
  const resolve = (facts: RoutingFacts) => resolver.resolve(facts);
  const fallbacks = compileModelFallbacks(routing.fallbacks, resolve);
  return {
    targets: new Map(targets.map((target) => [target.id, target])),
    models: () => listed,
    notices: [...notices, ...fallbacks.notices.map((message) => notice(`routing.fallbacks: ${message}`))],
    resolve,
    hasFallbacks: fallbacks.hasAny,
    fallbacksOf: fallbacks.of,
    namesLeadingTo: createLeadingNames({ exact: exact.byModel, providers: configured.providers }),
  };
}

/** The usual probes, with what is configured of them. An interval holds for targets of every section. */
function probesOf(health: GatewayConfig['health']): ProbeDefaults {
  if (health === undefined) return usualProbes;
  const { intervalMs, ...patience } = health;
  if (intervalMs === undefined) return { ...usualProbes, ...patience };
  return { backendIntervalMs: intervalMs, poolIntervalMs: intervalMs, vllmIntervalMs: intervalMs, ...patience };
}

function noticesOf(
  config: GatewayConfig,
  all: readonly { readonly target: Target; readonly notices: readonly string[] }[],
  hasNoDefault: boolean,
): readonly ConfigNotice[] {
  const notices: ConfigNotice[] = [];
  const add = (message: string) => notices.push(notice(message));
  for (const { target, notices: told } of all) {
    for (const message of told) add(`${target.id}: ${message}`);
    if (target.enabled && target.unusable !== undefined) add(`${target.id} is skipped: ${target.unusable}`);
  }
  const strategies = [config.routing.strategy, ...config.models.map((pool) => pool.strategy)];
  for (const name of new Set(strategies)) {
    const { problem } = readStrategyName(name);
    if (problem !== undefined) add(problem);
  }
  const { defaultProvider } = config.routing;
  if (defaultProvider !== undefined && hasNoDefault) {
    add(
      `routing.default_provider '${defaultProvider}' is not a configured provider: it is ignored.${didYouMean(
        defaultProvider,
        config.providers.map(({ name }) => name),
      )}`,
    );
  }
  return notices;
}

function notice(message: string): ConfigNotice {
  return { level: 'warning', message, ...nowhere };
}
