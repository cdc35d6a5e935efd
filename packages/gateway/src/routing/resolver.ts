import { closeNames } from '../canonical/closest-name.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import { type BoundedMap, createBoundedMap } from './bounded-map.ts';
import type { ModelFreeRoutes } from './model-free-routes.ts';
import { modelRequiredError } from './no-target-error.ts';
import type { ConfiguredProvider, ProviderRoutes } from './provider-routes.ts';
import { type CompiledRule, matchingRule } from './routing-rules.ts';
import { modelOf, type Resolution, type Route, type RoutingFacts } from './target.ts';
import type { WildcardRoutes } from './wildcard-routes.ts';

export interface ResolverInput {
  /** Names that the configuration spells out. */
  readonly exact: ReadonlyMap<string, Resolution>;
  readonly rules: readonly CompiledRule<ConfiguredProvider>[];
  readonly dependOnModelOnly: boolean;
  readonly providers: ProviderRoutes;
  readonly wildcard: WildcardRoutes;
  readonly modelFree: ModelFreeRoutes;
  readonly defaultProvider: ConfiguredProvider | undefined;
  /** Where a request without a model goes when nothing else is configured. */
  readonly lastDefault: Route | undefined;
  /** What a wrong name is compared with. */
  readonly modelNames: readonly string[];
}

/** Resolutions kept by model, for names that no exact route knows. */
const maxKept = 1000;

/**
 * Finds the route of a request: exact name, rule, `provider/model` prefix, backends, default provider, in this order.
 * A class for what it keeps: what was found for a name is found again by one look-up.
 */
export class Resolver {
  readonly #input: ResolverInput;
  readonly #withoutModel: Resolution | undefined;
  readonly #kept: BoundedMap<Resolution> = createBoundedMap(maxKept);
  readonly #keptWithoutRule: BoundedMap<Resolution> = createBoundedMap(maxKept);
  readonly #keptByRule: ReadonlyMap<CompiledRule<ConfiguredProvider>, BoundedMap<Resolution>>;

  constructor(input: ResolverInput) {
    this.#input = input;
    this.#keptByRule = new Map(input.rules.map((rule) => [rule, createBoundedMap(maxKept)]));
    this.#withoutModel = this.#defaultOf();
  }

  resolve(facts: RoutingFacts): Resolution | GatewayError {
    const model = modelOf(facts);
    if (model === undefined) return this.#withoutModel ?? this.#ruleWithoutModel(facts);
    const { exact, dependOnModelOnly } = this.#input;
    const known = exact.get(model) ?? (dependOnModelOnly ? this.#kept.get(model) : undefined);
    if (known !== undefined) return known;
    const resolution = this.#byRule(facts, model) ?? this.#byName(model);
    if (resolution === undefined) return modelNotFound(model, this.#input.modelNames);
    if (dependOnModelOnly) this.#kept.set(model, resolution);
    return resolution;
  }

  #defaultOf(): Resolution | undefined {
    const { wildcard, defaultProvider, providers, lastDefault } = this.#input;
    const hasDefaultModel = defaultProvider?.target.defaultModel !== undefined;
    const provider = hasDefaultModel ? providers.toDefaultModel(defaultProvider, 'default', 'any') : undefined;
    return firstWithTargets([
      resolutionOf(wildcard.withoutModel, undefined, 'wildcard'),
      resolutionOf(provider, undefined, 'default_provider'),
      resolutionOf(lastDefault, undefined, 'demo'),
    ]);
  }

  /** A request without a model that no default covers may have a rule that sends it to a provider with one, or need none. */
  #ruleWithoutModel(facts: RoutingFacts): Resolution | GatewayError {
    const { rules, providers, modelFree } = this.#input;
    const { operation } = facts;
    const rule = matchingRule(rules, facts, undefined);
    if (rule === undefined) return modelFree.forOperation(operation) ?? modelRequiredError();
    const { name, provider } = rule;
    if (provider.target.defaultModel === undefined) {
      return modelFree.toProvider(provider, operation, rule) ?? modelRequiredError();
    }
    const route = providers.toDefaultModel(provider, `rule/${name}`, name);
    return { route, requestedModel: undefined, reason: `rule:${name}` };
  }

  #byRule(facts: RoutingFacts, model: string): Resolution | undefined {
    const rule = matchingRule(this.#input.rules, facts, model);
    if (rule === undefined) return undefined;
    const kept = this.#keptByRule.get(rule);
    const known = kept?.get(model);
    if (known !== undefined) return known;
    const { name, provider } = rule;
    const route = this.#input.providers.toProvider(provider, `rule/${name}`, name, model);
    const resolution: Resolution = { route, requestedModel: model, reason: `rule:${name}` };
    kept?.set(model, resolution);
    return resolution;
  }

  #byName(model: string): Resolution | undefined {
    const known = this.#keptWithoutRule.get(model);
    if (known !== undefined) return known;
    const { wildcard, defaultProvider, providers } = this.#input;
    const resolution = firstWithTargets([
      this.#byPrefix(model),
      resolutionOf(wildcard.forModel(model), model, 'wildcard'),
      defaultProvider === undefined
        ? resolutionOf(providers.toWhoeverServes(model), model, 'provider')
        : resolutionOf(providers.toProvider(defaultProvider, 'default', 'any', model), model, 'default_provider'),
    ]);
    if (resolution !== undefined) this.#keptWithoutRule.set(model, resolution);
    return resolution;
  }

  #byPrefix(model: string): Resolution | undefined {
    const slash = model.indexOf('/');
    if (slash < 1 || slash === model.length - 1) return undefined;
    const { providers } = this.#input;
    const provider = providers.find(model.slice(0, slash));
    if (provider === undefined || !provider.target.enabled) return undefined;
    return resolutionOf(providers.toNamed(provider, model.slice(slash + 1)), model, 'prefix');
  }
}

function resolutionOf(route: Route | undefined, requestedModel: string | undefined, reason: string) {
  return route === undefined ? undefined : ({ route, requestedModel, reason } satisfies Resolution);
}

/** A route whose targets are all disabled or unusable yields to the next; alone, it tells why nothing answers. */
function firstWithTargets(candidates: readonly (Resolution | undefined)[]): Resolution | undefined {
  const found = candidates.filter((resolution) => resolution !== undefined);
  return found.find(({ route }) => route.tiers.length > 0) ?? found[0];
}

function modelNotFound(model: string, names: readonly string[]): GatewayError {
  const shown = model.length > 128 ? `${model.slice(0, 128)}…` : model;
  const close = closeNames(model, names).map((name) => `'${name}'`);
  const hint = close.length === 0 ? 'GET /v1/models lists those it has.' : `Did you mean ${close.join(', ')}?`;
  return new GatewayError('model_not_found', `The model '${shown}' is not configured in this gateway. ${hint}`, {
    param: 'model',
  });
}
