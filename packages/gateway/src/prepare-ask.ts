import { GatewayError } from './canonical/gateway-error.ts';
import type { Exchange } from './exchange.ts';
import { operationAsk } from './operation-ask.ts';
import { findProtocol } from './protocols/find-protocol.ts';
import { failureOf } from './relay/attempt.ts';
import type { Failure } from './resilience/failure.ts';
import { chatEndpointOf } from './routing/chat-endpoint.ts';
import type { PlanStep } from './routing/plan.ts';
import type { ChatEndpoint } from './routing/target.ts';
import { readConversation, translateRequest } from './translation/translation.ts';
import type { FetchedMedia, MediaFetcher } from './transport/media-fetcher.ts';
import type { UpstreamAsk } from './upstream-request.ts';

export interface AskInput {
  readonly exchange: Exchange;
  readonly step: PlanStep;
  /** Fetches pictures and documents for upstreams that take no addresses. */
  readonly media: MediaFetcher;
}

const asItCame: UpstreamAsk = { endpoint: undefined, translation: undefined, operation: undefined };

/**
 * In which wire a target is asked, and the request in its words where that is not the caller's own. A failure says that
 * the target's wire has no words for it.
 */
export function prepareAsk(input: AskInput): UpstreamAsk | Failure | Promise<UpstreamAsk | Failure> {
  const { exchange, step } = input;
  const { facts, operation, protocol, streamAsk } = exchange;
  exchange.dropped = [];
  if (operation !== 'chat' && operation !== 'responses') return operationOf(input);
  const ask = { model: step.upstreamModel, stream: facts.stream };
  const endpoint = chatEndpointOf(step.routeTarget.target, protocol, ask)!;
  exchange.upstreamProtocol = endpoint.protocol;
  const isRelay = endpoint.protocol === protocol && streamAsk !== 'array' && !carriesForeign(exchange);
  if (isRelay) return { endpoint, translation: undefined, operation: undefined };
  return translated(input, endpoint).catch(inexpressible);
}

function operationOf({ exchange, step }: AskInput): UpstreamAsk | Failure {
  const { operation } = exchange;
  if (operation !== 'embeddings' && operation !== 'rerank' && operation !== 'count_tokens') return asItCame;
  const { target } = step.routeTarget;
  try {
    const ask = operationAsk({ exchange, target, upstreamModel: step.upstreamModel });
    exchange.dropped = ask.operation?.dropped ?? [];
    return { ...asItCame, operation: ask };
  } catch (error) {
    return inexpressible(error);
  }
}

/** Tokens of another wire, given to the caller in an earlier answer, would be refused by an upstream of its own. */
function carriesForeign({ body, protocol }: Exchange): boolean {
  const { foreignMarks } = findProtocol(protocol).client;
  return foreignMarks.some((mark) => body!.includes(mark));
}

async function translated({ exchange, step, media }: AskInput, endpoint: ChatEndpoint): Promise<UpstreamAsk> {
  const { body, facts, protocol } = exchange;
  const conversation = exchange.conversation ?? readConversation(protocol, body!, facts);
  exchange.conversation = conversation;
  const translation = await translateRequest({
    conversation,
    client: protocol,
    upstream: endpoint.protocol,
    model: step.upstreamModel,
    quirks: endpoint.quirks,
    fetchMedia: (url) => fetchMedia(exchange, media, url),
  });
  exchange.dropped = translation.dropped;
  return { endpoint, translation, operation: undefined };
}

function fetchMedia(exchange: Exchange, media: MediaFetcher, url: string): Promise<FetchedMedia> {
  const controller = new AbortController();
  exchange.whileCancellable(() => controller.abort());
  return media.fetch(url, controller.signal);
}

/** Another target may speak a wire that has the words. */
function inexpressible(error: unknown): Failure {
  if (!(error instanceof GatewayError)) throw error;
  return { ...failureOf('inexpressible', error.message), error };
}
