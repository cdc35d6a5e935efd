import type { Operation } from '../canonical/operation.ts';
import type { RouteOptions } from '../config/gateway-config.ts';
import type { ConfiguredTarget } from './configured-targets.ts';
import { createRoute, mayAnswer } from './create-route.ts';
import type { ConfiguredProvider } from './provider-routes.ts';
import type { Resolution, StrategyName, Target } from './target.ts';

/**
 * Operations that providers serve without a model's name: they have a model of their own for it, or, as with the stored
 * prompts of `responses`, keep the name themselves. Who needs one after all says so in words of its own.
 */
const modelFree: readonly Operation[] = ['moderation', 'responses', 'images', 'transcription', 'rerank'];

/** Where requests go that name no model, need none, and are covered by no default. */
export interface ModelFreeRoutes {
  /** Undefined: the operation needs a model, or nobody offers it. */
  readonly forOperation: (operation: Operation) => Resolution | undefined;
  /** One provider and no other, as a rule wants it; undefined when the operation needs a model. */
  readonly toProvider: (
    provider: ConfiguredProvider,
    operation: Operation,
    rule: { readonly name: string },
  ) => Resolution | undefined;
}

export interface ModelFreeRoutesInput {
  readonly providers: readonly ConfiguredProvider[];
  readonly defaultProvider: ConfiguredProvider | undefined;
  readonly backends: readonly ConfiguredTarget[];
  readonly strategy: StrategyName | undefined;
  readonly options: RouteOptions;
}

/**
 * Compiles them: the default provider, else the first that is usable, else the backends, as far as each offers the
 * operation. No other provider stands in for it, because its model would be another one.
 */
export function createModelFreeRoutes(input: ModelFreeRoutesInput): ModelFreeRoutes {
  const byOperation = new Map(modelFree.map((operation) => [operation, resolutionFor(operation, input)]));
  return {
    forOperation: (operation) => byOperation.get(operation),
    toProvider(provider, operation, { name }) {
      if (!modelFree.includes(operation)) return undefined;
      return resolutionTo([provider], {
        id: `rule/${name}`,
        label: name,
        reason: `rule:${name}`,
        options: input.options,
      });
    },
  };
}

function resolutionFor(
  operation: Operation,
  { providers, defaultProvider, backends, strategy, options }: ModelFreeRoutesInput,
): Resolution | undefined {
  const inOrder = defaultProvider === undefined ? providers : [defaultProvider, ...providers];
  const offering = inOrder.filter(({ target }) => offers(target, operation));
  const pool = backends.filter(({ target }) => offers(target, operation));
  // Where nothing is usable, the route still tells why.
  const first = offering.find(({ target }) => mayAnswer(target)) ?? (pool.length === 0 ? offering[0] : undefined);
  if (first === undefined && pool.length === 0) return undefined;
  const place = { id: `default/${operation}`, label: 'any', options };
  if (first === undefined) return resolutionTo(pool, { ...place, reason: 'wildcard', strategy });
  const reason = first === defaultProvider ? 'default_provider' : 'provider';
  return resolutionTo([first], { ...place, reason });
}

function offers(target: Target, operation: Operation): boolean {
  return target.pathOf(operation, undefined, '') !== undefined;
}

function resolutionTo(
  targets: readonly ConfiguredTarget[],
  place: {
    readonly id: string;
    readonly label: string;
    readonly reason: string;
    readonly options: RouteOptions;
    readonly strategy?: StrategyName | undefined;
  },
): Resolution {
  const members = targets.map(({ target }) => ({ target, upstreamModel: undefined }));
  const { label, options, reason, strategy } = place;
  const route = createRoute({ id: `${place.id} without any model`, label, groups: [members], strategy, options });
  return { route, requestedModel: undefined, sendsNoModel: true, reason };
}
