import { randomUUID } from 'node:crypto';
import { type AdaptiveBulkheads, createAdaptiveBulkheads, usualAdaptiveQueue } from './adaptive-bulkheads.ts';
import { createAskAhead } from './ask-ahead.ts';
import { createAttemptRing } from './attempt-ring.ts';
import type { GatewayError } from './canonical/gateway-error.ts';
import type { GatewayConfig } from './config/gateway-config.ts';
import type { Exchange } from './exchange.ts';
import { createExchangeBudget, type ExchangeBudget, noBudgets } from './exchange-budget.ts';
import { createHedge } from './hedge.ts';
import { createInference, type Inference } from './inference.ts';
import { offersOperation } from './operation-ask.ts';
import { createBudgetPolicy } from './policies/budget.ts';
import { createKeyLimits } from './policies/key-limits.ts';
import { mayUseTarget } from './policies/key-scopes.ts';
import type { RequestPolicy } from './policies/request-policy.ts';
import { createSpecialAddresses } from './policies/special-addresses.ts';
import { createTokenBudgets } from './policies/token-budget.ts';
import type { ModelCatalogue } from './pricing/model-catalogue.ts';
import { operationLimits } from './providers/attempt-timeouts.ts';
import type { HeadRules } from './relay/reply-headers.ts';
import { type CreatePlanInput, createPlanInputs, planHealth } from './request-plan.ts';
import { createRequestReader } from './request-reader.ts';
import { createOutlierEjection, type OutlierEjection } from './resilience/outlier-ejection.ts';
import { createRetryBudgets } from './resilience/retry-budget.ts';
import type { Catalog } from './routing/catalog.ts';
import { chatEndpointOf } from './routing/chat-endpoint.ts';
import { noTargetError } from './routing/no-target-error.ts';
import { createPlan, type Plan } from './routing/plan.ts';
import type { Resolution, Target } from './routing/target.ts';
import type { RuntimeParts } from './runtime.ts';
import { createShadows } from './shadow.ts';
import { createShareCall } from './shared-call.ts';
import type { SlotPool } from './stores/slot-store.ts';
import { createBeginRecovery } from './stream-recovery.ts';
import { createStoredResponses } from './translation/stored-responses.ts';
import { createMediaFetcher, MediaFetchError, type MediaFetcher } from './transport/media-fetcher.ts';

export interface InferenceInput {
  readonly config: GatewayConfig;
  readonly catalog: Catalog;
  readonly models: ModelCatalogue;
  readonly parts: RuntimeParts;
  readonly planning: Planning;
  readonly headPolicies: readonly RequestPolicy[];
  readonly rateLimit: RequestPolicy | undefined;
  readonly bodyPolicies: readonly RequestPolicy[];
  readonly admission: SlotPool;
  readonly securityHeaders: (exchange: Exchange) => readonly string[];
  readonly headRules: HeadRules;
  readonly scrub: (text: string) => string;
}

/** What decides where the requests of one configuration go. */
export interface Planning {
  /** Undefined: nobody is taken out for being worse than the others. */
  readonly ejection: OutlierEjection | undefined;
  readonly planInput: CreatePlanInput;
}

export function compilePlanning({
  config,
  catalog,
  models,
  parts,
}: Pick<InferenceInput, 'config' | 'catalog' | 'models' | 'parts'>): Planning {
  const { clock, health, load, observations, pickers, random } = parts;
  const { outlierEjection, retry } = config.resilience;
  const ejection = outlierEjection && createOutlierEjection({ config: outlierEjection, clock });
  const planInput = createPlanInputs({
    config,
    catalog,
    models,
    pickers,
    healthFor: planHealth({ health, now: () => clock.now(), inFlight: load.inFlight, ejection }),
    budgets: createRetryBudgets({ percent: retry.budgetPercent ?? 20, floor: retry.budgetFloor ?? 10 }),
    observations,
    random,
    offers: offersTo,
  });
  return { ejection, planInput };
}

/** Puts the hot path together for one configuration. */
export function compileInference(input: InferenceInput): Inference {
  const { config, catalog, parts, securityHeaders } = input;
  const { beginEntry, clock, health, log, metrics, observations, random, settle } = parts;
  const { ejection, planInput } = input.planning;
  const { resilience } = config;
  const timeoutMs = (exchange: Exchange): number => {
    const own = exchange.principal.overrides?.timeoutMs;
    return own === undefined ? totalTimeout(config, exchange) : Math.min(own, totalTimeout(config, exchange));
  };
  const reportInternal = (error: unknown, exchange: Exchange): void =>
    log.error('inference', 'Internal error', {
      request_id: exchange.id,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  const reportRefusal = (error: GatewayError, exchange: Exchange): void => parts.audit?.refused(error, exchange);
  const ends = { securityHeaders, scrub: input.scrub, reportInternal, reportRefusal };
  const adaptive = adaptiveBulkheads(config, parts);
  const planOf = (resolution: Resolution, exchange: Exchange): Plan => createPlan(planInput(resolution, exchange));
  const attemptRing = createAttemptRing({
    transport: parts.transport,
    media: mediaFetcher(config.security),
    storedResponses: createStoredResponses({ store: parts.responses, isKept: config.responses.store, newId }),
    models: input.models,
    watch: {
      health,
      ejection,
      observations,
      adaptiveLimits: resilience.adaptiveConcurrency ? parts.adaptiveLimits : undefined,
    },
    load: parts.load,
    slots: parts.slots,
    adaptive,
    limits: parts.limits,
    headRules: input.headRules,
    securityHeaders,
    newId,
  });
  const budget = exchangeBudget(input);
  return createInference({
    ...ends,
    clock,
    headPolicies: input.headPolicies,
    rateLimit: input.rateLimit,
    bodyPolicies: input.bodyPolicies,
    keyLimits: createKeyLimits({
      limits: parts.limits,
      slots: parts.slots,
      whenStoreIsAway: config.redis?.whenAway ?? 'open',
      onRefused: parts.audit?.limitReached,
    }),
    readRequest: createRequestReader(config.security.validation),
    catalog,
    budget,
    createPlan: planOf,
    askAhead: createAskAhead({ limits: parts.limits, slots: parts.slots, adaptive, createPlan: planOf, timeoutMs }),
    noTargetError: (resolution, exchange) =>
      noTargetError(resolution, (target, model) => offersTo(exchange, target, model)),
    attemptRing,
    hedge: createHedge({
      attemptRing,
      clock,
      latencyOf: (routeId) => observations.routeLatency(routeId),
      budget,
      onHedge: (provider) => metrics.hedge(provider),
      reportInternal,
    }),
    shareCall: createShareCall({ ...ends, timeoutMs }),
    startShadows: createShadows({
      attemptRing,
      random,
      isUsable: (target, model) => health.isUsable(target.healthId, model),
      offers: offersTo,
      budget,
      timeoutMs,
      track: parts.track,
      beginEntry,
      settle,
      reportInternal,
    }),
    beginRecovery: createBeginRecovery(newId),
    slots: parts.slots,
    admission: input.admission,
    timeoutMs,
    onRetry: (provider) => metrics.retry(provider),
    beginEntry,
    settle,
  });
}

/** Budgets are in the record; where there is none, or nothing that counts, none holds. */
function exchangeBudget({ config, catalog, parts }: InferenceInput): ExchangeBudget {
  const { clock, metrics, priceOf, record, spend } = parts;
  if (record === undefined || spend === undefined) return noBudgets;
  const policy = createBudgetPolicy({
    store: spend,
    unknownPrice: config.budgets?.unknownPrice ?? 'deny',
    onRefused: ({ id }) => metrics.budgets.refused(id),
    onUnknownCost: () => metrics.budgets.unknownCost(),
  });
  const tokens = createTokenBudgets({
    store: spend,
    claimOf: (keyId, budget) => record.tokenBudgets.claimOf(keyId, budget),
  });
  return createExchangeBudget({
    policy,
    tokens,
    budgetsOf: record.budgets.budgetsOf,
    priceOf,
    clock,
    catalog,
    offers: offersTo,
  });
}

function adaptiveBulkheads(
  { resilience, queue }: GatewayConfig,
  { adaptiveLimits, localSlots }: RuntimeParts,
): AdaptiveBulkheads | undefined {
  const config = resilience.adaptiveConcurrency;
  if (config === undefined) return undefined;
  return createAdaptiveBulkheads({
    config,
    limits: adaptiveLimits,
    slots: localSlots,
    queue: { maxQueue: usualAdaptiveQueue, timeoutMs: queue.timeoutMs },
  });
}

function newId(): string {
  return randomUUID().replaceAll('-', '').slice(0, 16);
}

/** Without permission to fetch, every address is refused with a word. */
function mediaFetcher({ media }: GatewayConfig['security']): MediaFetcher {
  if (!media.fetch) {
    return { fetch: () => Promise.reject(new MediaFetchError('would have to be fetched, which is switched off')) };
  }
  const { maxBytes, timeoutMs } = media;
  const allowedHosts = new Set(media.allowedHosts);
  return createMediaFetcher({ isForbidden: createSpecialAddresses(), allowedHosts, maxBytes, timeoutMs });
}

/** Whether a target has a place to ask for what the exchange wants, and is one for whoever asks. */
export function offersTo(exchange: Exchange, target: Target, model: string | undefined): boolean {
  const { facts, operation, principal, protocol } = exchange;
  if (!mayUseTarget(principal.scopes, target)) return false;
  if (operation === 'proxy') return true;
  if (operation !== 'chat' && operation !== 'responses') return offersOperation(exchange, target, model);
  return chatEndpointOf(target, protocol, { model, stream: facts.stream }) !== undefined;
}

/** Milliseconds of one exchange in all: the server's limit, and that of its kind of reply. */
function totalTimeout({ server, queue, resilience }: GatewayConfig, { facts, operation }: Exchange): number {
  const { requestMs, streamingMs } =
    resilience.operationTimeouts === undefined ? resilience.timeout : operationLimits(resilience, operation);
  return facts.stream ? streamingMs : Math.min(server.timeoutMs, queue.timeoutMs, requestMs);
}
