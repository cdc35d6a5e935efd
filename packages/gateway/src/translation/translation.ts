import type { ChatRequest } from '../canonical/conversation.ts';
import type { Feature } from '../canonical/features.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import { isObject, type JsonObject } from '../canonical/json.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import { exactValue, parseExact } from '../framing/exact-json.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import type { ChatFacts, Protocol, RequestQuirks } from '../protocols/protocol.ts';
import { fitRequest, nameOf } from './fit-request.ts';
import { type FetchMedia, inlineMedia, needsInlining } from './inline-media.ts';
import { noteOwnMembers, withOwnMembers } from './own-members.ts';
import { fitToolNames, givingNamesBack } from './tool-names.ts';

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

/**
 * Reads a caller's whole request. `parsed` is what JSON.parse made of the body, where that was done before. Throws
 * GatewayError `invalid_request`.
 */
export function readConversation(
  protocol: ProtocolName,
  body: Buffer,
  facts: ChatFacts,
  parsed?: unknown,
): ChatRequest {
  const value = readBody(body, parsed);
  return noteOwnMembers(findProtocol(protocol).client.decodeRequest(value, facts), value);
}

/** A body's JSON object. Throws GatewayError `invalid_request` when it is none. */
export function readBody(body: Buffer, parsed?: unknown): JsonObject {
  const text = body.toString('utf8');
  const value = parsed === undefined ? parseExact(text) : exactValue(text, parsed);
  if (isObject(value)) return value;
  throw new GatewayError('invalid_request', 'The request body must be a JSON object.');
}

export interface TranslationInput {
  readonly conversation: ChatRequest;
  readonly client: ProtocolName;
  readonly upstream: ProtocolName;
  /** Name of the model at the target. */
  readonly model: string | undefined;
  readonly quirks: RequestQuirks;
  /** Tokens that the model can answer with at most; undefined where that is not known. */
  readonly maxOutputTokens: number | undefined;
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
    const { model, quirks, maxOutputTokens = DEFAULT_MAX_OUTPUT_TOKENS } = input;
    const defaultMaxOutputTokens = Math.min(DEFAULT_MAX_OUTPUT_TOKENS, maxOutputTokens);
    const told = [...dropped];
    const noteDropped = (feature: Feature) => told.push(nameOf(feature, client));
    const context = { model, quirks, defaultMaxOutputTokens, noteDropped };
    const { ownMembers } = fitted;
    const isOwn = client.name === upstream.name;
    // Names on their own wire are for its upstream to judge.
    const names = isOwn ? undefined : fitToolNames(fitted, upstream.upstream.toolNames);
    const encoded = upstream.upstream.encodeRequest(names ? names.inRequest(fitted) : fitted, context);
    const body = isOwn && ownMembers ? withOwnMembers(encoded, ownMembers) : encoded;
    return {
      client,
      upstream: names ? givingNamesBack(upstream, names) : upstream,
      request: fitted,
      body,
      dropped: told,
    };
  };
  if (!needsInlining(request, upstream)) return write(request);
  return inlineMedia(request, upstream, input.fetchMedia).then(write);
}
