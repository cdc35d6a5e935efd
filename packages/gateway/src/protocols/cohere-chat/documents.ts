import type { MediaPart } from '../../canonical/conversation.ts';
import { isObject, type JsonObject } from '../../canonical/json.ts';
import { parseExact, writeExact } from '../../framing/exact-json.ts';
import { invalidField, RequestFields } from '../request-fields.ts';
import { unreadMembers, withUnread } from '../unread-members.ts';
import { documentId } from './citations.ts';

/** A document of text: the only kind that Cohere knows. */
export type TextDocument = MediaPart & { readonly source: { readonly kind: 'text' } };

export function isTextDocument(part: MediaPart): part is TextDocument {
  return part.type === 'document' && part.source.kind === 'text';
}

/**
 * Reads a document: a text, or `{id, data}` where `data` is any object, or its JSON text as Cohere's own examples have
 * it. Of such an object `text` is the document and `title` its name; one without a `text` is a document in JSON.
 */
export function decodeDocument(value: unknown, path: string, isCitable: boolean | undefined): MediaPart {
  const citable = isCitable === undefined ? {} : { isCitable };
  if (typeof value === 'string') return { ...textDocument(value), ...citable, path };
  const fields = RequestFields.of(value, path);
  return { ...readDocument(fields), ...citable, path, ...unreadMembers(fields, 'cohere-chat') };
}

/** Reads a document that is an object. */
export function readDocument(fields: RequestFields): MediaPart {
  const id = fields.string('id');
  const data = decodeData(fields.value('data'), fields.pathOf('data'));
  return { ...data, ...(id === undefined ? {} : { id }), path: fields.path };
}

/** A document as Cohere takes it. `index` is its place among those of the request: its id when it has none. */
export function encodeDocument(part: TextDocument, index: number): JsonObject {
  return withUnread({ id: part.id ?? documentId(index), data: encodeData(part) }, part, 'cohere-chat');
}

/** A document of a tool's result; Cohere makes up an id that names the call when there is none. */
export function encodeToolDocument(part: TextDocument): JsonObject {
  return { ...(part.id === undefined ? {} : { id: part.id }), data: encodeData(part) };
}

/** A document in running text, for one that is only to be read where it stands and not to be cited. */
export function documentAsText({ name, context, source }: TextDocument): string {
  const title = name === undefined ? '' : ` title=${JSON.stringify(name)}`;
  const about = context === undefined ? '' : `${context}\n`;
  return `<document${title}>\n${about}${source.text}\n</document>`;
}

function decodeData(data: unknown, path: string): MediaPart {
  if (isObject(data)) return objectDocument(data);
  if (typeof data !== 'string') throw invalidField(path, 'must be an object');
  const parsed = parseObject(data);
  return parsed ? objectDocument(parsed) : textDocument(data);
}

function objectDocument(data: JsonObject): MediaPart {
  const { text, title, ...rest } = data;
  const isPlain = typeof text === 'string' && (title === undefined || typeof title === 'string');
  if (!isPlain) return jsonDocument(data);
  return {
    ...textDocument(text),
    ...(title === undefined ? {} : { name: title }),
    ...(Object.keys(rest).length === 0 ? {} : { context: writeExact(rest) }),
  };
}

function textDocument(text: string): MediaPart {
  return { type: 'document', source: { kind: 'text', mediaType: 'text/plain', text } };
}

function jsonDocument(data: JsonObject): MediaPart {
  return { type: 'document', source: { kind: 'text', mediaType: 'application/json', text: writeExact(data) } };
}

function encodeData({ source, name, context }: TextDocument): JsonObject {
  const object = source.mediaType === 'application/json' ? parseObject(source.text) : undefined;
  const about = context === undefined ? undefined : (parseObject(context) ?? { context });
  return {
    ...(name === undefined ? {} : { title: name }),
    ...(object ?? { text: source.text }),
    ...about,
  };
}

function parseObject(text: string): JsonObject | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const value = parseExact(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
