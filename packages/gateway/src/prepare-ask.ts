import type { AttemptLane } from './attempt-lane.ts';
import type { ChatRequest } from './canonical/conversation.ts';
import { GatewayError } from './canonical/gateway-error.ts';
import type { ProtocolName } from './canonical/protocol-name.ts';
import type { Exchange } from './exchange.ts';
import { type ByteMark, createByteMark } from './framing/byte-mark.ts';
import { operationAsk } from './operation-ask.ts';
import type { ModelCatalogue } from './pricing/model-catalogue.ts';
import { findProtocol } from './protocols/find-protocol.ts';
import { protocols } from './protocols/registry.gen.ts';
import { recallCounted } from './recall-counted.ts';
import { prefilledRequest } from './recovery/prefilled-request.ts';
import { failureOf } from './relay/attempt.ts';
import type { Failure } from './resilience/failure.ts';
import { chatEndpointOf } from './routing/chat-endpoint.ts';
import type { PlanStep } from './routing/plan.ts';
import type { ChatEndpoint } from './routing/target.ts';
import type { StreamRecovery } from './stream-recovery.ts';
import { atDeadline } from './target-limits.ts';
import { isOwnKept } from './translation/own-members.ts';
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
  /** What ends the preparation from outside. */
  readonly lane: AttemptLane;
  /** Monotonic milliseconds at which the time of the exchange is over. */
  readonly deadline: number;
}

const nothing: readonly string[] = [];
const asItCame: UpstreamAsk = { endpoint: undefined, translation: undefined, operation: undefined, dropped: nothing };

/**
 * In which wire a target is asked, and the request in its words where that is not the caller's own. A failure says that
 * the target's wire has no words for it.
 */
export function prepareAsk(input: AskInput): UpstreamAsk | Failure | Promise<UpstreamAsk | Failure> {
  const { exchange, step } = input;
  const { facts, operation, protocol, streamAsk } = exchange;
  if (operation !== 'chat' && operation !== 'responses') return operationOf(input);
  const ask = { model: step.upstreamModel, stream: facts.stream };
  const endpoint = chatEndpointOf(step.routeTarget.target, protocol, ask)!;
  const isRelay = endpoint.protocol === protocol && streamAsk !== 'array' && !carriesForeign(exchange);
  const parsed = exchange.parsedBody;
  // It is as large again as the body, and an answer may take long.
  exchange.parsedBody = undefined;
  if (exchange.recovery?.brokenBy) return resumed(input, endpoint, isRelay);
  if (isRelay) return { endpoint, translation: undefined, operation: undefined, dropped: nothing };
  return translated(input, endpoint, parsed?.whole);
}

/**
 * The request for an attempt that completes an answer which broke off: the same again, or with the beginning of the answer
 * where the target goes on with one.
 */
function resumed(
  input: AskInput,
  endpoint: ChatEndpoint,
  isRelay: boolean,
): UpstreamAsk | Failure | Promise<UpstreamAsk | Failure> {
  const { exchange, step } = input;
  const recovery = exchange.recovery!;
  const request = exchange.conversation!;
  const { target } = step.routeTarget;
  let mode = recovery.modeFor({ request, endpoint, target, upstreamModel: step.upstreamModel });
  // What the gateway has no words for and cannot put back would be lost on the way.
  const isLossy =
    endpoint.protocol === exchange.protocol && request.unknownMembers.some((path) => !isOwnKept(request, path));
  if (mode === 'continue' && isLossy) mode = recovery.restartInstead();
  if (mode === 'none') return failureOf('inexpressible', 'the target cannot complete an answer that broke off');
  if (mode === 'restart' && isRelay) {
    return { endpoint, translation: undefined, operation: undefined, dropped: nothing, isResumed: true };
  }
  const ask = translated(input, endpoint, undefined);
  const asResumed = (done: UpstreamAsk | Failure) => ('kind' in done ? done : { ...done, isResumed: true });
  return ask instanceof Promise ? ask.then(asResumed) : asResumed(ask);
}

function operationOf({
  exchange,
  step,
  storedResponses,
}: AskInput): UpstreamAsk | Failure | Promise<UpstreamAsk | Failure> {
  const { operation } = exchange;
  if (operation !== 'embeddings' && operation !== 'rerank' && operation !== 'count_tokens') return asItCame;
  const { upstreamModel } = step;
  const { target } = step.routeTarget;
  const asked = (recalled: ChatRequest | undefined): UpstreamAsk => {
    const ask = operationAsk({ exchange, target, upstreamModel, recalled });
    return { ...asItCame, operation: ask, dropped: ask.operation?.dropped ?? nothing };
  };
  try {
    const recalling =
      operation === 'count_tokens' ? recallCounted({ exchange, target, upstreamModel, storedResponses }) : undefined;
    return recalling === undefined ? asked(undefined) : recalling.then(asked).catch(inexpressible);
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
function translated(
  input: AskInput,
  endpoint: ChatEndpoint,
  parsed: unknown,
): UpstreamAsk | Failure | Promise<UpstreamAsk | Failure> {
  try {
    const read = readRequest(input, endpoint, parsed);
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
  const { exchange, step } = input;
  const translation = translateRequest({
    conversation:
      exchange.recovery?.mode === 'continue' ? withBeginning(conversation, exchange.recovery) : conversation,
    client: exchange.protocol,
    upstream: endpoint.protocol,
    model: step.upstreamModel,
    quirks: endpoint.quirks,
    maxOutputTokens: maxOutputTokensOf(input),
    fetchMedia: (url) => fetchMedia(input, url),
  });
  const ask = (done: Translation): UpstreamAsk => {
    return { endpoint, translation: present(done), operation: undefined, dropped: done.dropped };
  };
  return translation instanceof Promise ? translation.then(ask) : ask(translation);
}

function withBeginning(conversation: ChatRequest, { sent }: StreamRecovery): ChatRequest {
  return (sent && prefilledRequest(conversation, sent)) ?? conversation;
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
  parsed: unknown,
): ReadRequest | Promise<ReadRequest> {
  const { body, facts, principal, protocol } = exchange;
  const { keeping } = findProtocol(protocol).client;
  if (keeping === undefined) {
    exchange.conversation ??= readConversation(protocol, body!, facts, parsed);
    return { conversation: exchange.conversation, present: asTranslated };
  }
  const { identity: owner } = principal;
  return storedResponses({ keeping, client: protocol, upstream: endpoint.protocol, body: body!, parsed, facts, owner });
}

const asTranslated = (translation: Translation): Translation => translation;

/** Ends with the time of the exchange: a request may name many addresses, each of which has its own. */
function fetchMedia({ deadline, exchange, lane, media }: AskInput, url: string): Promise<FetchedMedia> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  lane.whileCancellable(abort);
  const cancelTimer = atDeadline(exchange.clock, deadline, abort);
  return media.fetch(url, controller.signal).finally(cancelTimer);
}

/** Another target may speak a wire that has the words. */
function inexpressible(error: unknown): Failure {
  if (!(error instanceof GatewayError)) throw error;
  return { ...failureOf('inexpressible', error.message), error };
}
