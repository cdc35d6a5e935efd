import type { MediaPart, Part, TextPart, ToolCallPart, ToolResultPart, Turn } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { invalidField, type RequestFields } from '../request-fields.ts';
import { unreadMembers } from '../unread-members.ts';
import { cacheMark, decodeContent } from './content-parts.ts';
import { modelParts } from './message-parts.ts';

const WIRE = 'openai-chat';

/** The turns of a request's `messages`. */
export function decodeMessages(body: RequestFields): Turn[] {
  const reader = new MessageReader();
  for (const message of body.objects('messages')) reader.read(message);
  return reader.turns;
}

class MessageReader {
  readonly turns: Turn[] = [];
  readonly #calls = new Map<string, ToolCallPart>();
  /** Calls of the model's last turn that no result has come for, by their ids. */
  #unanswered = new Map<string, ToolCallPart>();
  /** Results that follow each other are one turn. */
  #results: ToolResultPart[] | undefined;

  read(message: RequestFields): void {
    const role = message.requiredString('role');
    if (role === 'tool' || role === 'function') {
      this.#addResult(message);
      return;
    }
    this.#results = undefined;
    const name = message.string('name');
    const named = name === undefined ? {} : { name };
    switch (role) {
      case 'system':
      case 'developer':
      case 'user':
        this.turns.push({ role, parts: decodeContent(message), ...named, ...unreadMembers(message, WIRE) });
        return;
      case 'assistant':
        this.turns.push({ role, parts: this.#assistantParts(message), ...named, ...unreadMembers(message, WIRE) });
        return;
      default:
        throw invalidField(message.pathOf('role'), 'must be system, developer, user, assistant or tool');
    }
  }

  #assistantParts(message: RequestFields): readonly Part[] {
    // An empty text beside a call, which many clients send, says nothing; alone it is the turn.
    const content = decodeContent(message).filter((part) => part.type !== 'text' || part.text !== '');
    const unread = message.objects('tool_calls').map(readCall);
    let made = 0;
    const makeId = () => `call_${this.turns.length}_${this.#calls.size + made++}`;
    let place = 0;
    const parts = modelParts(plain(message), content, makeId).map((part) => {
      if (part.type === 'tool-call') return { ...part, ...unread[place++] };
      return 'source' in part && part.path === undefined ? { ...part, path: message.pathOf(part.type) } : part;
    });
    this.#unanswered = new Map();
    for (const part of parts) {
      if (part.type !== 'tool-call') continue;
      this.#unanswered.set(part.id, part);
      this.#calls.set(part.id, part);
    }
    return parts;
  }

  #addResult(message: RequestFields): void {
    const result = this.#result(message);
    if (this.#results) this.#results.push(result);
    else {
      this.#results = [result];
      this.turns.push({ role: 'user', parts: this.#results });
    }
  }

  #result(message: RequestFields): ToolResultPart {
    const name = message.string('name');
    const content = decodeContent(message).map((part) => asResultContent(part, message));
    const callId = message.string('tool_call_id') || this.#nextCall(message, name);
    this.#unanswered.delete(callId);
    const call = this.#calls.get(callId);
    return {
      type: 'tool-result',
      callId,
      name: name ?? call?.name ?? '',
      content,
      isError: false,
      kind: call?.kind ?? 'function',
      ...cacheMark(message),
      ...unreadMembers(message, WIRE),
    };
  }

  /** Results of old functions have no id, and Z.AI takes others without one: the first call without a result is meant. */
  #nextCall(message: RequestFields, name: string | undefined): string {
    let first: ToolCallPart | undefined;
    for (const call of this.#unanswered.values()) {
      if (call.name === name) return call.id;
      first ??= call;
    }
    if (!first) throw invalidField(message.pathOf('tool_call_id'), 'is required');
    return first.id;
  }
}

/** What a tool gave: text and media; anything else has no place in a result on any wire. */
function asResultContent(part: Part, message: RequestFields): TextPart | MediaPart {
  switch (part.type) {
    case 'text':
    case 'image':
    case 'document':
    case 'audio':
    case 'video':
      return part;
    default:
      throw invalidField(message.pathOf('content'), 'must hold text, images or files only');
  }
}

/** Checks a call, and tells what the vocabulary has no word for in it. */
function readCall(call: RequestFields) {
  const holder = call.object('custom') ?? call.object('function');
  if (!holder) throw invalidField(call.pathOf('function'), 'is required');
  holder.requiredString('name');
  for (const key of ['arguments', 'input']) holder.value(key);
  for (const key of ['id', 'type', 'extra_content']) call.value(key);
  return unreadMembers(call, WIRE);
}

/** The members of a message that every provider spells differently, read without a complaint about any. */
function plain(message: RequestFields): JsonObject {
  return Object.fromEntries(modelMembers.map((key) => [key, message.value(key)]));
}

const modelMembers = [
  'reasoning_details',
  'reasoning_content',
  'reasoning',
  'refusal',
  'tool_calls',
  'function_call',
  'images',
  'audio',
  'annotations',
  'extra_content',
] as const;
