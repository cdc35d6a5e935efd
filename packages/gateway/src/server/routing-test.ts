import { GatewayError } from '../canonical/gateway-error.ts';
import { secretsOf } from '../catalog-secrets.ts';
import type { Exchange } from '../exchange.ts';
import { errorOf, explainRouting, type RoutingExplanation } from '../explain/explain-routing.ts';
import { type MatchedRule, matchedRules } from '../explain/matched-rules.ts';
import { mayUseTarget } from '../policies/key-scopes.ts';
import { resolveRequest } from '../resolve-request.ts';
import { chatEndpointOf } from '../routing/chat-endpoint.ts';
import type { PlanInput, PlanStep } from '../routing/plan.ts';
import type { Target } from '../routing/target.ts';
import { routingFactsOf } from '../routing-facts.ts';
import type { ManagementSource } from './management-pages.ts';
import { exchangeOf, readRoutingTest } from './routing-test-ask.ts';
import { findRefusals } from './target-refusals.ts';

/** Where a request would go, as the page answers it. */
export interface RoutingTestAnswer extends RoutingExplanation {
  readonly model: string | null;
  readonly tenant: string | null;
  readonly operation: string;
  readonly stream: boolean;
  /** Turns and loads are each process's own: another worker may choose another target. */
  readonly scope: 'process';
  /** Origin and path, without query and credentials. */
  readonly selected_endpoint: string | null;
  readonly matched_rules: readonly MatchedRule[];
}

/** Finds out where a request would go. Sends nothing and counts nothing. Throws GatewayError for what cannot be asked. */
export async function testRouting(source: ManagementSource, given: unknown): Promise<RoutingTestAnswer> {
  const { catalog, config, placeCaller, planInput } = source.runtime();
  const ask = readRoutingTest(given);
  const exchange = exchangeOf(ask, source.clock, config.auth.keys);
  const resolution = await refusedOr(async () => {
    exchange.principal = await placeCaller(exchange.principal);
    return resolveRequest(catalog, exchange);
  });
  const isRefused = resolution instanceof GatewayError;
  const asked = {
    model: ask.model ?? null,
    tenant: exchange.principal.tenant ?? null,
    operation: ask.operation,
    stream: exchange.facts.stream,
    scope: 'process' as const,
    matched_rules: matchedRules(
      config.routing.rules,
      routingFactsOf(exchange),
      isRefused ? undefined : resolution.reason,
    ),
  };
  const { maxAttempts = config.resilience.retry.maxAttempts } = exchange.principal.overrides ?? {};
  if (isRefused) return { ...asked, ...nowhere(resolution, maxAttempts) };
  const plan = planInput(resolution, exchange);
  const { chosen, explanation } = await explain(source, plan, exchange);
  const endpoint = chosen && endpointOf(exchange, chosen, secretsOf(catalog));
  return { ...asked, ...explanation, selected_endpoint: endpoint ?? null };
}

/** What a request is refused with is an answer here. */
async function refusedOr<Result>(work: () => Promise<Result>): Promise<Result | GatewayError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

async function explain(source: ManagementSource, plan: PlanInput, exchange: Exchange) {
  const resolutions = [plan.resolution, ...(plan.fallbacks?.(undefined) ?? [])];
  const targets = resolutions.flatMap(({ route }) => route.tiers.flat().map(({ target }) => target));
  const { limits, slots, learned, health: registry } = source;
  const parts = { config: source.runtime().config, learned, limits, slots };
  const refusalOf = await findRefusals(parts, exchange, targets);
  // From here to the end within one turn: nobody else picks while the pickers are rehearsed with.
  const mayUse = (target: Target) => mayUseTarget(exchange.principal.scopes, target);
  return explainRouting({ plan, registry, refusalOf, mayUse, nowMs: source.clock.now() });
}

/** The answer for a request that would be refused before anybody is chosen. */
function nowhere(error: GatewayError, maxAttempts: number) {
  return {
    selected_provider: null,
    selected_target: null,
    selected_endpoint: null,
    upstream_model: null,
    fallback_model: null,
    route: null,
    strategy: null,
    reason: null,
    decision: `Nobody would be asked: ${error.message}`,
    error: errorOf(error),
    last_resort: false,
    fallback_chain: [],
    max_attempts: maxAttempts,
    retry_budget_left: true,
    candidates: [],
  };
}

/** Where the target would be asked. A path may hold a credential that its owner put there. */
function endpointOf(exchange: Exchange, step: PlanStep, secrets: readonly string[]): string {
  const { facts, operation, protocol, tail } = exchange;
  const { routeTarget, upstreamModel: model } = step;
  const { target } = routeTarget;
  const isChat = operation === 'chat' || operation === 'responses';
  const path = isChat
    ? chatEndpointOf(target, protocol, { model, stream: facts.stream })?.pathOf({ model, stream: facts.stream })
    : target.pathOf(operation, model, tail);
  const plain = (path ?? '').split('?', 1)[0]!;
  return target.origin + secrets.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), plain);
}
