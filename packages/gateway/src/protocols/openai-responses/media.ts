import type { CacheMark, MediaPart, MediaSource } from '../../canonical/conversation.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { dataUrl, parseDataUrl, withoutSpace } from '../data-url.ts';
import { fileNameFor } from '../file-name.ts';
import { imageDetail } from '../image-detail.ts';
import { invalidField, type RequestFields } from '../request-fields.ts';
import { unreadMembers, withUnread } from '../unread-members.ts';

const WIRE = 'openai-responses';

/** The mark for the prompt cache that a content bears. */
export function cacheMark(content: RequestFields): { readonly cache?: CacheMark } {
  return content.has('prompt_cache_breakpoint') ? { cache: { ttl: undefined } } : {};
}

/** Reads `input_image`, `input_file` and `input_audio`; undefined when the content is of another type. */
export function decodeMedia(content: RequestFields): MediaPart | undefined {
  const part = decodeKnown(content);
  return part && { ...part, ...unreadMembers(content, WIRE) };
}

function decodeKnown(content: RequestFields): MediaPart | undefined {
  switch (content.string('type')) {
    case 'input_image':
      return decodeImage(content);
    case 'input_file':
      return decodeFile(content);
    case 'input_audio':
      return decodeAudio(content);
    default:
      return undefined;
  }
}

function decodeImage(content: RequestFields): MediaPart {
  const { path } = content;
  const detail = content.string('detail');
  const source = fileSource(content.string('file_id')) ?? urlSource(content.string('image_url'));
  if (!source) throw invalidField(path, 'must have an image_url or a file_id');
  return { type: 'image', source, ...(detail === undefined ? {} : { detail }), ...cacheMark(content), path };
}

function decodeFile(content: RequestFields): MediaPart {
  const { path } = content;
  const name = content.string('filename');
  const data = content.string('file_data');
  const source =
    fileSource(content.string('file_id')) ??
    urlSource(content.string('file_url')) ??
    // The service takes a `data:` URL; some callers leave out all of it but the base64.
    (data === undefined ? undefined : (dataSource(data) ?? { kind: 'data', mediaType: PDF, data: withoutSpace(data) }));
  if (!source) throw invalidField(path, 'must have file_data, a file_url or a file_id');
  return { type: 'document', source, ...(name === undefined ? {} : { name }), ...cacheMark(content), path };
}

function decodeAudio(content: RequestFields): MediaPart {
  const audio = content.object('input_audio') ?? content;
  const mediaType = `audio/${audio.string('format') ?? 'wav'}`;
  return {
    type: 'audio',
    source: { kind: 'data', mediaType, data: withoutSpace(audio.requiredString('data')) },
    path: content.path,
  };
}

function fileSource(id: string | undefined): MediaSource | undefined {
  return id === undefined ? undefined : { kind: 'file', id, origin: WIRE };
}

function urlSource(url: string | undefined): MediaSource | undefined {
  if (url === undefined) return undefined;
  return dataSource(url) ?? { kind: 'url', url, mediaType: undefined };
}

function dataSource(url: string): MediaSource | undefined {
  const found = parseDataUrl(url);
  return found && { kind: 'data', mediaType: found.mediaType ?? 'text/plain', data: found.data };
}

/** An image or a document as content of a message or of a tool's result. */
export function encodeMedia(part: MediaPart): JsonObject {
  const { type, source } = part;
  if (source.kind === 'file' && source.origin !== WIRE) throw unspeakable(part, 'was uploaded to another provider');
  if (type === 'image') return withUnread(encodeImage(part), part, WIRE);
  if (type === 'document') return withUnread(encodeDocument(part), part, WIRE);
  throw unspeakable(part, `is ${type}, which this model's API does not take`);
}

function encodeImage(part: MediaPart): JsonObject {
  // The reference requires a detail; some servers insist on it.
  const { source, detail: asked = 'auto' } = part;
  const type = 'input_image';
  const detail = asked === 'original' || asked === 'ultra_high' ? 'original' : imageDetail(asked);
  switch (source.kind) {
    case 'data':
      return { type, detail, image_url: dataUrl(source.mediaType, source.data) };
    case 'url':
      return { type, detail, image_url: source.url };
    case 'file':
      return { type, detail, file_id: source.id };
    case 'text':
      throw unspeakable(part, 'is text, not an image');
  }
}

function encodeDocument({ source, name, context }: MediaPart): JsonObject {
  const type = 'input_file';
  switch (source.kind) {
    case 'data':
      // The service refuses data without a name, and tells the kind of file by the name's ending.
      return {
        type,
        filename: name ?? fileNameFor(source.mediaType),
        file_data: dataUrl(source.mediaType, source.data),
      };
    case 'url':
      return { type, file_url: source.url };
    case 'file':
      return { type, file_id: source.id };
    case 'text':
      return { type: 'input_text', text: documentText({ name, context, text: source.text }) };
  }
}

/** A document of plain text, for a wire whose files are PDFs: the text itself, with its name. */
function documentText(document: { name: string | undefined; context: string | undefined; text: string }): string {
  const { name, context, text } = document;
  const title = name === undefined ? '' : ` title=${JSON.stringify(name)}`;
  const about = context === undefined ? '' : `${context}\n\n`;
  return `<document${title}>\n${about}${text}\n</document>`;
}

function unspeakable({ path }: MediaPart, problem: string): GatewayError {
  return new GatewayError('invalid_request', `${path ?? 'A part of the conversation'} ${problem}.`, {
    ...(path === undefined ? {} : { param: path }),
  });
}

const PDF = 'application/pdf';
