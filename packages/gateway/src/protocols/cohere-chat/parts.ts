import type {
  MediaPart,
  MediaSource,
  Part,
  ReasoningPart,
  TextPart,
  ToolCallPart,
} from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { callInput } from '../argument-text.ts';
import { dataUrl, decodeImageUrl } from '../data-url.ts';
import { imageDetail } from '../image-detail.ts';
import { RequestFields } from '../request-fields.ts';
import { unreadMembers, withUnread } from '../unread-members.ts';
import { decodeDocument, documentAsText, isTextDocument, readDocument } from './documents.ts';

const WIRE = 'cohere-chat';

/** One item of a message's content. */
export function decodeContentPart(value: unknown, path: string): Part {
  const fields = RequestFields.of(value, path);
  const part = decodeKnown(value, fields);
  return part.type === 'foreign' ? part : { ...part, ...unreadMembers(fields, WIRE) };
}

function decodeKnown(value: unknown, fields: RequestFields): Part {
  const type = fields.requiredString('type');
  switch (type) {
    case 'text':
      return { type: 'text', text: fields.requiredString('text') };
    case 'thinking':
      return { type: 'reasoning', text: fields.requiredString('thinking') };
    case 'image_url':
      return decodeImage(fields);
    case 'document':
      return decodeHeldDocument(fields);
    default:
      return { type: 'foreign', origin: WIRE, value, name: type, path: fields.path };
  }
}

/** A document that stands in the content. */
function decodeHeldDocument(fields: RequestFields): MediaPart {
  const value = fields.value('document');
  const path = fields.pathOf('document');
  const held = typeof value === 'string' ? undefined : fields.object('document');
  return held ? readDocument(held) : decodeDocument(value, path, undefined);
}

export function textItem(text: string): JsonObject {
  return { type: 'text', text };
}

export function thinkingItem(part: ReasoningPart): JsonObject {
  return withUnread({ type: 'thinking', thinking: part.text }, part, WIRE);
}

export function imageItem(part: MediaPart): JsonObject {
  const { source, detail } = part;
  const image = { url: urlOf(source), ...(detail === undefined ? {} : { detail: imageDetail(detail) }) };
  return withUnread({ type: 'image_url', image_url: image }, part, WIRE);
}

/** Text and documents as one text, where only text can stand. */
export function asText(part: TextPart | MediaPart): string {
  if (part.type === 'text') return part.text;
  return isTextDocument(part) ? documentAsText(part) : '';
}

/** A call. The wire's tools take JSON only: free text becomes the only argument. */
export function toolCallItem(call: ToolCallPart): JsonObject {
  const { id, name, kind, arguments: text } = call;
  const json = kind === 'custom' ? JSON.stringify(callInput(call)) : text;
  return withUnread({ id, type: 'function', function: { name, arguments: json } }, call, WIRE);
}

function decodeImage(fields: RequestFields): MediaPart {
  const value = fields.value('image_url');
  const path = fields.pathOf('image_url');
  const held = typeof value === 'string' ? new RequestFields({ url: value }, path) : fields.object('image_url');
  const image = held ?? RequestFields.of(value, path);
  const url = image.requiredString('url');
  const detail = image.string('detail');
  const source = decodeImageUrl(url, image.pathOf('url'));
  return { type: 'image', source, ...(detail === undefined ? {} : { detail }), path: fields.path };
}

function urlOf(source: MediaSource): string {
  switch (source.kind) {
    case 'data':
      return dataUrl(source.mediaType, source.data);
    case 'url':
      return source.url;
    default:
      return '';
  }
}
