import type { MediaPart, Part, Signature, ToolCallPart } from '../../canonical/conversation.ts';
import { asString, isObject, type JsonObject } from '../../canonical/json.ts';
import { argumentText, callInput } from '../argument-text.ts';
import { encodeMedia, inlineMedia } from './media.ts';
import { readCarried, UNSIGNED, writeSignature } from './signatures.ts';
import { WIRE } from './wire.ts';

/** A part of an answer; undefined where it cannot be written on this wire. Results of tools are never in one. */
export function encodeAnswerPart(part: Part): JsonObject | undefined {
  switch (part.type) {
    case 'text':
      return { text: part.text, thoughtSignature: carried(part.signature) };
    case 'refusal':
      return { text: part.text };
    case 'reasoning':
      return {
        text: part.text,
        thought: true,
        thoughtSignature: part.signature && writeSignature(part.signature, part),
      };
    case 'tool-call':
      return { functionCall: encodeCall(part, part.id), thoughtSignature: carried(part.signature) };
    case 'tool-result':
      return undefined;
    case 'foreign':
      return part.origin === WIRE && isObject(part.value) ? part.value : undefined;
    default:
      // A file of another provider's is nothing that a client of this wire could fetch.
      if (part.source.kind === 'file' && part.source.origin !== WIRE) return undefined;
      return { ...encodeMedia(part), thoughtSignature: carried(part.signature) };
  }
}

/** The first call of an answer, which tells clients when it is not signed. */
export function encodeFirstCall(call: ToolCallPart): JsonObject | undefined {
  return encodeAnswerPart({ signature: UNSIGNED, ...call });
}

function carried(signature: Signature | undefined): string | undefined {
  return signature && writeSignature(signature);
}

/** A call's `functionCall`. */
export function encodeCall(call: ToolCallPart, id: string | undefined): JsonObject {
  return { id, name: call.name, args: callInput(call) };
}

/** The signature of a part of an upstream's answer. */
export function signatureOf(part: JsonObject): Signature | undefined {
  const value = asString(part['thoughtSignature']);
  const signature = value === undefined ? undefined : readCarried(value).signature;
  return signature?.value === '' ? undefined : signature;
}

/** A call's JSON text, out of its `functionCall`. */
export function callArguments(call: JsonObject): string {
  return argumentText(call['args']);
}

/** What a part of an upstream's answer is called, for messages, where it is no part of the vocabulary. */
export function foreignName(part: JsonObject): string {
  return Object.keys(part).find((key) => !beside.has(key)) ?? 'part';
}

/** Members that say something about a part; it is what its other member says. */
const beside = new Set([
  'thought',
  'thoughtSignature',
  'thought_signature',
  'videoMetadata',
  'video_metadata',
  'partMetadata',
  'part_metadata',
  'mediaResolution',
  'media_resolution',
]);

/** A medium in an upstream's answer; undefined where the part is none, or a draft that belongs to its thoughts. */
export function answerMedia(part: JsonObject): MediaPart | undefined {
  const blob = part['inlineData'];
  if (!isObject(blob) || part['thought'] === true) return undefined;
  const mediaType = asString(blob['mimeType']);
  const data = asString(blob['data']);
  if (mediaType === undefined || data === undefined) return undefined;
  const signature = signatureOf(part);
  return inlineMedia(mediaType, data, signature ? { signature } : {});
}
