import type { CacheMark, ForeignPart, MediaPart, Part, TextPart } from '../../canonical/conversation.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { documentText } from '../document-text.ts';
import { fileNameFor } from '../file-name.ts';
import { imageDetail } from '../image-detail.ts';
import { hasUnread, withUnread } from '../unread-members.ts';
import { audioFormat, urlOfSource } from './media.ts';

const WIRE = 'openai-chat';

/** A message's `content`: a plain string where it is one text, which the narrowest of providers want. */
export function encodeContent(parts: readonly Part[]): unknown {
  const [only] = parts;
  if (parts.length === 0) return '';
  if (parts.length === 1 && only?.type === 'text' && isPlain(only)) return only.text;
  // An empty text beside other parts says nothing, and some providers refuse it.
  const said = parts.filter((part) => part.type !== 'text' || part.text !== '' || !isPlain(part));
  return said.length === 0 ? '' : said.flatMap((part) => encodePart(part) ?? []);
}

function isPlain(part: TextPart): boolean {
  return part.cache === undefined && !hasUnread(part, WIRE);
}

function encodePart(part: Part): unknown {
  switch (part.type) {
    case 'text':
      return withUnread({ type: 'text', text: part.text, ...cacheControl(part.cache) }, part, WIRE);
    case 'refusal':
      return withUnread({ type: 'refusal', refusal: part.text }, part, WIRE);
    case 'foreign':
      return foreignValue(part);
    case 'image':
    case 'document':
    case 'audio':
    case 'video':
      return withUnread({ ...encodeMedia(part), ...cacheControl(part.cache) }, part, WIRE);
    default:
      return undefined;
  }
}

/** A part in the caller's own words; only its own wire knows them. */
function foreignValue({ origin, value, name, path }: ForeignPart): unknown {
  if (origin === WIRE) return value;
  const message = `${path} (${name}) cannot be passed on: only ${origin} knows it. Leave it out, or use another model.`;
  throw new GatewayError('invalid_request', message, { param: path });
}

function encodeMedia(part: MediaPart): JsonObject {
  const { type, source, detail } = part;
  if (type === 'document') return encodeDocument(part);
  if (source.kind === 'file') throw unknownFile(part);
  if (type === 'audio' && source.kind === 'data') {
    return { type: 'input_audio', input_audio: { data: source.data, format: audioFormat(source.mediaType) } };
  }
  const key = `${type}_url`;
  return {
    type: key,
    [key]: { url: urlOfSource(source), ...(detail === undefined ? {} : { detail: imageDetail(detail) }) },
  };
}

function encodeDocument(part: MediaPart): JsonObject {
  const { source, name, context } = part;
  if (source.kind === 'text') return { type: 'text', text: documentText(source.text, [name, context]) };
  if (source.kind === 'file') {
    // OpenAI keeps the same files for both of its wires.
    if (source.origin !== 'openai-chat' && source.origin !== 'openai-responses') throw unknownFile(part);
    return { type: 'file', file: { file_id: source.id } };
  }
  const filename = name ?? (source.kind === 'data' ? fileNameFor(source.mediaType) : 'document.pdf');
  return { type: 'file', file: { filename, file_data: urlOfSource(source) } };
}

function unknownFile({ path = 'messages', type }: MediaPart): GatewayError {
  const message = `${path} cannot be passed on: its ${type} lies with another provider. Send the ${type} itself.`;
  return new GatewayError('invalid_request', message, { param: path });
}

/** The text of a tool's result; what is not text goes to the caller's next message. */
export function resultText(content: readonly (TextPart | MediaPart)[]): readonly TextPart[] {
  return content.filter((part) => part.type === 'text');
}

export function cacheControl(cache: CacheMark | undefined): JsonObject {
  if (!cache) return {};
  return { cache_control: { type: 'ephemeral', ...(cache.ttl === undefined ? {} : { ttl: cache.ttl }) } };
}
