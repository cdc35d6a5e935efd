import type { MediaSource } from '../canonical/conversation.ts';
import { invalidField } from './request-fields.ts';

const SCHEME = 'data:';

/** What a `data:` URL holds. */
export interface DataUrl {
  /** Lower case; undefined when the URL does not say. */
  readonly mediaType: string | undefined;
  /** Base64 without line ends. */
  readonly data: string;
}

/** Reads a `data:` URL (RFC 2397), in base64 or not; undefined when the text is none. */
export function parseDataUrl(url: string): DataUrl | undefined {
  if (!isDataUrl(url)) return undefined;
  const comma = url.indexOf(',');
  if (comma === -1) return undefined;
  const [type = '', ...parameters] = url.slice(SCHEME.length, comma).split(';');
  const mediaType = type.toLowerCase() || undefined;
  const content = url.slice(comma + 1);
  const isBase64 = parameters.some((parameter) => parameter.trim().toLowerCase() === 'base64');
  return {
    mediaType,
    data: isBase64 ? withoutSpace(content) : Buffer.from(percentDecoded(content)).toString('base64'),
  };
}

export function dataUrl(mediaType: string, data: string): string {
  return `${SCHEME}${mediaType};base64,${data}`;
}

/** A picture by URL, which may hold it. Throws `invalid_request` naming the path for a `data:` URL that holds none. */
export function decodeImageUrl(url: string, path: string): MediaSource {
  if (!isDataUrl(url)) return { kind: 'url', url, mediaType: undefined };
  const found = parseDataUrl(url);
  if (!found?.mediaType?.startsWith('image/')) throw invalidField(path, 'must be a data URL that holds an image');
  return { kind: 'data', mediaType: found.mediaType, data: found.data };
}

/** Base64 without line ends. */
export function withoutSpace(base64: string): string {
  return /\s/.test(base64) ? base64.replace(/\s+/g, '') : base64;
}

function isDataUrl(url: string): boolean {
  return url.slice(0, SCHEME.length).toLowerCase() === SCHEME;
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
