import type { MediaPart, MediaSource } from '../../canonical/conversation.ts';
import { isObject, type JsonObject, objectsIn } from '../../canonical/json.ts';
import { invalidField, type RequestFields } from '../request-fields.ts';
import { WIRE } from './wire.ts';

/** Formats of the wire and the media types they are; the first of a type is the one that is sent for it. */
const formats: Readonly<Record<MediaPart['type'], readonly (readonly [format: string, mediaType: string])[]>> = {
  image: [
    ['png', 'image/png'],
    ['jpeg', 'image/jpeg'],
    ['gif', 'image/gif'],
    ['webp', 'image/webp'],
  ],
  document: [
    ['pdf', 'application/pdf'],
    ['csv', 'text/csv'],
    ['doc', 'application/msword'],
    ['docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    ['xls', 'application/vnd.ms-excel'],
    ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
    ['html', 'text/html'],
    ['txt', 'text/plain'],
    ['md', 'text/markdown'],
  ],
  audio: [
    ['mp3', 'audio/mpeg'],
    ['opus', 'audio/opus'],
    ['wav', 'audio/wav'],
    ['aac', 'audio/aac'],
    ['flac', 'audio/flac'],
    ['mp4', 'audio/mp4'],
    ['ogg', 'audio/ogg'],
    ['mka', 'audio/x-matroska'],
    ['mkv', 'audio/x-matroska'],
    ['x-aac', 'audio/aac'],
    ['m4a', 'audio/x-m4a'],
    ['mpeg', 'audio/mpeg'],
    ['mpga', 'audio/mpeg'],
    ['pcm', 'audio/pcm'],
    ['webm', 'audio/webm'],
  ],
  video: [
    ['mkv', 'video/x-matroska'],
    ['mov', 'video/quicktime'],
    ['mp4', 'video/mp4'],
    ['webm', 'video/webm'],
    ['flv', 'video/x-flv'],
    ['mpeg', 'video/mpeg'],
    ['mpg', 'video/mpeg'],
    ['wmv', 'video/x-ms-wmv'],
    ['three_gp', 'video/3gpp'],
  ],
};

/** Other names of the same media types. */
const synonyms: Readonly<Record<string, string>> = {
  'image/jpg': 'image/jpeg',
  'audio/mp3': 'audio/mpeg',
  'audio/x-wav': 'audio/wav',
  'audio/wave': 'audio/wav',
  'audio/m4a': 'audio/x-m4a',
  'audio/l16': 'audio/pcm',
  'text/x-markdown': 'text/markdown',
  'application/csv': 'text/csv',
};

export function isMediaType(name: string): name is MediaPart['type'] {
  return Object.hasOwn(formats, name);
}

/** The media type of a format. */
export function mediaTypeOf(type: MediaPart['type'], format: string): string {
  return formats[type].find(([name]) => name === format)?.[1] ?? `${type === 'document' ? 'text' : type}/${format}`;
}

/** The format of a media type; undefined when the wire has none. Text of any other kind is `txt`. */
export function formatOf(type: MediaPart['type'], mediaType: string): string | undefined {
  const plain = mediaType.toLowerCase().split(';', 1)[0]!.trim();
  const name = synonyms[plain] ?? plain;
  const found = formats[type].find(([, known]) => known === name)?.[0];
  if (found !== undefined || type !== 'document') return found;
  return /^text\/|[/+](?:json|xml|yaml)$/.test(name) ? 'txt' : undefined;
}

/** Reads an `image`, `document`, `audio` or `video` block of a request. */
export function decodeMedia(type: MediaPart['type'], fields: RequestFields, value: JsonObject): MediaPart {
  const format = fields.string('format');
  const source = fields.object('source') ?? fail(fields.pathOf('source'));
  const name = fields.string('name');
  const context = fields.string('context');
  const isCitable = fields.object('citations')?.boolean('enabled');
  // More than the vocabulary can say: whose bucket it is, and where the text of a document is divided.
  const isSpecial = source.array('content') !== undefined || source.object('s3Location')?.has('bucketOwner');
  return {
    type,
    source: decodeSource(type, format, source),
    ...(name === undefined ? {} : { name }),
    ...(context === undefined ? {} : { context }),
    ...(isCitable === undefined ? {} : { isCitable }),
    ...(isSpecial ? { native: { origin: WIRE, value: { [type]: value } } } : {}),
    path: fields.path,
  };
}

function fail(path: string): never {
  throw invalidField(path, 'is required');
}

function decodeSource(type: MediaPart['type'], format: string | undefined, source: RequestFields): MediaSource {
  const data = source.string('bytes');
  const text = source.string('text') ?? documentText(source);
  // The documents leave `format` optional where it can be seen.
  const mediaType = mediaTypeOf(type, format ?? (text === undefined ? formats[type][0]![0] : 'txt'));
  if (data !== undefined) return { kind: 'data', mediaType, data };
  if (text !== undefined) return { kind: 'text', mediaType, text };
  const location = source.object('s3Location') ?? fail(source.path);
  return { kind: 'file', id: location.requiredString('uri'), origin: WIRE, mediaType };
}

/** A document given in blocks: its text. */
function documentText(source: RequestFields): string | undefined {
  if (source.array('content') === undefined) return undefined;
  return source
    .objects('content')
    .map((block) => block.requiredString('text'))
    .join('\n\n');
}

/** A media block for an upstream; `name` is that of a document, already fit for the wire. */
export function encodeMedia(part: MediaPart, name: string | undefined): JsonObject {
  if (part.native?.origin === WIRE) return part.native.value as JsonObject;
  const { type, source, context, isCitable } = part;
  const sent = encodeSource(part);
  if (type !== 'document') return { [type]: sent };
  const format = source.kind === 'text' && sent.format === undefined ? 'txt' : sent.format;
  return {
    document: {
      ...(format === undefined ? {} : { format }),
      name,
      source: sent.source,
      ...(context === undefined ? {} : { context }),
      ...(isCitable === true ? { citations: { enabled: true } } : {}),
    },
  };
}

interface SentSource {
  readonly format: string | undefined;
  readonly source: JsonObject;
}

function encodeSource({ type, source, path }: MediaPart): SentSource {
  const at = path ?? type;
  switch (source.kind) {
    case 'data': {
      const format = formatOf(type, source.mediaType);
      if (format !== undefined) return { format, source: { bytes: source.data } };
      const known = formats[type].map(([name]) => name).join(', ');
      throw invalidField(at, `has media type ${source.mediaType}; this model takes ${known}`);
    }
    case 'text':
      return { format: formatOf(type, source.mediaType), source: { text: source.text } };
    case 'url':
      throw invalidField(at, `is ${type} by URL, which this model does not take: send its bytes`);
    case 'file':
      if (source.origin !== WIRE) throw invalidField(at, 'is a file that was uploaded to another provider');
      return {
        format: source.mediaType === undefined ? undefined : formatOf(type, source.mediaType),
        source: { s3Location: { uri: source.id } },
      };
  }
}

/** An image of an answer; undefined when it holds none. */
export function decodeImage(value: unknown): MediaPart | undefined {
  if (!isObject(value) || !isObject(value['source'])) return undefined;
  const { format, source } = value;
  const data = source['bytes'];
  if (typeof data !== 'string' || typeof format !== 'string') return undefined;
  return { type: 'image', source: { kind: 'data', mediaType: mediaTypeOf('image', format), data } };
}

/** An image for a client; undefined for what the wire's answers cannot hold. */
export function encodeImage({ type, source }: MediaPart): { format: string; source: { bytes: string } } | undefined {
  if (type !== 'image' || source.kind !== 'data') return undefined;
  const format = formatOf('image', source.mediaType);
  return format === undefined ? undefined : { format, source: { bytes: source.data } };
}

/** Text of the blocks `[{text}]` that the wire uses in many places. */
export function joinTexts(value: unknown): string {
  return objectsIn(value)
    .map(({ text }) => (typeof text === 'string' ? text : ''))
    .join('');
}
