import { usualAdaptiveQueue } from '../adaptive-bulkheads.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { GatewayConfig } from '../config/gateway-config.ts';
import type { Exchange } from '../exchange.ts';
import { type Reason, spanText } from '../explain/reason.ts';
import type { RefusalOf } from '../explain/walk-plan.ts';
import type { LearnedParts } from '../learned-parts.ts';
import { operationAsk } from '../operation-ask.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import { adaptiveBounds } from '../resilience/adaptive-limits.ts';
import { chargingOf } from '../rough-tokens.ts';
import { chatEndpointOf } from '../routing/chat-endpoint.ts';
import type { ChatEndpoint, Target } from '../routing/target.ts';
import type { LimitStore } from '../stores/limit-store.ts';
import type { SlotStore } from '../stores/slot-store.ts';
import { tokensToClaim } from '../target-limits.ts';
import { fitRequest } from '../translation/fit-request.ts';
import { needsInlining } from '../translation/inline-media.ts';
import { readConversation } from '../translation/translation.ts';

export interface TargetRefusalParts {
  readonly config: GatewayConfig;
  readonly learned: Pick<LearnedParts, 'adaptiveLimits' | 'localSlots'>;
  readonly limits: LimitStore;
  readonly slots: SlotStore;
}

/**
 * Why the gateway would not ask some targets now although their plan offers them: their own limits, their slots, and the
 * words of their wires. Counts nothing.
 */
export async function findRefusals(
  parts: TargetRefusalParts,
  exchange: Exchange,
  targets: Iterable<Target>,
): Promise<RefusalOf> {
  const spent = new Map<Target, Reason>();
  for (const target of new Set(targets)) {
    const reason = (await spentLimit(parts.limits, target)) ?? (await spentTokens(parts.limits, target, exchange));
    if (reason !== undefined) spent.set(target, reason);
  }
  return ({ target }, upstreamModel) =>
    spent.get(target) ?? fullBulkhead(parts, target) ?? inexpressible(exchange, target, upstreamModel);
}

/** A claim of nothing is answered with what is left. */
async function spentLimit(limits: LimitStore, { id, limits: rules }: Target): Promise<Reason | undefined> {
  if (rules.length === 0) return undefined;
  try {
    const { limit, remaining, resetMs } = await limits.take(rules.map((rule) => ({ rule, key: id, cost: 0 })));
    if (remaining >= 1) return undefined;
    const message = `Its own limit of ${limit} requests is spent; all of it is free again in ${spanText(resetMs)}.`;
    return { code: 'limit_spent', message, limit };
  } catch (error) {
    return uncountable(error);
  }
}

/** The same of tokens: less is left than the request may come to. */
async function spentTokens(
  limits: LimitStore,
  { id, tokenLimit }: Target,
  exchange: Exchange,
): Promise<Reason | undefined> {
  if (tokenLimit === undefined || chargingOf(exchange.operation) === 'nothing') return undefined;
  const wanted = tokensToClaim(exchange, tokenLimit);
  try {
    const { limit, remaining } = await limits.take([{ rule: tokenLimit, key: id, cost: 0 }]);
    if (remaining >= wanted) return undefined;
    const waitMs = Math.ceil(((wanted - remaining) / tokenLimit.refillPerSecond) * 1_000);
    const message = `Its own limit of ${limit} tokens a minute has ${remaining} left, and the request may take ${wanted}; as many are free in ${spanText(waitMs)}.`;
    return { code: 'limit_spent', message, limit, retry_in_ms: waitMs };
  } catch (error) {
    return uncountable(error);
  }
}

function uncountable(error: unknown): Reason {
  if (!(error instanceof GatewayError)) throw error;
  return { code: 'limit_spent', message: `Its own limit cannot be counted: ${error.message}` };
}

function fullBulkhead({ config, learned, slots }: TargetRefusalParts, target: Target): Reason | undefined {
  const { bulkhead, id } = target;
  const adaptive = config.resilience.adaptiveConcurrency;
  if (adaptive === undefined && bulkhead === undefined) return undefined;
  const limit = adaptive
    ? learned.adaptiveLimits.limitOf(id, adaptiveBounds(adaptive, bulkhead))
    : bulkhead!.maxConcurrent;
  const maxQueue = bulkhead?.maxQueue ?? usualAdaptiveQueue;
  const { inFlight, queued } = adaptive ? learned.localSlots.counts(`adaptive:${id}`) : slots.counts(bulkhead!.id);
  if (inFlight < limit || queued < maxQueue) return undefined;
  const message = `It serves ${inFlight} of at most ${limit} requests, and ${queued} of at most ${maxQueue} wait for it.`;
  return { code: 'bulkhead_full', message, in_flight: inFlight, queued, limit };
}

/** Whether the wire of the target has the words, as far as a body was given. Nothing is fetched to find out. */
function inexpressible(exchange: Exchange, target: Target, upstreamModel: string | undefined): Reason | undefined {
  if (exchange.body === undefined) return undefined;
  const { facts, operation, protocol } = exchange;
  try {
    if (operation === 'chat' || operation === 'responses') {
      const endpoint = chatEndpointOf(target, protocol, { model: upstreamModel, stream: facts.stream });
      if (endpoint !== undefined && endpoint.protocol !== protocol) translateOnce(exchange, endpoint, upstreamModel);
    } else operationAsk({ exchange, target, upstreamModel, recalled: undefined });
    return undefined;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { code: 'inexpressible', message: `It cannot be asked in its own wire: ${error.message}` };
  }
}

function translateOnce(exchange: Exchange, { protocol, quirks }: ChatEndpoint, model: string | undefined): void {
  const { body, facts, parsedBody, protocol: own } = exchange;
  const upstream = findProtocol(protocol);
  exchange.conversation ??= readConversation(own, body!, facts, parsedBody?.whole);
  const { request } = fitRequest(exchange.conversation, findProtocol(own), upstream);
  if (needsInlining(request, upstream)) return;
  upstream.upstream.encodeRequest(request, { model, quirks, defaultMaxOutputTokens: 1 });
}
