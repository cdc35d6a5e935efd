import type { ChatRequest, MediaPart, Part, TextPart, ToolResultPart, Turn } from '../../canonical/conversation.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { isMedia, spokenAsText } from '../media-parts.ts';
import { hasUnread, withUnread } from '../unread-members.ts';
import { documentAsText, encodeDocument, encodeToolDocument, isTextDocument, type TextDocument } from './documents.ts';
import { encodeAssistant } from './encode-assistant.ts';
import { asText, imageItem, textItem } from './parts.ts';

const WIRE = 'cohere-chat';

export interface Conversation {
  readonly messages: readonly JsonObject[];
  readonly documents: readonly JsonObject[];
  /** Whether any of the documents is to be cited. */
  readonly hasCitable: boolean;
}

/**
 * The conversation as Cohere takes it. A system message may stand anywhere among the others, so text of the system and
 * the developer stays in its place. Results of tools are messages of their own, right after the calls. Documents that
 * the caller wants cited, or not cited, stand beside the messages; others are read where they stand.
 */
export function encodeConversation({ turns }: ChatRequest): Conversation {
  const documents: TextDocument[] = [];
  const messages = turns.flatMap((turn) => encodeTurn(turn, documents));
  return {
    messages,
    documents: documents.map(encodeDocument),
    hasCitable: documents.some(({ isCitable }) => isCitable === true),
  };
}

function encodeTurn(turn: Turn, documents: TextDocument[]): readonly JsonObject[] {
  const { role, parts } = turn;
  for (const part of parts) checkPart(part);
  switch (role) {
    case 'system':
    case 'developer':
      return encodeSpeech('system', parts, documents).map((message) => withUnread(message, turn, WIRE));
    case 'user': {
      const results = parts.filter((part) => part.type === 'tool-result');
      const images = results.flatMap(imagesOf);
      const rest = parts.filter((part) => part.type !== 'tool-result');
      const said = encodeSpeech('user', [...images, ...rest], documents);
      return [...results.map(encodeToolResult), ...said.map((message) => withUnread(message, turn, WIRE))];
    }
    case 'assistant': {
      const said = parts.filter(isOwnThought).map(spokenAsText);
      const message = encodeAssistant(said.filter((part) => !isMedia(part)));
      const shown = encodeSpeech('user', shownBy(said), documents);
      return [...(message ? [withUnread(message, turn, WIRE)] : []), ...shown];
    }
  }
}

/** Images that another model made: Cohere's own messages hold none, so they follow as the user's. */
function shownBy(parts: readonly Part[]): readonly MediaPart[] {
  const media = parts.filter(isMedia);
  const [first] = media;
  // The results of calls have to follow them at once.
  const hasCalls = parts.some(({ type }) => type === 'tool-call');
  const odd = hasCalls ? first : media.find((part) => part.type !== 'image' && !isTextDocument(part));
  if (odd) throw unsendable(hasCalls ? `${odd.type} beside tool calls` : odd.type, odd.path);
  return media;
}

/** What only another wire's provider understands cannot be sent. */
function checkPart(part: Part): void {
  if (part.type === 'foreign' && part.origin !== 'cohere-chat') throw unsendable(part.name, part.path);
  if (isMedia(part) && part.source.kind === 'file') throw unsendable('an uploaded file', part.path);
  if (part.type === 'tool-result') for (const item of part.content) checkPart(item);
}

function unsendable(what: string, path: string | undefined): GatewayError {
  return new GatewayError(
    'invalid_request',
    `${path ?? 'messages'}: ${what} cannot be sent to this model's provider.`,
    path === undefined ? {} : { param: path },
  );
}

/** Thinking that another provider has signed is not Cohere's own; Cohere signs nothing. */
function isOwnThought(part: Part): boolean {
  return part.type !== 'reasoning' || part.signature === undefined || part.signature.origin === 'cohere-chat';
}

function encodeSpeech(role: string, parts: readonly Part[], documents: TextDocument[]): readonly JsonObject[] {
  const said = parts.filter((part) => {
    if (!standsBeside(part)) return true;
    documents.push(part);
    return false;
  });
  const only = said.length === 1 ? said[0] : undefined;
  // A text that stands alone is the content itself, as nearly all of Cohere's examples have it.
  if (only?.type === 'text' && !hasUnread(only, WIRE)) return [{ role, content: only.text }];
  const content = said.flatMap(encodeItem);
  if (content.length > 0) return [{ role, content }];
  // A message of documents alone still has to be one: they stand beside the messages.
  return said.length < parts.length ? [{ role, content: '' }] : [];
}

/** Documents that the caller wants cited, or wants not to be. */
function standsBeside(part: Part): part is TextDocument {
  return part.type === 'document' && isTextDocument(part) && part.isCitable !== undefined;
}

function encodeItem(part: Part): readonly unknown[] {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return [withUnread(textItem(part.text), part, WIRE)];
    case 'image':
      return [imageItem(part)];
    case 'document':
      return isTextDocument(part) ? [textItem(documentAsText(part))] : [];
    case 'foreign':
      return [part.value];
    default:
      return [];
  }
}

/**
 * Cohere's results of tools hold text and documents; a document is what can be cited. Images follow in a message of
 * the user's (`imagesOf`). That a tool failed has no word here: its text says it.
 */
function encodeToolResult(result: ToolResultPart): JsonObject {
  const { callId, content, isError } = result;
  const items = content.filter(({ type }) => type !== 'image');
  const only = items.length === 1 ? items[0] : undefined;
  const isText = items.length === 0 || (only?.type === 'text' && !hasUnread(only, WIRE));
  const message = {
    role: 'tool',
    tool_call_id: callId,
    content: isText ? items.map(asText).join('') || (isError ? 'Error' : '') : items.map(encodeResultItem),
  };
  return withUnread(message, result, WIRE);
}

function encodeResultItem(item: TextPart | MediaPart): JsonObject {
  if (item.type === 'document' && isTextDocument(item)) {
    return withUnread({ type: 'document', document: encodeToolDocument(item) }, item, WIRE);
  }
  return item.type === 'text' ? withUnread(textItem(item.text), item, WIRE) : textItem(asText(item));
}

function imagesOf({ content, name, callId }: ToolResultPart): readonly Part[] {
  const images = content.filter(({ type }) => type === 'image');
  if (images.length === 0) return [];
  return [{ type: 'text', text: `Images of the result of ${name === '' ? 'call' : name} ${callId}:` }, ...images];
}
