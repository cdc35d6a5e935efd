import type {
  CacheMark,
  Citation,
  ForeignPart,
  MediaPart,
  ReasoningPart,
  Signature,
  TextPart,
  ToolCallPart,
} from '../../canonical/conversation.ts';
import { asString, isObject, type JsonObject } from '../../canonical/json.ts';
import { argumentObject, argumentText } from '../argument-text.ts';
import { carrySignature, readSignature } from '../foreign-signature.ts';
import { decodeCitations } from './citations.ts';
import { toolUseId } from './tool-id.ts';
import { WIRE } from './wire.ts';

/** A part that a model can have said, as answers and streams have it. */
export type AnswerPart = TextPart | ReasoningPart | ToolCallPart | ForeignPart;

/** Reads a block of an answer: whole, or as `content_block_start` announces it. Never throws. */
export function decodeAnswerBlock(block: JsonObject, path: string): AnswerPart {
  switch (block['type']) {
    case 'text':
      return textPart(asString(block['text']) ?? '', decodeCitations(block['citations']));
    case 'thinking':
      return thinkingPart(asString(block['thinking']) ?? '', asString(block['signature']));
    case 'redacted_thinking':
      return redactedPart(asString(block['data']) ?? '');
    case 'tool_use':
      return {
        type: 'tool-call',
        id: asString(block['id']) ?? '',
        name: asString(block['name']) ?? '',
        arguments: argumentText(block['input']),
        kind: 'function',
      };
    default:
      return foreignPart(block, path);
  }
}

export function textPart(text: string, citations: readonly Citation[] | undefined): TextPart {
  return { type: 'text', text, ...(citations === undefined ? {} : { citations }) };
}

/** Thinking that may be seen. An empty signature is none: so it is announced in streams. */
export function thinkingPart(text: string, signature: string | undefined): ReasoningPart {
  const isSigned = signature !== undefined && signature !== '';
  return { type: 'reasoning', text, ...(isSigned ? { signature: readSignature(signature, WIRE) } : {}) };
}

/** Thinking that the provider has hidden whole: its cipher is all there is. */
export function redactedPart(data: string): ReasoningPart {
  return { type: 'reasoning', text: '', signature: readSignature(data, WIRE), isRedacted: true };
}

/** A block that only this wire knows. */
export function foreignPart(value: JsonObject, path: string): ForeignPart {
  return { type: 'foreign', origin: WIRE, value, name: asString(value['type']) ?? 'unknown', path };
}

export function textBlock(text: string, citations: readonly JsonObject[]): JsonObject {
  return { type: 'text', text, ...(citations.length > 0 ? { citations } : {}) };
}

export function thinkingBlock(thinking: string, signature: string): JsonObject {
  return { type: 'thinking', thinking, signature };
}

export function redactedBlock(data: string): JsonObject {
  return { type: 'redacted_thinking', data };
}

/** A call as a block. The wire has no tools that take free text: such a call's text becomes its only argument. */
export function toolUseBlock({ id, name, arguments: text, kind }: ToolCallPart): JsonObject {
  const input = kind === 'custom' ? { input: text } : argumentObject(text);
  return { type: 'tool_use', id: toolUseId(id), name, input };
}

/** What a wire of its own said of a part, for that wire. */
export function nativeBlock({ native }: TextPart | MediaPart): JsonObject | undefined {
  return native?.origin === WIRE && isObject(native.value) ? native.value : undefined;
}

export function cacheMember(cache: CacheMark | undefined): JsonObject {
  if (cache === undefined) return {};
  return { cache_control: { type: 'ephemeral', ...(cache.ttl === undefined ? {} : { ttl: cache.ttl }) } };
}

/**
 * Texts and calls have no place for a token on this wire, though other wires' providers want theirs back with them
 * (Gemini's thought signatures). It travels in a block of its own behind the part: `redacted_thinking`, which clients
 * give back unseen. This prefix tells it from hidden thinking.
 */
const TRAILING = 'gw-part:';

/** The block that carries the token of the part before it. */
export function trailingSignatureBlock(signature: Signature): JsonObject {
  return redactedBlock(TRAILING + carrySignature(signature, WIRE));
}

/** The token for the part before, if that is what a hidden block carries. */
export function readTrailingSignature(data: string): Signature | undefined {
  return data.startsWith(TRAILING) ? readSignature(data.slice(TRAILING.length), WIRE) : undefined;
}
