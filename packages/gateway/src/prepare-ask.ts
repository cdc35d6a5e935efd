import { GatewayError } from './canonical/gateway-error.ts';
import type { ProtocolName } from './canonical/protocol-name.ts';
import type { Exchange } from './exchange.ts';
import { type ByteMark, createByteMark } from './framing/byte-mark.ts';
import { operationAsk } from './operation-ask.ts';
import type { ModelCatalogue } from './pricing/model-catalogue.ts';
import { findProtocol } from './protocols/find-protocol.ts';
import { protocols } from './protocols/registry.gen.ts';
import { failureOf } from './relay/attempt.ts';
import type { Failure } from './resilience/failure.ts';
import { chatEndpointOf } from './routing/chat-endpoint.ts';
import type { PlanStep } from './routing/plan.ts';
import type { ChatEndpoint } from './routing/target.ts';
import type { ReadRequest, StoredResponses } from './translation/stored-responses.ts';
import { readConversation, type Translation, translateRequest } from './translation/translation.ts';
import type { FetchedMedia, MediaFetcher } from './transport/media-fetcher.ts';
import type { UpstreamAsk } from './upstream-request.ts';

export interface AskInput {
  readonly exchange: Exchange;
  readonly step: PlanStep;
  /** Fetches pictures and documents for upstreams that take no addresses. */
  readonly media: MediaFetcher;
  /** Reads requests that may refer to earlier answers, and keeps theirs. */
  readonly storedResponses: StoredResponses;
  readonly models: Pick<ModelCatalogue, 'maxOutputTokens'>;
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
  return translated(input, endpoint);
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

const marksOf: ReadonlyMap<ProtocolName, readonly ByteMark[]> = new Map(
  protocols.map(({ name, client }) => [name, client.foreignMarks.map(createByteMark)]),
);

/**
 * Tokens of another wire and ids of the gateway's, given to the caller in an earlier answer, would be refused by an
 * upstream of its own.
 */
function carriesForeign({ body, protocol }: Exchange): boolean {
  const marks = marksOf.get(protocol)!;
  for (let index = 0; index < marks.length; index++) if (marks[index]!.isIn(body!)) return true;
  return findProtocol(protocol).client.keeping?.namesOwnId(body!) === true;
}

/** Without anything to look up or to fetch there is nothing to wait for, and no promise is made. */
function translated(input: AskInput, endpoint: ChatEndpoint): UpstreamAsk | Failure | Promise<UpstreamAsk | Failure> {
  try {
    const read = readRequest(input, endpoint);
    const ask =
      read instanceof Promise ? read.then((late) => written(input, endpoint, late)) : written(input, endpoint, read);
    return ask instanceof Promise ? ask.catch(inexpressible) : ask;
  } catch (error) {
    return inexpressible(error);
  }
}

/** The request that was read, in the words of the endpoint's wire. */
function written(
  input: AskInput,
  endpoint: ChatEndpoint,
  { conversation, present }: ReadRequest,
): UpstreamAsk | Promise<UpstreamAsk> {
  const { exchange, step, media } = input;
  const translation = translateRequest({
    conversation,
    client: exchange.protocol,
    upstream: endpoint.protocol,
    model: step.upstreamModel,
    quirks: endpoint.quirks,
    maxOutputTokens: maxOutputTokensOf(input),
    fetchMedia: (url) => fetchMedia(exchange, media, url),
  });
  const ask = (done: Translation): UpstreamAsk => {
    exchange.dropped = done.dropped;
    return { endpoint, translation: present(done), operation: undefined };
  };
  return translation instanceof Promise ? translation.then(ask) : ask(translation);
}

function maxOutputTokensOf({ exchange, step, models }: AskInput): number | undefined {
  const { upstreamModel: model, routeTarget } = step;
  if (model === undefined) return undefined;
  return models.maxOutputTokens({
    provider: routeTarget.target.kind,
    model,
    requestedModel: exchange.requestedModel,
  });
}

/** The whole request; read for each attempt where it may refer to what only some targets know. */
function readRequest(
  { exchange, storedResponses }: AskInput,
  endpoint: ChatEndpoint,
): ReadRequest | Promise<ReadRequest> {
  const { body, facts, principal, protocol } = exchange;
  const { keeping } = findProtocol(protocol).client;
  if (keeping === undefined) {
    exchange.conversation ??= readConversation(protocol, body!, facts);
    return { conversation: exchange.conversation, present: asTranslated };
  }
  const { identity: owner } = principal;
  return storedResponses({ keeping, client: protocol, upstream: endpoint.protocol, body: body!, facts, owner });
}

const asTranslated = (translation: Translation): Translation => translation;

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
