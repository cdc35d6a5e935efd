import { isUtf8 } from 'node:buffer';
import { readFurtherModels } from './canonical/further-models.ts';
import { GatewayError } from './canonical/gateway-error.ts';
import { isObject, type JsonObject } from './canonical/json.ts';
import type { Operation } from './canonical/operation.ts';
import type { SecurityConfig } from './config/gateway-config.ts';
import { findJsonMistake, positionAt } from './config/json-syntax.ts';
import type { Exchange, RequestFacts } from './exchange.ts';
import { FormModels } from './framing/form-models.ts';
import { outlineOf } from './framing/json-outline.ts';
import { scanStructure } from './framing/json-structure.ts';
import {
  type MultipartFacts,
  multipartBoundary,
  readMultipartCount,
  readMultipartModel,
} from './framing/multipart-model.ts';
import type { InboundBody } from './inbound-body.ts';
import { ParsedBody } from './parsed-body.ts';
import { checkMessageLimits } from './policies/message-limits.ts';
import { checkRepeatedMembers } from './policies/repeated-members.ts';
import { findProtocol } from './protocols/find-protocol.ts';
import { readBodyFacts } from './protocols/openai-chat/read-facts.ts';
import { MOST_PICTURES } from './rough-tokens.ts';

/**
 * Reads what an exchange asks for: fills its facts and its body. Throws GatewayError on anything it cannot be, and returns a
 * promise only where the body has to be waited for.
 */
export type ReadRequest = (exchange: Exchange, inbound: InboundBody) => void | Promise<void>;

/** Uploads up to this size are held, so that they can be tried again elsewhere; longer ones flow through once. */
const REPLAYABLE_BYTES = 256 * 1024;

const noFacts = { model: undefined, stream: false, includeUsage: false, choices: 1 } as const;

/** Operations whose body may be a form with files. */
const uploads: ReadonlySet<Operation> = new Set(['images', 'transcription', 'proxy']);

export function createRequestReader(limits: SecurityConfig['validation']): ReadRequest {
  return function readRequest(exchange, inbound) {
    const { operation } = exchange;
    const encoding = exchange.headers['content-encoding'];
    if (operation !== 'proxy' && encoding !== undefined && encoding.toLowerCase() !== 'identity') {
      throw new GatewayError(
        'unsupported_media_type',
        `Send the body as it is, not with Content-Encoding ${encoding.slice(0, 40)}.`,
      );
    }
    const isForm = uploads.has(operation) && !isJson(inbound.contentType);
    exchange.isForm = isForm;
    if (operation === 'proxy' || isForm) return readUpload(exchange, inbound, limits.maxRequestBytes);
    if (!isJson(inbound.contentType)) {
      throw new GatewayError(
        'unsupported_media_type',
        `Send the body as application/json${inbound.contentType === '' ? '' : `, not ${inbound.contentType.slice(0, 80)}`}.`,
      );
    }
    const reading = inbound.readAll(limits.maxRequestBytes);
    return reading instanceof Promise ? readLate(exchange, reading, limits) : readBody(exchange, reading, limits);
  };
}

async function readLate(
  exchange: Exchange,
  reading: Promise<Buffer>,
  limits: SecurityConfig['validation'],
): Promise<void> {
  const waitingSince = exchange.clock.now();
  const body = await reading;
  exchange.waitedMs += exchange.clock.now() - waitingSince;
  readBody(exchange, body, limits);
}

function readBody(exchange: Exchange, body: Buffer, limits: SecurityConfig['validation']): void {
  exchange.body = body;
  const parsed = parseJson(body, limits.maxDepth);
  exchange.parsedBody = parsed;
  exchange.facts = readFacts(exchange, parsed, limits);
}

function readFacts(exchange: Exchange, parsed: ParsedBody, limits: SecurityConfig['validation']): RequestFacts {
  const { body, operation, protocol, streamAsk } = exchange;
  const { outline } = parsed;
  if (!isObject(outline)) throw new GatewayError('invalid_request', 'The request body must be a JSON object.');
  if (operation === 'chat' || operation === 'responses') {
    // No text has more characters than bytes.
    const counted = body!.length > limits.maxMessageLength ? (parsed.whole as JsonObject) : outline;
    checkMessageLimits(counted, limits);
  }
  const read =
    operation === 'chat' ? findProtocol(protocol).client.readFacts(outline) : readBodyFacts(outline, operation);
  // On some wires the path decides.
  const facts = operation !== 'chat' || streamAsk === 'body' ? read : { ...read, stream: streamAsk !== 'never' };
  const furtherModels = readFurtherModels(outline);
  return furtherModels === undefined ? facts : { ...facts, furtherModels };
}

/** A missing content type is taken for JSON, as curl's users and older clients leave it out. */
function isJson(contentType: string): boolean {
  return contentType === '' || /^application\/(?:[\w.+-]+\+)?json\b/i.test(contentType);
}

/**
 * Bytes from which long strings are left out. Smaller ones cost little to make, and without them some processes were seen to
 * collect everything over and over (ADR 24).
 */
const OUTLINE_BYTES = 256 * 1024;

/**
 * Reads JSON from outside. Throws `invalid_json` that says where it is none, and `invalid_request` where it says in two ways
 * what the gateway goes by.
 */
export function parseJson(body: Buffer, maxDepth: number): ParsedBody {
  if (!isUtf8(body)) throw new GatewayError('invalid_json', 'The body is not valid UTF-8.');
  const { isTooDeep, longStrings, members } = scanStructure(body, maxDepth);
  if (isTooDeep) throw new GatewayError('invalid_json', `The body is nested deeper than ${maxDepth} levels.`);
  // Long texts and pictures would be copied twice to be parsed, and they are what a large body is made of.
  const isLarge = body.length >= OUTLINE_BYTES && longStrings.length > 0;
  const outline = isLarge ? outlineOf(body, longStrings) : undefined;
  const text = outline ?? body.toString('utf8');
  const value = parseText(text, body);
  // A value has one member of a name, and the bytes may have more.
  if (isObject(value) && Object.keys(value).length < members) checkRepeatedMembers(body);
  return new ParsedBody(value, outline === undefined ? undefined : body);
}

function parseText(text: string, body: Buffer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new GatewayError('invalid_json', `The body is not valid JSON${placeOf(body.toString('utf8'))}.`);
  }
}

/** Where a body stops being JSON. The message of JSON.parse is not passed on: it quotes the body, mostly without a place. */
function placeOf(text: string): string {
  if (text.trim() === '') return ': it is empty';
  const position = findJsonMistake(text);
  if (position === undefined) return '';
  if (position >= text.length) return ': it ends too early';
  const { line, column } = positionAt(text, position);
  return ` at position ${position} (line ${line}, column ${column})`;
}

async function readUpload(exchange: Exchange, inbound: InboundBody, maxBytes: number): Promise<void> {
  const { head, rest } = await inbound.peek(REPLAYABLE_BYTES);
  const length = inbound.contentLength;
  if ((rest === undefined ? head.length : (length ?? 0)) > maxBytes) throw tooLarge(maxBytes);
  const boundary = exchange.operation === 'proxy' ? undefined : multipartBoundary(inbound.contentType);
  const { model, modelSpan, stream } = boundary === undefined ? noForm : readMultipartModel(boundary, head);
  const models = boundary === undefined || modelSpan === undefined ? undefined : new FormModels(boundary);
  models?.push(head);
  if (rest !== undefined) exchange.upload = { head, rest, length, maxBytes, models };
  else if (head.length > 0) exchange.body = head;
  const choices = exchange.operation === 'images' ? picturesOf(boundary, head) : 1;
  exchange.facts = { ...noFacts, choices, model, stream };
  exchange.formModel = modelSpan;
}

const noForm: MultipartFacts = { model: undefined, modelSpan: undefined, stream: false };

/** Whoever serves what is no form to us may read one, with any number in it. */
function picturesOf(boundary: string | undefined, head: Buffer): number {
  return (boundary === undefined ? undefined : readMultipartCount(boundary, head, 'n')) ?? MOST_PICTURES;
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError('payload_too_large', `The body is larger than ${maxBytes} bytes.`);
}
