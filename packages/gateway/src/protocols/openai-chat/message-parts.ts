import type { Citation, Part, ReasoningPart, Signature, ToolCallPart } from '../../canonical/conversation.ts';
import { asObject, asString, type JsonObject, objectsIn } from '../../canonical/json.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { readAnnotation } from './citations.ts';
import { readAudio, readImage } from './media.ts';
import { type DetailReading, readDetails, readThoughtSignature } from './reasoning-details.ts';

/** Makes an id for a call that came without one. */
export type MakeId = () => string;

/** What a message of the model holds, in the order in which it was made. `content` is read by the caller. */
export function modelParts(message: JsonObject, content: readonly Part[], makeId: MakeId): Part[] {
  const details = readDetails(objectsIn(message['reasoning_details']));
  const refusal = asString(message['refusal']) ?? '';
  return [
    ...reasoningParts(message, details),
    ...markText(content, {
      signature: readThoughtSignature(message) ?? details.textSignature,
      citations: objectsIn(message['annotations']).flatMap((value) => readAnnotation(value) ?? []),
    }),
    ...(refusal === '' ? [] : [{ type: 'refusal', text: refusal } as const]),
    ...toolCalls(message, makeId).map((call) => signCall(call, details)),
    ...objectsIn(message['images']).flatMap((value) => readImage(value) ?? []),
    ...spokenParts(message),
  ];
}

/** The reasoning of a message, by whichever of the names that providers have for it. */
function reasoningParts(message: JsonObject, { parts }: DetailReading): readonly ReasoningPart[] {
  const text = asString(message['reasoning_content']) || asString(message['reasoning']) || '';
  if (parts.length === 0) return text === '' ? [] : [{ type: 'reasoning', text }];
  if (text === '' || parts.some((part) => part.text !== '')) return parts;
  const target = parts.findIndex(({ isRedacted }) => isRedacted !== true);
  if (target === -1) return [{ type: 'reasoning', text }, ...parts];
  // A client that collected a stream may have the text under one name and its signature under the other.
  return parts.map((part, index) => (index === target ? { ...part, text } : part));
}

export interface TextMarks {
  readonly signature: Signature | undefined;
  readonly citations: readonly Citation[];
}

/** Hangs what the wire says of a message's text to its last part that is text. */
export function markText(content: readonly Part[], { signature, citations }: TextMarks): readonly Part[] {
  if (signature === undefined && citations.length === 0) return content;
  const marks = { ...(signature ? { signature } : {}), ...(citations.length > 0 ? { citations } : {}) };
  const last = content.findLastIndex(({ type }) => type === 'text');
  if (last === -1) return [...content, { type: 'text', text: '', ...marks }];
  return content.map((part, index) => (index === last && part.type === 'text' ? { ...part, ...marks } : part));
}

function toolCalls(message: JsonObject, makeId: MakeId): ToolCallPart[] {
  const calls = objectsIn(message['tool_calls']).map((call) => readCall(call, makeId));
  const legacy = asObject(message['function_call']);
  if (calls.length > 0 || !legacy) return calls;
  return [readCall({ function: legacy }, makeId)];
}

/** A call of `tool_calls`: of a function, or of a custom tool, which takes any text. */
export function readCall(call: JsonObject, makeId: MakeId): ToolCallPart {
  const custom = call['type'] === 'custom' ? asObject(call['custom']) : undefined;
  const holder = custom ?? asObject(call['function']) ?? {};
  const signature = readThoughtSignature(call);
  return {
    type: 'tool-call',
    id: asString(call['id']) || makeId(),
    name: asString(holder['name']) ?? '',
    arguments: callText(custom ? holder['input'] : holder['arguments']),
    kind: custom ? 'custom' : 'function',
    ...(signature ? { signature } : {}),
  };
}

/** Arguments are JSON text; some providers and clients send the object itself. */
export function callText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : writeExact(value);
}

function signCall(call: ToolCallPart, { callSignatures }: DetailReading): ToolCallPart {
  const signature = call.signature ?? callSignatures.get(call.id);
  return signature ? { ...call, signature } : call;
}

/** A spoken answer; in earlier turns only its id is repeated. */
function spokenParts(message: JsonObject): Part[] {
  const audio = asObject(message['audio']);
  if (!audio) return [];
  const id = asString(audio['id']);
  if (audio['data'] === undefined && audio['transcript'] === undefined) {
    return id === undefined ? [] : [{ type: 'audio', source: { kind: 'file', id, origin: 'openai-chat' } }];
  }
  return [readAudio(audio)];
}
