import type { CacheMark, MediaPart, Part, ReasoningPart } from '../../canonical/conversation.ts';
import { asString, isObject, type JsonObject, objectsIn } from '../../canonical/json.ts';
import { invalidField, RequestFields } from '../request-fields.ts';
import { unreadMembers } from '../unread-members.ts';
import { audioType, sourceOfUrl } from './media.ts';

/** The parts of a message's `content`: a text, a list of parts, or nothing. */
export function decodeContent(message: RequestFields): Part[] {
  const content = message.value('content');
  if (content === undefined) return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (Array.isArray(content)) {
    return content.map((item, index) => decodePart(item, `${message.pathOf('content')}[${index}]`));
  }
  // Some clients send a single part without its list.
  if (isObject(content)) return [decodePart(content, message.pathOf('content'))];
  throw invalidField(message.pathOf('content'), 'must be a string or an array of parts');
}

function decodePart(item: unknown, path: string): Part {
  if (typeof item === 'string') return { type: 'text', text: item };
  const fields = RequestFields.of(item, path);
  const part = decodeKnown(item, fields);
  return part.type === 'foreign' ? part : { ...part, ...unreadMembers(fields, 'openai-chat') };
}

function decodeKnown(item: unknown, fields: RequestFields): Part {
  const type = fields.requiredString('type');
  switch (type) {
    case 'text':
      return { type: 'text', text: fields.requiredString('text'), ...cacheMark(fields) };
    case 'refusal':
      return { type: 'refusal', text: fields.requiredString('refusal') };
    case 'thinking':
      fields.value('thinking');
      return thinkingPart(item as JsonObject);
    case 'image_url':
      return urlPart(fields, { type: 'image', key: 'image_url' });
    case 'video_url':
      return urlPart(fields, { type: 'video', key: 'video_url' });
    case 'audio_url':
      return urlPart(fields, { type: 'audio', key: 'audio_url' });
    case 'document_url':
      return urlPart(fields, { type: 'document', key: 'document_url' });
    case 'file_url':
      return urlPart(fields, { type: 'document', key: 'file_url' });
    case 'input_audio':
      return audioPart(fields);
    case 'file':
      return filePart(fields);
    default:
      return { type: 'foreign', origin: 'openai-chat', value: item, name: type, path: fields.path };
  }
}

/** Mistral's `{type: 'thinking', thinking: [{type: 'text', text}]}`. */
export function thinkingPart(item: JsonObject): ReasoningPart {
  const { thinking } = item;
  if (typeof thinking === 'string') return { type: 'reasoning', text: thinking };
  return {
    type: 'reasoning',
    text: objectsIn(thinking)
      .map((chunk) => asString(chunk['text']) ?? '')
      .join(''),
  };
}

interface UrlMember {
  readonly type: 'image' | 'document' | 'audio' | 'video';
  readonly key: string;
}

/** `{url, detail}` at OpenAI; Mistral has the address itself in its place. */
function urlPart(fields: RequestFields, { type, key }: UrlMember): MediaPart {
  const value = fields.value(key);
  const holder = typeof value === 'string' ? new RequestFields({ url: value }, fields.path) : fields.object(key);
  if (!holder) throw invalidField(fields.pathOf(key), 'is required');
  const url = holder.requiredString('url');
  const detail = holder.string('detail');
  const name = fields.string('document_name') ?? fields.string('file_name');
  const isBare = key === 'file_url' && !/^[a-z][a-z0-9+.-]*:/i.test(url.slice(0, 40));
  return {
    type,
    // Perplexity takes a document's base64 without anything around it.
    source: isBare ? { kind: 'data', mediaType: sniffDocument(url), data: url } : sourceOfUrl(url),
    ...(detail === undefined ? {} : { detail }),
    ...(name === undefined ? {} : { name }),
    ...cacheMark(fields),
    path: fields.path,
  };
}

function audioPart(fields: RequestFields): MediaPart {
  const value = fields.value('input_audio');
  // Mistral has the address or the base64 itself in its place.
  if (typeof value === 'string') {
    const isUrl = /^(?:https?|data):/i.test(value.slice(0, 8));
    const source = isUrl ? sourceOfUrl(value) : ({ kind: 'data', mediaType: 'audio/mpeg', data: value } as const);
    return { type: 'audio', source, path: fields.path };
  }
  const audio = fields.object('input_audio');
  if (!audio) throw invalidField(fields.pathOf('input_audio'), 'is required');
  const data = audio.requiredString('data');
  const format = audio.string('format') ?? 'wav';
  return { type: 'audio', source: { kind: 'data', mediaType: audioType(format), data }, path: fields.path };
}

function filePart(fields: RequestFields): MediaPart {
  const file = fields.object('file');
  if (!file) throw invalidField(fields.pathOf('file'), 'is required');
  const name = file.string('filename');
  const shared = { type: 'document', ...(name === undefined ? {} : { name }), path: fields.path } as const;
  const id = file.string('file_id');
  if (id !== undefined) return { ...shared, source: { kind: 'file', id, origin: 'openai-chat' } };
  const data = file.string('file_data') ?? file.string('url');
  if (data === undefined) throw invalidField(file.path, 'must have file_data or file_id');
  const isUrl = /^(?:https?|data):/i.test(data.slice(0, 8));
  const source = isUrl ? sourceOfUrl(data) : ({ kind: 'data', mediaType: sniffDocument(data), data } as const);
  return { ...shared, source, ...cacheMark(fields) };
}

/** `cache_control` is Anthropic's; OpenRouter and others take it on this wire too. OpenAI has a mark of its own. */
export function cacheMark(fields: RequestFields): { readonly cache?: CacheMark } {
  const mark = fields.object('cache_control');
  mark?.value('type');
  if (mark) return { cache: { ttl: mark.string('ttl') } };
  return fields.has('prompt_cache_breakpoint') ? { cache: { ttl: undefined } } : {};
}

/** Zip files, which office documents are, begin with PK; nearly all else that is sent is PDF. */
function sniffDocument(base64: string): string {
  const isZip = base64.startsWith('UEsD');
  return isZip ? 'application/vnd.openxmlformats-officedocument.wordprocessingml.document' : 'application/pdf';
}
