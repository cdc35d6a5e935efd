import type { ChatRequest } from '../canonical/conversation.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import { isObject } from '../canonical/json.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import { parseExact } from '../framing/exact-json.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import type { ChatFacts, Protocol, RequestQuirks } from '../protocols/protocol.ts';
import { fitRequest } from './fit-request.ts';
import { type FetchMedia, inlineMedia, needsInlining } from './inline-media.ts';

/** One request on its way to an upstream of another wire. */
export interface Translation {
  readonly client: Protocol;
  readonly upstream: Protocol;
  /** As the upstream's wire can say it. */
  readonly request: ChatRequest;
  readonly body: Buffer;
  /** What was left out, as the caller calls it. */
  readonly dropped: readonly string[];
}

/** Output tokens asked for on a wire that insists on a number when the caller gave none. */
const DEFAULT_MAX_OUTPUT_TOKENS = 8_192;

/** Reads a caller's whole request. Throws GatewayError `invalid_request`. */
export function readConversation(protocol: ProtocolName, body: Buffer, facts: ChatFacts): ChatRequest {
  const value = parseExact(body.toString('utf8'));
  if (!isObject(value)) throw new GatewayError('invalid_request', 'The request body must be a JSON object.');
  return findProtocol(protocol).client.decodeRequest(value, facts);
}

export interface TranslationInput {
  readonly conversation: ChatRequest;
  readonly client: ProtocolName;
  readonly upstream: ProtocolName;
  /** Name of the model at the target. */
  readonly model: string | undefined;
  readonly quirks: RequestQuirks;
  readonly fetchMedia: FetchMedia;
}

/**
 * Writes a request for an upstream of another wire; a promise where something has to be fetched first. Throws
 * GatewayError `invalid_request` for what the wire cannot say.
 */
export function translateRequest(input: TranslationInput): Translation | Promise<Translation> {
  const client = findProtocol(input.client);
  const upstream = findProtocol(input.upstream);
  const { request, dropped } = fitRequest(input.conversation, client, upstream);
  const write = (fitted: ChatRequest): Translation => {
    const { model, quirks } = input;
    const context = { model, quirks, defaultMaxOutputTokens: DEFAULT_MAX_OUTPUT_TOKENS };
    const body = upstream.upstream.encodeRequest(fitted, context);
    return { client, upstream, request: fitted, body, dropped };
  };
  if (!needsInlining(request, upstream)) return write(request);
  return inlineMedia(request, upstream, input.fetchMedia).then(write);
}
