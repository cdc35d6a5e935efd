import type {
  CacheMark,
  MediaPart,
  Part,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../canonical/conversation.ts';
import { isObject, type JsonObject, objectsIn } from '../../canonical/json.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { argumentText } from '../argument-text.ts';
import { invalidField, RequestFields } from '../request-fields.ts';
import { unreadMembers } from '../unread-members.ts';
import { decodeMedia, isMediaType, joinTexts } from './media.ts';
import { decodeCitation, decodeReasoning, foreignBlock, isServerTool, memberOf, readPartSignature } from './parts.ts';
import { WIRE } from './wire.ts';

/** Where content stands, and what is known from before it. */
export interface ContentPlace {
  readonly path: string;
  /** Names of tools by the ids of their calls. */
  readonly names: Map<string, string>;
}

/** The content of one message, or the texts of `system`. */
export function decodeContent(items: readonly unknown[], { path, names }: ContentPlace): readonly Part[] {
  const parts: Part[] = [];
  for (const [index, item] of items.entries()) {
    const at = `${path}[${index}]`;
    if (!isObject(item)) throw invalidField(at, 'must be an object');
    const [name, value] = memberOf(item);
    if (name === 'cachePoint') markLast(parts, decodeCachePoint(RequestFields.of(value, `${at}.${name}`)));
    else if (name !== '') addPart(parts, decodeBlock(new RequestFields(item, at), { block: item, name, value, names }));
  }
  return parts;
}

export function decodeCachePoint(point: RequestFields): CacheMark {
  return { ttl: point.string('ttl') };
}

interface Block {
  readonly block: JsonObject;
  /** The block's one member. */
  readonly name: string;
  readonly value: unknown;
  readonly names: Map<string, string>;
}

function decodeBlock(holder: RequestFields, block: Block): Part {
  const part = decodeKnown(holder, block);
  return part.type === 'foreign' ? part : { ...part, ...unreadMembers(holder, WIRE) };
}

function decodeKnown(holder: RequestFields, { block, name, value, names }: Block): Part {
  const path = holder.pathOf(name);
  if (name === 'text') return { type: 'text', text: textOf(holder.value(name), path) };
  const fields = holder.object(name)!;
  if (!isObject(value)) throw invalidField(path, 'must be an object');
  if (isMediaType(name)) return decodeMedia(name, fields, value);
  switch (name) {
    case 'toolUse':
      return isServerTool(value) ? foreignBlock(block, path) : decodeToolUse(fields, names);
    case 'toolResult':
      return (isServerTool(value) ? undefined : decodeToolResult(fields, names)) ?? foreignBlock(block, path);
    case 'reasoningContent': {
      const part = decodeReasoning(value);
      readReasoning(fields);
      if (!part) throw invalidField(path, 'must have reasoningText or redactedContent');
      return part;
    }
    case 'citationsContent':
      for (const key of ['content', 'citations']) fields.value(key);
      return decodeCitations(value);
    case 'guardContent':
      return decodeGuarded(fields, block) ?? foreignBlock(block, path);
    default:
      return foreignBlock(block, path);
  }
}

function textOf(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw invalidField(path, 'must be a string');
}

function decodeToolUse(fields: RequestFields, names: Map<string, string>): ToolCallPart {
  const id = fields.requiredString('toolUseId');
  const name = fields.requiredString('name');
  names.set(id, name);
  return { type: 'tool-call', id, name, arguments: argumentText(fields.value('input')), kind: 'function' };
}

/** Reasoning is read where answers have it as well: what that reads counts as read. */
function readReasoning(fields: RequestFields): void {
  fields.value('redactedContent');
  const visible = fields.object('reasoningText');
  for (const key of ['text', 'signature']) visible?.value(key);
}

/** Undefined for what a tool result of the vocabulary cannot hold. */
function decodeToolResult(fields: RequestFields, names: Map<string, string>): ToolResultPart | undefined {
  const callId = fields.requiredString('toolUseId');
  const content: (TextPart | MediaPart)[] = [];
  for (const [index, item] of (fields.array('content') ?? []).entries()) {
    const part = decodeResultItem(item, `${fields.pathOf('content')}[${index}]`);
    if (!part) return undefined;
    content.push(part);
  }
  const isError = fields.string('status') === 'error';
  return { type: 'tool-result', callId, name: names.get(callId) ?? '', content, isError, kind: 'function' };
}

function decodeResultItem(item: unknown, path: string): TextPart | MediaPart | undefined {
  if (!isObject(item)) throw invalidField(path, 'must be an object');
  const holder = new RequestFields(item, path);
  const part = decodeKnownItem(holder, item);
  return part && { ...part, ...unreadMembers(holder, WIRE) };
}

function decodeKnownItem(holder: RequestFields, item: JsonObject): TextPart | MediaPart | undefined {
  const [name, value] = memberOf(item);
  const path = holder.pathOf(name);
  if (name === 'text') return { type: 'text', text: textOf(holder.value(name), path) };
  const native = { origin: WIRE, value: item } as const;
  // Other wires have text only; models read JSON as well there.
  if (name === 'json') return { type: 'text', text: writeExact(value), native };
  if (!isObject(value)) throw invalidField(path, 'must be an object');
  if (name === 'searchResult') return { type: 'text', text: foundText(value), native };
  return isMediaType(name) ? decodeMedia(name, holder.object(name)!, value) : undefined;
}

/** A text that rests on sources; Nova's citations that have no text of their own belong to the text before. */
export function decodeCitations(value: JsonObject): TextPart {
  const citations = objectsIn(value['citations']).map(decodeCitation);
  return { type: 'text', text: joinTexts(value['content']), ...(citations.length > 0 ? { citations } : {}) };
}

/** What a search has found, as whoever knows no such blocks can read it. */
function foundText({ title, source, content }: JsonObject): string {
  return [title, source, joinTexts(content)].filter((text) => typeof text === 'string' && text !== '').join('\n');
}

/** What a guardrail is to look at is ordinary content to whoever has none. */
function decodeGuarded(fields: RequestFields, block: JsonObject): TextPart | MediaPart | undefined {
  const native = { origin: WIRE, value: block } as const;
  const text = fields.object('text');
  if (text) return { type: 'text', text: text.requiredString('text'), native };
  const image = fields.value('image');
  if (!isObject(image)) return undefined;
  return { ...decodeMedia('image', new RequestFields(image, fields.pathOf('image')), image), native };
}

/** Adds a part, or to the part before what belongs to it. */
export function addPart(parts: Part[], part: Part): void {
  const last = parts.at(-1);
  const signature = part.type === 'reasoning' ? readPartSignature(part) : undefined;
  if (signature) {
    const canBear = (last?.type === 'text' || last?.type === 'tool-call') && !last.signature;
    // The token of a text without words, which has no block: Gemini's answers end in one.
    if (!canBear) parts.push({ type: 'text', text: '', signature });
    else parts[parts.length - 1] = { ...last, signature };
  } else if (last?.type === 'text' && part.type === 'text' && part.text === '' && part.citations) {
    parts[parts.length - 1] = { ...last, citations: [...(last.citations ?? []), ...part.citations] };
  } else parts.push(part);
}

/** A cache point marks what stands before it. */
function markLast(parts: Part[], cache: CacheMark): void {
  const last = parts.at(-1);
  if (!last || last.type === 'reasoning' || last.type === 'refusal' || last.type === 'foreign') return;
  parts[parts.length - 1] = { ...last, cache };
}
