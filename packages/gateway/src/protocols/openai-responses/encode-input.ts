import type {
  ChatRequest,
  ForeignPart,
  MediaPart,
  Part,
  RefusalPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
  Turn,
} from '../../canonical/conversation.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { JsonObject } from '../../canonical/json.ts';
import type { RequestQuirks } from '../protocol.ts';
import { hasUnread, withMembers, withUnread } from '../unread-members.ts';
import { lacksWordJson, WISH_FOR_JSON } from '../word-json.ts';
import { encodeAnnotations } from './annotations.ts';
import { boundedId } from './ids.ts';
import { encodeCall, encodeReasoning, encodeRefusal } from './items.ts';
import { encodeMedia } from './media.ts';

const WIRE = 'openai-responses';

/** `instructions`, where the caller gave them so. Other system turns are items, which can stand anywhere. */
export function encodeInstructions({ turns }: ChatRequest): string | undefined {
  const texts = turns.filter(isInstructions).map(plainText);
  return texts.length > 0 ? texts.join('\n\n') : undefined;
}

function isInstructions({ isInstructions = false, parts }: Turn): boolean {
  return isInstructions && parts.every(({ type }) => type === 'text');
}

function plainText({ parts }: Turn): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n\n');
}

/** The conversation as items; system and developer turns keep their place. */
export function encodeInput(request: ChatRequest, quirks: RequestQuirks): JsonObject[] {
  const writer = new ItemWriter(request.origin === WIRE);
  for (const turn of request.turns) {
    if (isInstructions(turn)) continue;
    const { role } = turn;
    for (const part of turn.parts)
      writer.add(part, role === 'developer' && quirks.refusesDeveloperRole ? 'system' : role);
    writer.endMessage();
  }
  const { items } = writer;
  const isWordless = request.origin !== WIRE && lacksWordJson(request);
  return isWordless ? [...items, message('developer', WISH_FOR_JSON)] : items;
}

type ContentPart = TextPart | RefusalPart | MediaPart;

class ItemWriter {
  readonly items: JsonObject[] = [];
  readonly #isOwn: boolean;
  /** Parts of the message that is being written. */
  #content: ContentPart[] = [];
  #role: string = '';

  constructor(isOwn: boolean) {
    this.#isOwn = isOwn;
  }

  add(part: Part, role: string): void {
    switch (part.type) {
      case 'text':
      case 'refusal':
        this.#say(part, role);
        return;
      case 'image':
      case 'document':
      case 'audio':
      case 'video':
        // The assistant's messages hold text only: what else it made is shown to it again.
        this.#say(part, role === 'assistant' ? 'user' : role);
        return;
      default:
        this.endMessage();
        this.items.push(...this.#item(part));
    }
  }

  endMessage(): void {
    const [first] = this.#content;
    if (first === undefined) return;
    const written = message(this.#role, encodeContent(this.#content, this.#role));
    const { unread } = first;
    this.items.push(unread?.origin === WIRE ? withMembers(written, unread.ofMessage ?? []) : written);
    this.#content = [];
  }

  #say(part: ContentPart, role: string): void {
    if (role !== this.#role) this.endMessage();
    this.#role = role;
    this.#content.push(part);
  }

  #item(part: Exclude<Part, ContentPart>): JsonObject[] {
    switch (part.type) {
      case 'tool-call':
        return [encodeRequestCall(part)];
      case 'tool-result':
        return [encodeResult(part)];
      case 'foreign':
        return [encodeForeign(part)];
      case 'reasoning': {
        // Reasoning without this wire's cipher, or an id that the provider gave, would be refused.
        const { signature, id } = part;
        const isProven = signature === undefined ? this.#isOwn && id !== undefined : signature.origin === WIRE;
        const item = { ...(id === undefined ? {} : { id }), ...encodeReasoning(part) };
        return isProven ? [withUnread(item, part, WIRE)] : [];
      }
    }
  }
}

function message(role: string, content: unknown): JsonObject {
  return { type: 'message', role, content };
}

/** Text alone is written as a string, which every server of this wire takes. */
function encodeContent(parts: readonly ContentPart[], role: string): string | JsonObject[] {
  const [first] = parts;
  const isPlain = parts.length === 1 && first?.type === 'text' && !first.citations?.length;
  if (isPlain && !hasUnread(first, WIRE)) return first.text;
  return parts.map((part) => {
    if (part.type === 'refusal') return withUnread(encodeRefusal(part), part, WIRE);
    if (part.type !== 'text') return encodeMedia(part);
    if (role !== 'assistant') return inputText(part);
    const annotations = encodeAnnotations(part.citations, part.text);
    const text = { type: 'output_text', text: part.text, ...(annotations.length > 0 ? { annotations } : {}) };
    return withUnread(text, part, WIRE);
  });
}

function inputText(part: TextPart): JsonObject {
  return withUnread({ type: 'input_text', text: part.text }, part, WIRE);
}

function encodeRequestCall(part: ToolCallPart): JsonObject {
  const isEmpty = part.kind === 'function' && part.arguments === '';
  const call = encodeCall({ ...part, id: boundedId(part.id), ...(isEmpty ? { arguments: '{}' } : {}) });
  return withUnread(call, part, WIRE);
}

/** The wire has no word for a failed call: what the tool said tells it. */
function encodeResult(part: ToolResultPart): JsonObject {
  const { callId, content, kind, isError } = part;
  const item = {
    type: kind === 'custom' ? 'custom_tool_call_output' : 'function_call_output',
    call_id: boundedId(callId),
    output: encodeOutput(content) || (isError ? 'Error' : ''),
  };
  return withUnread(item, part, WIRE);
}

function encodeOutput(content: ToolResultPart['content']): string | JsonObject[] {
  const [first] = content;
  if (first === undefined) return '';
  if (content.length === 1 && first.type === 'text' && !hasUnread(first, WIRE)) return first.text;
  return content.map((part) => (part.type === 'text' ? inputText(part) : encodeMedia(part)));
}

function encodeForeign({ origin, value, name, path }: ForeignPart): JsonObject {
  if (origin === WIRE) return value as JsonObject;
  throw new GatewayError('invalid_request', `This model's API has no words for ${name} (${path}).`, { param: path });
}
