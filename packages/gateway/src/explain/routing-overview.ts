import type { GatewayConfig, RouteOptions } from '../config/gateway-config.ts';
import type { HealthRegistry } from '../resilience/health.ts';
import type { Catalog } from '../routing/catalog.ts';
import { compileRules } from '../routing/routing-rules.ts';
import type { RouteTarget, Target } from '../routing/target.ts';
import { type ListedRoute, listRoutes, mostRoutes } from './listed-routes.ts';

/** How requests are routed, as it is configured: strategy, options and tiers of every route. */
export function describeRouting(config: GatewayConfig, catalog: Catalog) {
  const { defaultProvider, fallbackEnabled, fallbacks, strategy } = config.routing;
  const { budgetFloor, budgetPercent, maxAttempts } = config.resilience.retry;
  const routes = listRoutes(catalog);
  return {
    strategy: strategy ?? null,
    default_provider: defaultProvider ?? null,
    fallback_enabled: fallbackEnabled,
    max_attempts: maxAttempts,
    retry_budget: { percent: budgetPercent ?? null, floor: budgetFloor ?? null },
    routes: routes.map(describeRoute),
    truncated: routes.length >= mostRoutes,
    fallbacks: [...(fallbacks ?? [])].map(([model, { any, contentRefused, contextExceeded }]) => ({
      model,
      any,
      context_exceeded: contextExceeded,
      content_refused: contentRefused,
    })),
  };
}

function describeRoute({ also, models, resolution, route }: ListedRoute) {
  const { excluded = [], id, options, shadows = [], strategy, tiers } = route;
  return {
    route: id,
    models,
    also: also ?? null,
    reason: resolution.reason,
    strategy,
    stays_with_first: route.staysWithFirst === true,
    options: describeOptions(options),
    tiers: tiers.map((tier) => tier.map(describeMember)),
    excluded: excluded.map((target) => ({
      target: target.id,
      provider: target.provider,
      why: target.enabled ? (target.unusable ?? 'unusable') : 'disabled',
    })),
    shadows: shadows.map((member) => ({ ...describeMember(member), percent: member.target.shadowPercent ?? 0 })),
  };
}

function describeOptions({ hedging, singleFlight, stickyBy, streamRecovery }: RouteOptions) {
  return {
    stream_recovery: streamRecovery,
    sticky_by: stickyBy.kind === 'header' ? `header:${stickyBy.name}` : stickyBy.kind,
    hedging: hedging
      ? {
          percentile: hedging.percentile,
          min_delay_ms: hedging.minDelayMs,
          max_extra_percent: hedging.maxExtraPercent,
        }
      : null,
    single_flight: singleFlight,
  };
}

function describeMember({ target, upstreamModel }: RouteTarget) {
  const { canaryPercent, id, priority, provider, weight } = target;
  return {
    target: id,
    provider,
    upstream_model: upstreamModel ?? null,
    weight,
    priority,
    canary_percent: canaryPercent ?? null,
  };
}

/** The rules in the order in which they are asked, and where each leads. */
export function describeRules(config: GatewayConfig, catalog: Catalog, registry: HealthRegistry) {
  const { defaultProvider, rules } = config.routing;
  const findTarget = targetFinder(catalog);
  const { rules: inOrder } = compileRules(
    rules.map((rule, index) => ({ ...rule, targetProvider: String(index) })),
    (index) => rules[Number(index)],
  );
  return {
    rules: inOrder.map(({ condition, name, provider: rule }, index) => {
      const target = findTarget(rule.targetProvider);
      return {
        order: index + 1,
        name,
        priority: rule.priority,
        condition: rule.condition,
        depends_on_model_only: condition.dependsOnModelOnly,
        target_provider: rule.targetProvider,
        target: target?.id ?? null,
        usable: target !== undefined && isUsable(target, registry),
      };
    }),
    default_provider: defaultProvider ?? null,
    /** Rules are asked only for models that the configuration does not spell out. */
    models_without_rules: catalog.models().map(({ id }) => id),
  };
}

/** Rules name providers, `-` and `_` alike; the first target of that name is the provider's own. */
function targetFinder({ targets }: Catalog): (name: string) => Target | undefined {
  const plain = (name: string) => name.trim().toLowerCase().replaceAll('_', '-');
  return (name) => [...targets.values()].find((target) => plain(target.id) === plain(name));
}

function isUsable({ enabled, healthId, unusable }: Target, registry: HealthRegistry): boolean {
  return enabled && unusable === undefined && registry.isUsable(healthId);
}
