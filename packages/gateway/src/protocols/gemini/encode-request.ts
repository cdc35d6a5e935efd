import type { ChatRequest, Part, ToolCallPart, ToolResultPart, Turn } from '../../canonical/conversation.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import { isObject, type JsonObject } from '../../canonical/json.ts';
import type { ProtocolName } from '../../canonical/protocol-name.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { isLost, noteDropped } from '../note-dropped.ts';
import { OPENING } from '../opening.ts';
import type { RequestContext, RequestQuirks } from '../protocol.ts';
import { invalidField } from '../request-fields.ts';
import { withUnread } from '../unread-members.ts';
import { encodeConfig } from './encode-config.ts';
import { encodeResult } from './function-responses.ts';
import { encodeMedia } from './media.ts';
import { encodeCall } from './parts.ts';
import { isMadeId } from './request-reading.ts';
import { NO_SIGNATURE } from './signatures.ts';
import { encodeToolChoice, encodeTools } from './tools.ts';
import { encodeServiceTier } from './usage.ts';
import { WIRE } from './wire.ts';

/** Writes the body for an upstream; path and query say which model, and whether the answer is to stream. */
export function encodeRequest(request: ChatRequest, context: RequestContext): Buffer {
  const { quirks } = context;
  // Other wires have a word for all of it, where this one has a list.
  const safetySettings = Array.isArray(request.safetySettings) ? request.safetySettings : undefined;
  const { system, turns } = apartFromSystem(request);
  const generationConfig = applyQuirks(encodeConfig(request), quirks);
  const hasConfig = Object.values(generationConfig).some((value) => value !== undefined);
  const body = {
    contents: new ContentWriter(request).write(turns),
    systemInstruction: system.length > 0 ? { parts: system } : undefined,
    tools: encodeTools(request.tools),
    toolConfig: encodeToolChoice(request.toolChoice, request.tools),
    safetySettings,
    generationConfig: hasConfig ? generationConfig : undefined,
    serviceTier: encodeServiceTier(request.serviceTier),
    labels: request.metadata,
  };
  noteDropped(context, { safetySettings: isLost(request.safetySettings, safetySettings) });
  return Buffer.from(writeExact(applyQuirks(body, quirks)));
}

/**
 * `systemInstruction` stands before the conversation: what opens it goes there. System text amid the conversation stays
 * in its place as the user's, so that it speaks of what it followed. A conversation must not be empty: system text that
 * is all there is stays in it.
 */
function apartFromSystem({ origin, turns }: Pick<ChatRequest, 'origin' | 'turns'>): {
  readonly system: readonly JsonObject[];
  readonly turns: readonly Turn[];
} {
  const first = turns.findIndex(({ role }) => role !== 'system' && role !== 'developer');
  if (first <= 0) return { system: [], turns };
  const system = turns.slice(0, first).flatMap(({ parts }) => parts.flatMap((part) => systemText(part, origin)));
  return { system, turns: turns.slice(first) };
}

/** `systemInstruction` holds text; what its own callers put there besides is for its provider to judge. */
function systemText(part: Part, origin: ProtocolName): readonly JsonObject[] {
  if ('native' in part && part.native?.origin === WIRE && isObject(part.native.value)) return [part.native.value];
  if (part.type === 'text') {
    return part.text === '' && origin !== WIRE ? [] : [withUnread({ text: part.text }, part, WIRE)];
  }
  if (part.type === 'foreign') return [foreignValue(part)];
  if (!('source' in part)) return [];
  const { path = 'systemInstruction', type } = part;
  throw invalidField(path, `is ${type} in a system text, which this model's API takes as words only`);
}

function applyQuirks(object: JsonObject, quirks: RequestQuirks): JsonObject {
  const { refusedMembers = [], renamedMembers } = quirks;
  if (refusedMembers.length === 0 && renamedMembers === undefined) return object;
  const entries = Object.entries(object).filter(([key]) => !refusedMembers.includes(key));
  return Object.fromEntries(entries.map(([key, value]) => [renamedMembers?.[key] ?? key, value]));
}

/** What a user is made to say where nobody said anything, or said nothing to what the model had said, which is no prefill. */
function unsaid(contents: readonly Content[], turns: readonly Turn[]): string | undefined {
  if (contents.length === 0) return OPENING;
  return contents.at(-1)!.role === 'model' && turns.at(-1)!.role !== 'assistant' ? 'Go on.' : undefined;
}

interface Content extends JsonObject {
  readonly role: 'user' | 'model';
  readonly parts: JsonObject[];
}

/** Writes `contents`: turns of users and models by turns, whatever the roles were. */
class ContentWriter {
  readonly #isOwn: boolean;
  readonly #names = new Map<string, string>();

  constructor({ origin }: ChatRequest) {
    this.#isOwn = origin === WIRE;
  }

  write(turns: readonly Turn[]): readonly JsonObject[] {
    const contents: Content[] = [];
    for (const turn of turns) {
      const role = turn.role === 'assistant' ? 'model' : 'user';
      const parts = this.#turnParts(turn);
      if (parts.length === 0) continue;
      const last = contents.at(-1);
      if (last?.role !== role) contents.push({ role, parts });
      // One by one: a call takes some hundred thousand arguments at most, and a caller may send more parts.
      else for (const part of parts) last.parts.push(part);
      if (turn.unread) contents.push(withUnread(contents.pop()!, turn, WIRE));
    }
    const text = this.#isOwn ? undefined : unsaid(contents, turns);
    return text === undefined ? contents : [...contents, { role: 'user', parts: [{ text }] }];
  }

  #turnParts(turn: Turn): JsonObject[] {
    const parts = turn.parts.flatMap((part) => this.#part(part));
    if (turn.role !== 'assistant') return parts;
    if (this.#isForeign(turn)) signFirstCall(parts);
    // Other wires have empty texts where a model only called tools.
    return parts.every(({ text }) => text === '') && !turn.parts.some(isSigned) ? [] : parts;
  }

  /** Whether another wire's model made the turn. */
  #isForeign({ parts }: Turn): boolean {
    if (!this.#isOwn) return true;
    return parts.some((part) => 'signature' in part && part.signature !== undefined && part.signature.origin !== WIRE);
  }

  #part(part: Part): readonly JsonObject[] {
    const thoughtSignature = ownSignature(part);
    if ('native' in part && part.native?.origin === WIRE && isObject(part.native.value)) return [part.native.value];
    switch (part.type) {
      case 'text':
        // Vertex AI refuses texts without words, which callers of other wires may send.
        if (part.text === '' && thoughtSignature === undefined && !this.#isOwn) return [];
        return [withUnread({ text: part.text, thoughtSignature }, part, WIRE)];
      case 'refusal':
        return [{ text: part.text }];
      case 'reasoning':
        // Thoughts of other models are text that may be read; without text and proof there is nothing to send.
        if (part.text !== '') return [withUnread({ text: part.text, thought: true, thoughtSignature }, part, WIRE)];
        return thoughtSignature === undefined ? [] : [withUnread({ thought: true, thoughtSignature }, part, WIRE)];
      case 'tool-call':
        this.#names.set(part.id, part.name);
        return [withUnread({ functionCall: encodeCall(part, sentId(part)), thoughtSignature }, part, WIRE)];
      case 'tool-result':
        return encodeResult(part, { id: sentId({ id: part.callId }), name: this.#nameOf(part) });
      case 'foreign':
        return [foreignValue(part)];
      default:
        // There is no member for what is said about a document, so it is said before it.
        return [
          ...(part.context ? [{ text: part.context }] : []),
          withUnread({ ...encodeMedia(part), thoughtSignature }, part, WIRE),
        ];
    }
  }

  #nameOf({ name, callId }: ToolResultPart): string {
    return name || (this.#names.get(callId) ?? callId);
  }
}

function isSigned(part: Part): boolean {
  return ownSignature(part) !== undefined;
}

function ownSignature(part: Part): string | undefined {
  const signature = 'signature' in part ? part.signature : undefined;
  return signature?.origin === WIRE ? signature.value : undefined;
}

function sentId({ id }: Pick<ToolCallPart, 'id'>): string | undefined {
  return isMadeId(id) ? undefined : id;
}

/** The first call of a turn must be signed; of parallel ones the others need not be. */
function signFirstCall(parts: JsonObject[]): void {
  const index = parts.findIndex((part) => part['functionCall'] !== undefined);
  const call = parts[index];
  if (call && call['thoughtSignature'] === undefined) parts[index] = { ...call, thoughtSignature: NO_SIGNATURE };
}

function foreignValue({ origin, value, name, path }: Extract<Part, { type: 'foreign' }>): JsonObject {
  if (origin === WIRE && isObject(value)) return value;
  const message = `${path} is a ${name}, which the model's API does not know.`;
  throw new GatewayError('invalid_request', message, { param: path });
}
