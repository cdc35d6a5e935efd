import type { ChatRequest } from './canonical/conversation.ts';
import { isObject, type JsonObject } from './canonical/json.ts';
import type { Exchange } from './exchange.ts';
import { parseExact } from './framing/exact-json.ts';
import { findEmbeddingWire } from './protocols/embeddings/find-embedding-wire.ts';
import { embeddingWireOf, openaiPlaced, rerankWireOf } from './protocols/operation-wires.ts';
import { findRerankWire } from './protocols/rerank/find-rerank-wire.ts';
import { findTokenCounting } from './protocols/token-counting.ts';
import { refersToOthers } from './recall-counted.ts';
import { embeddingWireAt, rerankWireAt } from './routing/operation-endpoint.ts';
import type { Target } from './routing/target.ts';
import { countingPlace, translateCount } from './translation/count-tokens.ts';
import { translateEmbeddings } from './translation/embeddings.ts';
import type { OperationTranslation } from './translation/operation-translation.ts';
import { translateRerank } from './translation/rerank.ts';

/** How a target is asked for an operation that is no chat. */
export interface OperationAsk {
  /** Where the caller's own bytes go; undefined: where OpenAI's layout has the operation. */
  readonly path: string | undefined;
  readonly credentialHeaders: readonly string[] | undefined;
  /** Undefined: the target speaks the caller's wire. */
  readonly operation: OperationTranslation | undefined;
  /** What the gateway says by itself where the target turns out to have no such operation; absent: nothing. */
  readonly standIn?: () => OperationTranslation | undefined;
}

export interface OperationAskInput {
  readonly exchange: Exchange;
  readonly target: Target;
  /** Name of the model at the target. */
  readonly upstreamModel: string | undefined;
  /** What is to be counted, where the body does not say all of it. */
  readonly recalled: ChatRequest | undefined;
}

const asItCame: OperationAsk = { path: undefined, credentialHeaders: undefined, operation: undefined };

/** Decides it. Throws GatewayError `invalid_request` for what the target's wire cannot say. */
export function operationAsk(input: OperationAskInput): OperationAsk {
  switch (input.exchange.operation) {
    case 'embeddings':
      return embeddingsAsk(input);
    case 'rerank':
      return rerankAsk(input);
    case 'count_tokens':
      return countAsk(input);
    default:
      return asItCame;
  }
}

/** Whether a target has a place, and a wire, for such an operation. */
export function offersOperation(
  { operation, protocol, tail }: Exchange,
  target: Target,
  model: string | undefined,
): boolean {
  if (operation === 'embeddings') return embeddingWireAt(target, embeddingWireOf[protocol], model) !== undefined;
  if (operation === 'rerank') return rerankWireAt(target, rerankWireOf[protocol], model) !== undefined;
  if (operation === 'count_tokens') return target.chat.length > 0;
  return target.pathOf(operation, model, tail) !== undefined;
}

function embeddingsAsk({ exchange, target, upstreamModel }: OperationAskInput): OperationAsk {
  const own = embeddingWireOf[exchange.protocol];
  const name = embeddingWireAt(target, own, upstreamModel);
  if (own === undefined || name === undefined || (name === own && openaiPlaced.has(name))) return asItCame;
  const { operations } = target;
  const client = findEmbeddingWire(own);
  const upstream = findEmbeddingWire(name);
  const model = upstreamModel ?? '';
  const body = bodyOf(exchange);
  const placeOf = (path: string) =>
    openaiPlaced.has(name) ? target.pathOf('embeddings', model, 'embeddings')! : operations.root + path;
  if (name === own && keepsBody(exchange, upstreamModel)) {
    const request = client.client!.decodeRequest(body);
    return atPath(placeOf(upstream.upstream.pathOf({ model, request })), target);
  }
  const operation = translateEmbeddings({
    body,
    client,
    upstream,
    model,
    requestedModel: exchange.requestedModel ?? model,
    id: exchange.id,
    credentialHeaders: headersFor(name, target),
    placeOf,
    members: operations.embeddingMembers,
    base64Numbers: operations.base64Numbers,
  });
  return { ...asItCame, operation };
}

function rerankAsk({ exchange, target, upstreamModel }: OperationAskInput): OperationAsk {
  const own = rerankWireOf[exchange.protocol];
  const name = rerankWireAt(target, own, upstreamModel);
  if (own === undefined || name === undefined || (name === own && openaiPlaced.has(name))) return asItCame;
  const model = upstreamModel ?? '';
  const upstream = findRerankWire(name);
  const path = openaiPlaced.has(name)
    ? target.pathOf('rerank', model, 'rerank')!
    : target.operations.root + upstream.upstream.path;
  if (name === own) return atPath(path, target);
  const operation = translateRerank({
    body: bodyOf(exchange),
    client: findRerankWire(own),
    upstream,
    model,
    requestedModel: exchange.requestedModel ?? model,
    id: exchange.id,
    credentialHeaders: headersFor(name, target),
    path,
  });
  return { ...asItCame, operation };
}

function countAsk({ exchange, recalled, target, upstreamModel: model }: OperationAskInput): OperationAsk {
  const { protocol: client } = exchange;
  const place = countingPlace(target.chat, client, model);
  const estimate = (conversation: ChatRequest) => translateCount({ conversation, client, place: undefined, model });
  const { decodeRequest } = findTokenCounting(client)!;
  if (recalled === undefined && place?.endpoint.protocol === client && keepsBody(exchange, model)) {
    const { credentialHeaders } = place.endpoint;
    const standIn = () => {
      // What lies with the target alone cannot be estimated.
      return refersToOthers(exchange) ? undefined : estimate(decodeRequest(bodyOf(exchange)));
    };
    return { path: place.path, credentialHeaders, operation: undefined, standIn };
  }
  const conversation = recalled ?? decodeRequest(bodyOf(exchange));
  const standIn = () => (conversation.previousResponseId === undefined ? estimate(conversation) : undefined);
  return { ...asItCame, operation: translateCount({ conversation, client, place, model }), standIn };
}

/** Whether the caller's bytes can go as they are, but for a name of the model that stands in the body alone. */
function keepsBody({ pathModel }: Exchange, upstreamModel: string | undefined): boolean {
  // Wires that name the model in the path repeat it within the body.
  return pathModel === undefined || pathModel === upstreamModel;
}

function atPath(path: string, target: Target): OperationAsk {
  return { path, credentialHeaders: target.operations.credentialHeaders, operation: undefined };
}

function headersFor(wire: string, { credentialHeaders, operations }: Target): readonly string[] {
  return openaiPlaced.has(wire) ? credentialHeaders : operations.credentialHeaders;
}

function bodyOf({ body }: Exchange): JsonObject {
  const value = parseExact(body?.toString('utf8') ?? '{}');
  return isObject(value) ? value : {};
}
