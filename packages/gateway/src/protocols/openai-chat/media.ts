import type { MediaPart, MediaSource } from '../../canonical/conversation.ts';
import { asObject, asString, type JsonObject } from '../../canonical/json.ts';
import { dataUrl, parseDataUrl } from '../data-url.ts';
import { readThoughtSignature, thoughtSignature } from './reasoning-details.ts';

/** What a URL points at: a data URL holds it. */
export function sourceOfUrl(url: string, fallbackType?: string): MediaSource {
  const found = parseDataUrl(url);
  if (!found) return { kind: 'url', url, mediaType: fallbackType };
  return { kind: 'data', mediaType: found.mediaType ?? fallbackType ?? 'text/plain', data: found.data };
}

/** A source as a URL; undefined when it has none. */
export function urlOfSource(source: MediaSource): string | undefined {
  if (source.kind === 'url') return source.url;
  if (source.kind === 'data') return dataUrl(source.mediaType, source.data);
  if (source.kind === 'text') {
    return dataUrl(source.mediaType, Buffer.from(source.text).toString('base64'));
  }
  return undefined;
}

/** Names of audio formats that are not the second half of their media type. */
const audioTypes: Readonly<Record<string, string>> = { mp3: 'audio/mpeg', pcm16: 'audio/L16' };
const audioFormats: Readonly<Record<string, string>> = {
  mpeg: 'mp3',
  'x-wav': 'wav',
  'vnd.wave': 'wav',
  L16: 'pcm16',
  l16: 'pcm16',
};

/** Media type of an audio `format` of OpenAI's. */
export function audioType(format: string): string {
  return Object.hasOwn(audioTypes, format) ? audioTypes[format]! : `audio/${format}`;
}

/** OpenAI's word for an audio media type. */
export function audioFormat(mediaType: string): string {
  const [name = ''] = mediaType.slice(mediaType.indexOf('/') + 1).split(';');
  return Object.hasOwn(audioFormats, name) ? audioFormats[name]! : name;
}

/** An image of an answer: OpenRouter's `images`, each `{type, image_url: {url}}`. */
export function readImage(value: JsonObject): MediaPart | undefined {
  const holder = value['image_url'];
  const url = typeof holder === 'string' ? holder : asString(asObject(holder)?.['url']);
  if (url === undefined || url === '') return undefined;
  const signature = readThoughtSignature(value);
  return { type: 'image', source: sourceOfUrl(url), ...(signature ? { signature } : {}) };
}

/** The same for a client; undefined for what it cannot be given. */
export function writeImage(part: MediaPart): JsonObject | undefined {
  const url = part.type === 'image' ? urlOfSource(part.source) : undefined;
  return url === undefined
    ? undefined
    : { type: 'image_url', image_url: { url }, ...thoughtSignature(part.signature, 'client') };
}

/** A spoken answer: `{id, data, transcript, expires_at}`. The wire does not repeat its format. */
export function readAudio(value: JsonObject): MediaPart {
  return audioPart({
    id: asString(value['id']),
    data: asString(value['data']) ?? '',
    transcript: asString(value['transcript']) ?? '',
  });
}

/** What is known of a spoken answer. */
export interface SpokenAnswer {
  readonly id: string | undefined;
  /** Base64. */
  readonly data: string;
  readonly transcript: string;
}

/** A spoken answer as a part. */
export function audioPart({ id, data, transcript }: SpokenAnswer): MediaPart {
  return {
    type: 'audio',
    source: { kind: 'data', mediaType: sniffAudio(data), data },
    ...(transcript === '' ? {} : { transcript }),
    ...(id === undefined ? {} : { id }),
  };
}

/** A spoken answer for a client; undefined when it is none. */
export function writeAudio({ type, source, transcript = '', id = '' }: MediaPart): JsonObject | undefined {
  if (type !== 'audio' || source.kind !== 'data') return undefined;
  return { id, data: source.data, transcript, expires_at: 0 };
}

/** Audio formats by how their first bytes look in base64: RIFF, ID3, MPEG frames, FLAC, Ogg. */
const audioHeads = [
  ['UklGR', 'audio/wav'],
  ['SUQz', 'audio/mpeg'],
  ['//', 'audio/mpeg'],
  ['ZkxhQ', 'audio/flac'],
  ['T2dnUw', 'audio/ogg'],
] as const;

function sniffAudio(data: string): string {
  return audioHeads.find(([head]) => data.startsWith(head))?.[1] ?? audioType('pcm16');
}
