import type { Citation, ForeignPart, ReasoningPart, Signature } from '../../canonical/conversation.ts';
import { asCount, asObject, asString, isObject, type JsonObject } from '../../canonical/json.ts';
import { carrySignature, readSignature, UNSIGNED } from '../foreign-signature.ts';
import { joinTexts } from './media.ts';
import { WIRE } from './wire.ts';

/** What blocks of requests, of answers and of streams have in common. */

/** A `reasoningContent` block; undefined when there is nothing in it. */
export function decodeReasoning(value: unknown): ReasoningPart | undefined {
  const reasoning = asObject(value);
  const redacted = asString(reasoning?.['redactedContent']);
  if (redacted !== undefined)
    return { type: 'reasoning', text: '', isRedacted: true, signature: readRedacted(redacted) };
  const visible = asObject(reasoning?.['reasoningText']);
  if (!visible) return undefined;
  const signature = asString(visible['signature']);
  return {
    type: 'reasoning',
    text: asString(visible['text']) ?? '',
    ...(signature === undefined || signature === UNSIGNED ? {} : { signature: readSignature(signature, WIRE) }),
  };
}

/** The block for a client, who gets other wires' signatures carried in the place of its own. */
export function encodeReasoning({ text, signature, isRedacted }: ReasoningPart): JsonObject | undefined {
  if (isRedacted === true) {
    return signature && { reasoningContent: { redactedContent: carryRedacted(signature) } };
  }
  if (text === '' && signature === undefined) return undefined;
  const proof = signature === undefined ? UNSIGNED : carrySignature(signature, WIRE);
  return { reasoningContent: { reasoningText: { text, signature: proof } } };
}

/** Redacted reasoning is a blob, so what its clients get must be base64. */
export function carryRedacted(signature: Signature): string {
  if (signature.origin === WIRE) return signature.value;
  return Buffer.from(carrySignature(signature, WIRE)).toString('base64');
}

/** How base64 of a carried signature begins: `gw-sig`. */
export const CARRIED = 'Z3ctc2ln';

export function readRedacted(blob: string): Signature {
  if (blob.startsWith(CARRIED)) {
    const signature = readSignature(Buffer.from(blob, 'base64').toString('utf8'), WIRE);
    if (signature.origin !== WIRE) return signature;
  }
  return { origin: WIRE, value: blob };
}

/**
 * A signature that another wire has on a text or a call, which Bedrock's blocks have no place for: it follows its part
 * as a reasoning without text. Clients send reasoning back as it is, and so it finds its part again.
 */
const ON_PART = 'gw-part:';

export function carryPartSignature(signature: Signature): string {
  return ON_PART + carrySignature(signature, WIRE);
}

/** The signature that belongs to the part before; undefined when the part is a reasoning of its own. */
export function readPartSignature({ text, signature }: ReasoningPart): Signature | undefined {
  if (text !== '' || signature?.origin !== WIRE || !signature.value.startsWith(ON_PART)) return undefined;
  return readSignature(signature.value.slice(ON_PART.length), WIRE);
}

/** One citation of a `citationsContent` block or of a stream. Its places are those in the source, not in the answer. */
export function decodeCitation(raw: JsonObject): Citation {
  const location = asObject(raw['location']);
  const place = location && Object.values(location).find(isObject);
  const source = asString(raw['source']);
  const url = asString(place?.['url']) ?? (source !== undefined && /^https?:/.test(source) ? source : undefined);
  const title = asString(raw['title']);
  const quote = joinTexts(raw['sourceContent']);
  const documentIndex = asCount(place?.['documentIndex']);
  return {
    ...(url === undefined ? {} : { url }),
    ...(title === undefined ? {} : { title }),
    ...(quote === '' ? {} : { quote }),
    ...(documentIndex === undefined ? {} : { documentIndex }),
    origin: WIRE,
    raw,
  };
}

export function encodeCitation({ url, title, quote, documentIndex, origin, raw }: Citation): JsonObject {
  if (origin === WIRE && isObject(raw)) return raw;
  const location = url === undefined ? documentLocation(documentIndex) : { web: { url, ...domainOf(url) } };
  return {
    ...(title === undefined ? {} : { title }),
    ...(quote === undefined ? {} : { sourceContent: [{ text: quote }] }),
    ...(location === undefined ? {} : { location }),
  };
}

function documentLocation(documentIndex: number | undefined): JsonObject | undefined {
  // Where in the document is not known; its chunk is the least that such a location says.
  return documentIndex === undefined ? undefined : { documentChunk: { documentIndex } };
}

function domainOf(url: string): { domain?: string } {
  const domain = /^https?:\/\/([^/?#]+)/.exec(url)?.[1];
  return domain === undefined ? {} : { domain };
}

/** Where blocks of an answer stand; which of them, nobody asks. */
export const ANSWER_PATH = 'output.message.content';

/** A block that only this wire knows, kept whole. */
export function foreignBlock(block: JsonObject, path: string): ForeignPart {
  return { type: 'foreign', origin: WIRE, value: block, name: Object.keys(block)[0] ?? 'block', path };
}

/** The one member of a block, which is a union: its name and its value. */
export function memberOf(block: JsonObject): readonly [name: string, value: unknown] {
  for (const name of Object.keys(block)) {
    // Clients of some languages send unset members as null.
    if (block[name] !== null && block[name] !== undefined) return [name, block[name]];
  }
  return ['', undefined];
}

/** A tool that the provider runs, or what it found: `type` tells it from the caller's own. */
export function isServerTool(value: JsonObject): boolean {
  return typeof value['type'] === 'string' && value['type'] !== 'tool_use';
}
