import type { GatewayConfig } from './config/gateway-config.ts';
import type { Exchange } from './exchange.ts';
import { mayUseModel } from './policies/key-scopes.ts';
import type { ModelCatalogue } from './pricing/model-catalogue.ts';
import { RequestFacts } from './request-facts.ts';
import { createBackoff } from './resilience/backoff.ts';
import type { Failure } from './resilience/failure.ts';
import { failureTraits } from './resilience/failure-table.ts';
import type { HealthRegistry } from './resilience/health.ts';
import type { OutlierEjection } from './resilience/outlier-ejection.ts';
import type { RetryBudgets } from './resilience/retry-budget.ts';
import type { Catalog } from './routing/catalog.ts';
import type { Pickers } from './routing/pickers.ts';
import type { Fallbacks, IsTrusted, PlanHealth, PlanInput, RetrySettings } from './routing/plan.ts';
import type { Resolution, Route, Target } from './routing/target.ts';
import type { TargetObservations } from './routing/target-observations.ts';
import { routingFactsOf } from './routing-facts.ts';

export interface RequestPlanParts {
  readonly config: GatewayConfig;
  readonly catalog: Catalog;
  readonly models: ModelCatalogue;
  readonly pickers: Pickers;
  readonly healthFor: (route: Route) => PlanHealth;
  readonly budgets: RetryBudgets;
  readonly observations: TargetObservations;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly offers: (exchange: Exchange, target: Target, upstreamModel: string | undefined) => boolean;
}

/**
 * Everything that the plan of an exchange is made of: what is compiled of a configuration, and known of its targets. Who
 * only wants to know where a request would go looks at it without making the plan.
 */
export type CreatePlanInput = (resolution: Resolution, exchange: Exchange) => PlanInput;

export function createPlanInputs(parts: RequestPlanParts): CreatePlanInput {
  const { budgets, catalog, config, healthFor, models, observations, offers, pickers, random } = parts;
  const { retry } = config.resilience;
  const backoff = createBackoff(retry, random);
  const isTrusted: IsTrusted = (target, model) => observations.find(target, model)?.isTrusted !== false;
  const hasFallbacks = (config.routing.fallbacks?.size ?? 0) > 0;
  return (resolution, exchange) => ({
    resolution,
    retry: retryOf(exchange, retry),
    backoff,
    strategies: pickers,
    health: healthFor(resolution.route),
    random,
    failureTraits,
    offers: (target, model) => offers(exchange, target, model),
    facts: () => new RequestFacts(exchange, resolution.route.options.stickyBy, resolution.requestedModel),
    budget: budgets.of(resolution.route.id),
    isTrusted,
    fallbacks:
      hasFallbacks && exchange.principal.overrides?.fallbacks !== false
        ? fallbacksFor({ catalog, models, resolution, exchange })
        : undefined,
  });
}

function retryOf({ principal }: Exchange, retry: RetrySettings): RetrySettings {
  const maxAttempts = principal.overrides?.maxAttempts;
  return maxAttempts === undefined ? retry : { ...retry, maxAttempts };
}

interface FallbackInput {
  readonly catalog: Catalog;
  readonly models: ModelCatalogue;
  readonly resolution: Resolution;
  readonly exchange: Exchange;
}

function fallbacksFor({ catalog, models, resolution, exchange }: FallbackInput): Fallbacks {
  return (failure) => {
    const kind = fallbackKindOf(failure);
    const { scopes } = exchange.principal;
    const all = catalog.fallbacksOf(resolution, kind, routingFactsOf(exchange));
    // What a key may not ask for does not answer it either.
    const found = scopes?.models === undefined ? all : all.filter((next) => mayUseModel(scopes, next.requestedModel));
    if (kind !== 'contextExceeded') return found;
    const at = exchange.clock.wallNow();
    const window = windowOf(models, resolution, at);
    // A window that is known to be no larger would be exceeded as well.
    return window === undefined
      ? found
      : found.filter((next) => (windowOf(models, next, at) ?? Number.POSITIVE_INFINITY) > window);
  };
}

function fallbackKindOf(failure: Failure | undefined): 'contextExceeded' | 'contentRefused' | 'any' {
  if (failure?.kind === 'context_exceeded') return 'contextExceeded';
  return failure?.kind === 'content_refused' ? 'contentRefused' : 'any';
}

/** Tokens of the largest window among the targets of a route; undefined where none is known. */
function windowOf(models: ModelCatalogue, { requestedModel, route }: Resolution, at: number): number | undefined {
  let largest: number | undefined;
  for (const { target, upstreamModel } of route.tiers.flat()) {
    const model = upstreamModel ?? requestedModel;
    if (model === undefined) continue;
    const window = models.find({ provider: target.kind, model, requestedModel, at })?.contextWindow;
    if (window !== undefined) largest = Math.max(window, largest ?? 0);
  }
  return largest;
}

export interface PlanHealthParts {
  readonly health: HealthRegistry;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Attempts that run on a target. */
  readonly inFlight: (targetId: string) => number;
  /** Undefined: nobody is taken out for being worse than the others. */
  readonly ejection: OutlierEjection | undefined;
}

/** What the plans of a route see of health: a target that is out may still be tried once its cool-down is over. */
export function planHealth({ health, now, inFlight, ejection }: PlanHealthParts): (route: Route) => PlanHealth {
  const isUp = ({ healthId }: Target, model: string | undefined): boolean =>
    health.isUsable(healthId, model) || health.canTry(healthId, model);
  const anyRoute: PlanHealth = {
    isUsable: isUp,
    leastBad: (targets, upstreamModelOf) => {
      const subjects = targets.map((target) => ({ id: target.healthId, model: upstreamModelOf(target) }));
      return targets[health.leastBadIndex(subjects)];
    },
    waitMs: ({ healthId }, model) => health.waitMs(healthId, model),
    rampShare: ({ healthId, id }, model) => {
      const share = health.rampShare(healthId, model, now());
      // One request at a time is no load for anybody.
      return share > 0 && share < 1 && inFlight(id) === 0 ? 1 : share;
    },
  };
  if (ejection === undefined) return () => anyRoute;
  const ofRoute = new WeakMap<Route, PlanHealth>();
  return (route) => {
    let own = ofRoute.get(route);
    if (own === undefined) {
      const isUsable: PlanHealth['isUsable'] = (target, model) =>
        isUp(target, model) && !ejection.isEjected(route.id, target.id);
      own = { ...anyRoute, isUsable };
      ofRoute.set(route, own);
    }
    return own;
  };
}
