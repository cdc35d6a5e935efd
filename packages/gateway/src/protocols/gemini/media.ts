import type { MediaPart, MediaSource } from '../../canonical/conversation.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { WIRE } from './wire.ts';

/** What is known of a part beside what it shows. */
export type MediaExtra = Pick<MediaPart, 'path' | 'detail' | 'signature'>;

/** Bytes in the body: an image, a sound, a film, or else a document, by their type. */
export function inlineMedia(mediaType: string, data: string, extra: MediaExtra): MediaPart {
  return { type: mediaKind(mediaType), source: { kind: 'data', mediaType, data }, ...extra };
}

/** What is named by its address. */
export function fileMedia(uri: string, mediaType: string | undefined, extra: MediaExtra): MediaPart {
  const type = mediaType === undefined && VIDEO_SITE.test(uri) ? 'video' : mediaKind(mediaType ?? '');
  return { type, source: fileSource(uri, mediaType), ...extra };
}

const VIDEO_SITE = /^https?:\/\/(?:www\.|m\.)?(?:youtube\.com|youtu\.be)\//;
/** Where files lie that were uploaded with the Files API. */
const FILE_STORE = /^https:\/\/generativelanguage\.googleapis\.com\//;

/** Google's own places (uploads, Cloud Storage, videos) mean nothing to anyone else; the rest anyone can fetch. */
function fileSource(uri: string, mediaType: string | undefined): MediaSource {
  if (/^https?:\/\//.test(uri) && !VIDEO_SITE.test(uri) && !FILE_STORE.test(uri)) {
    return { kind: 'url', url: uri, mediaType };
  }
  return { kind: 'file', id: uri, origin: WIRE, ...(mediaType === undefined ? {} : { mediaType }) };
}

function mediaKind(mediaType: string): MediaPart['type'] {
  const [kind] = mediaType.split('/', 1);
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'document';
}

/** A part that shows something. */
export function encodeMedia({ source, path = '' }: MediaPart): JsonObject {
  switch (source.kind) {
    case 'data':
      return { inlineData: { mimeType: takenType(source.mediaType), data: source.data } };
    case 'text': {
      const data = Buffer.from(source.text).toString('base64');
      return { inlineData: { mimeType: takenType(source.mediaType), data } };
    }
    case 'url':
      return { fileData: { mimeType: source.mediaType, fileUri: source.url } };
    case 'file': {
      if (source.origin === WIRE) return { fileData: { mimeType: source.mediaType, fileUri: source.id } };
      const message = `${path} names a file that was uploaded to another provider; send its content instead.`;
      throw new GatewayError('invalid_request', message, { param: path });
    }
  }
}

/** JSON is refused by its own name, and taken as the text that it is. */
function takenType(mediaType: string): string {
  return /^application\/json\b/i.test(mediaType) ? 'text/plain' : mediaType;
}
