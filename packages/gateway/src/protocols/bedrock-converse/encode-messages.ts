import { createHash } from 'node:crypto';
import type { CacheMark, ChatRequest, Part, TextPart, ToolResultPart, Turn } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { argumentObject } from '../argument-text.ts';
import { OPENING } from '../opening.ts';
import { invalidField } from '../request-fields.ts';
import { withUnread } from '../unread-members.ts';
import { DocumentNames } from './document-names.ts';
import { encodeMedia, isMediaType } from './media.ts';
import { hasCachePoints, type Model } from './model-family.ts';
import { encodeCitation, encodeReasoning } from './parts.ts';
import { WIRE } from './wire.ts';

export interface EncodedTurns {
  readonly system: readonly JsonObject[];
  readonly messages: readonly Message[];
}

export interface Message {
  readonly role: Turn['role'];
  readonly content: JsonObject[];
}

/**
 * The conversation as Converse takes it: it begins with a user's message and the roles alternate.
 *
 * System text at the head becomes `system`. Further on it keeps its place, as a user's text in tags of its own: only
 * the newest models take the role `system` within messages, and moved to the head it would come before what it is
 * about, and unmake the prompt cache. Callers of this wire who used that role know that their model takes it.
 */
export function encodeTurns({ turns, origin }: ChatRequest, model: Model): EncodedTurns {
  const encoder = new BlockEncoder({ hasCachePoints: hasCachePoints(model), isTranslated: origin !== WIRE });
  const head = turns.findIndex((turn) => !isSystem(turn));
  const systemTurns = head === -1 ? turns : turns.slice(0, head);
  const system = systemTurns.flatMap((turn) => encoder.systemBlocks(turn));
  const messages: Message[] = [];
  for (const turn of head === -1 ? [] : turns.slice(head)) {
    for (const message of encodeTurn(turn, origin, encoder)) addMessage(messages, message);
  }
  if (model.family === 'claude') trimEnd(messages);
  if (messages[0]?.role !== 'user') messages.unshift({ role: 'user', content: [{ text: OPENING }] });
  for (const { role, content } of messages) if (role === 'user') arrange(content);
  return { system, messages };
}

function isSystem({ role }: Turn): boolean {
  return role === 'system' || role === 'developer';
}

function encodeTurn(turn: Turn, origin: ChatRequest['origin'], encoder: BlockEncoder): readonly Message[] {
  const { role, parts } = turn;
  if (role === 'user') return [withUnread({ role, content: encoder.blocks(parts) }, turn, WIRE)];
  if (role === 'assistant') {
    // Assistants have no media on this wire: what a model of another made stands in the user's turn behind.
    const said = encoder.blocks(parts.filter(({ type }) => !isMediaType(type)));
    const made = encoder.blocks(parts.filter(({ type }) => isMediaType(type)));
    return [withUnread({ role, content: said }, turn, WIRE), { role: 'user', content: made }];
  }
  if (origin === WIRE) return [withUnread({ role: 'system', content: encoder.blocks(parts) }, turn, WIRE)];
  const blocks = encoder.systemBlocks(turn);
  const content = blocks.map((block) =>
    'text' in block ? { text: `<system-reminder>\n${block['text']}\n</system-reminder>` } : block,
  );
  return [{ role: 'user', content }];
}

/** Claude refuses to go on with a turn that ends in white space. */
function trimEnd(messages: readonly Message[]): void {
  const last = messages.at(-1);
  const text = last?.content.at(-1)?.['text'];
  if (last?.role !== 'assistant' || typeof text !== 'string') return;
  last.content[last.content.length - 1] = { ...last.content.at(-1), text: text.trimEnd() };
}

/** Adds a message, or its content to the message before where that has the same role. */
function addMessage(messages: Message[], message: Message): void {
  if (message.content.length === 0) return;
  const last = messages.at(-1);
  if (last?.role !== message.role) messages.push(message);
  // One by one: a call takes some hundred thousand arguments at most, and a caller may send more blocks.
  else for (const block of message.content) last.content.push(block);
}

/** Results come first, as Claude insists; a document needs a text beside it, as Converse does. */
function arrange(content: JsonObject[]): void {
  const results: JsonObject[] = [];
  const others: JsonObject[] = [];
  for (const [index, block] of content.entries()) {
    const isResult = 'toolResult' in block || ('cachePoint' in block && 'toolResult' in (content[index - 1] ?? {}));
    (isResult ? results : others).push(block);
  }
  for (const [index, block] of [...results, ...others].entries()) content[index] = block;
  if (content.some((block) => 'document' in block) && !content.some((block) => 'text' in block)) {
    content.push({ text: '(see the document)' });
  }
}

interface BlockEncoderOptions {
  readonly hasCachePoints: boolean;
  /** The conversation came on another wire. */
  readonly isTranslated: boolean;
}

class BlockEncoder {
  readonly #hasCachePoints: boolean;
  /** Names that callers of this wire chose are left alone. */
  readonly #names: DocumentNames | undefined;

  constructor({ hasCachePoints: hasPoints, isTranslated }: BlockEncoderOptions) {
    this.#hasCachePoints = hasPoints;
    this.#names = isTranslated ? new DocumentNames() : undefined;
  }

  systemBlocks({ parts }: Turn): JsonObject[] {
    return parts.flatMap((part) => {
      if (part.type === 'foreign' && part.origin === WIRE) return [part.value as JsonObject];
      if (part.type === 'text') {
        const block = textBlock(part);
        return block ? this.#marked([withUnread(block, part, WIRE)], part.cache) : [];
      }
      if (part.type === 'reasoning' || part.type === 'refusal' || part.type.startsWith('tool-')) return [];
      throw invalidField('path' in part ? (part.path ?? part.type) : part.type, 'cannot stand in a system text');
    });
  }

  blocks(parts: readonly Part[]): JsonObject[] {
    return parts.flatMap((part) => {
      const block = this.#block(part);
      return block ? this.#marked([withPartUnread(block, part)], markOf(part)) : [];
    });
  }

  #marked(blocks: JsonObject[], mark: CacheMark | undefined): JsonObject[] {
    if (mark && this.#hasCachePoints) blocks.push(cachePoint(mark));
    return blocks;
  }

  #block(part: Part): JsonObject | undefined {
    switch (part.type) {
      case 'text':
        return textBlock(part);
      case 'refusal':
        return isBlank(part.text) ? undefined : { text: part.text };
      case 'reasoning':
        // Models take back nothing but what they have signed themselves.
        return part.signature?.origin === WIRE ? encodeReasoning(part) : undefined;
      case 'tool-call': {
        const input = part.kind === 'custom' ? { input: part.arguments } : argumentObject(part.arguments);
        return { toolUse: { toolUseId: toolUseId(part.id), name: part.name, input } };
      }
      case 'tool-result':
        return this.#result(part);
      case 'foreign':
        if (part.origin === WIRE) return part.value as JsonObject;
        throw invalidField(part.path, `is ${part.name}, which this model does not know`);
      default:
        return encodeMedia(part, part.type === 'document' && this.#names ? this.#names.take(part.name) : part.name);
    }
  }

  #result({ callId, content, isError }: ToolResultPart): JsonObject {
    const blocks = content.flatMap((part) => {
      const block = this.#block(part);
      return block ? [withUnread(block, part, WIRE)] : [];
    });
    return {
      toolResult: {
        toolUseId: toolUseId(callId),
        content: blocks.length > 0 ? blocks : [{ text: '(no output)' }],
        ...(isError ? { status: 'error' } : {}),
      },
    };
  }
}

function withPartUnread(block: JsonObject, part: Part): JsonObject {
  return part.type === 'foreign' ? block : withUnread(block, part, WIRE);
}

export function cachePoint({ ttl }: CacheMark): JsonObject {
  return { cachePoint: { type: 'default', ...(ttl === '5m' || ttl === '1h' ? { ttl } : {}) } };
}

/** A mark within a result holds for the result: there is no place for one inside. */
function markOf(part: Part): CacheMark | undefined {
  if (part.type === 'tool-result') return part.cache ?? part.content.findLast(({ cache }) => cache)?.cache;
  return 'cache' in part ? part.cache : undefined;
}

/** Converse refuses a text of white space only, and told so for empty ones first. */
function isBlank(text: string): boolean {
  return text.trim() === '';
}

/** Citations of other wires say nothing to a model here; the text that they are about does. */
function textBlock({ text, citations, native }: TextPart): JsonObject | undefined {
  if (native?.origin === WIRE) return native.value as JsonObject;
  if (isBlank(text)) return undefined;
  const own = citations?.filter(({ origin }) => origin === WIRE) ?? [];
  if (own.length === 0) return { text };
  return { citationsContent: { content: [{ text }], citations: own.map(encodeCitation) } };
}

/** An id as the wire allows it: itself nearly always, else what is left of it and a hash, so that calls stay apart. */
export function toolUseId(id: string): string {
  if (/^[a-zA-Z0-9_.:-]{1,64}$/.test(id)) return id;
  const hash = createHash('sha256').update(id).digest('hex').slice(0, 16);
  return `${id.replace(/[^a-zA-Z0-9_.:-]/g, '_').slice(0, 47)}_${hash}`;
}
