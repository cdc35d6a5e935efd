import type { MediaPart, Part, ReasoningPart, TextPart, ToolResultPart } from '../../canonical/conversation.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import { isObject, type JsonObject } from '../../canonical/json.ts';
import { withUnread } from '../unread-members.ts';
import { encodeOwnCitations } from './citations.ts';
import { cacheMember, nativeBlock, redactedBlock, textBlock, thinkingBlock, toolUseBlock } from './parts.ts';
import { toolUseId } from './tool-id.ts';
import { WIRE } from './wire.ts';

/** The blocks that a part of a conversation becomes for an upstream. */
export function encodeRequestPart(part: Part): readonly JsonObject[] {
  switch (part.type) {
    case 'text':
      return [encodeText(part)];
    case 'refusal':
      return [textBlock(part.text, [])];
    case 'reasoning':
      return encodeReasoning(part);
    case 'tool-call':
      return [withUnread({ ...toolUseBlock(part), ...cacheMember(part.cache) }, part, WIRE)];
    case 'tool-result':
      return [encodeResult(part)];
    case 'foreign':
      if (part.origin === WIRE && isObject(part.value)) return [part.value];
      throw refused(part.path, `${part.name} can be sent to another kind of provider only`);
    default:
      return [encodeMedia(part)];
  }
}

function encodeText(part: TextPart): JsonObject {
  const native = nativeBlock(part);
  if (native) return native;
  const block = { ...textBlock(part.text, encodeOwnCitations(part.citations)), ...cacheMember(part.cache) };
  return withUnread(block, part, WIRE);
}

/** Thinking without this provider's own signature is refused: what another model thought is left out. */
function encodeReasoning(part: ReasoningPart): readonly JsonObject[] {
  const { text, signature, isRedacted } = part;
  if (signature?.origin !== WIRE || signature.value === '') return [];
  const block = isRedacted ? redactedBlock(signature.value) : thinkingBlock(text, signature.value);
  return [withUnread(block, part, WIRE)];
}

function encodeResult(part: ToolResultPart): JsonObject {
  const { callId, content, isError, cache } = part;
  const blocks = content
    .filter((item) => item.type !== 'text' || item.text.trim() !== '' || item.native)
    .map((item) => (item.type === 'text' ? encodeText(item) : encodeMedia(item)));
  // A failure that says nothing is refused.
  if (isError && blocks.length === 0) blocks.push(textBlock('Error', []));
  const block = {
    type: 'tool_result',
    tool_use_id: toolUseId(callId),
    ...(blocks.length > 0 ? { content: blocks } : {}),
    ...(isError ? { is_error: true } : {}),
    ...cacheMember(cache),
  };
  return withUnread(block, part, WIRE);
}

function encodeMedia(part: MediaPart): JsonObject {
  const { type, name, context, isCitable, cache } = part;
  if (type !== 'image' && type !== 'document')
    throw refused(part.path, `${type} is not taken by this model's provider`);
  const native = nativeBlock(part);
  if (native) return native;
  const block = {
    type,
    source: encodeSource(part),
    ...(name === undefined || type === 'image' ? {} : { title: name }),
    ...(context === undefined ? {} : { context }),
    ...(isCitable === undefined ? {} : { citations: { enabled: isCitable } }),
    ...cacheMember(cache),
  };
  return withUnread(block, part, WIRE);
}

function encodeSource({ type, source, path }: MediaPart): JsonObject {
  switch (source.kind) {
    case 'data':
      return type === 'image' ? imageData(source.mediaType, source.data) : documentData(source, path);
    case 'url':
      return { type: 'url', url: source.url };
    case 'text':
      return plainText(source.text);
    case 'file':
      if (source.origin === WIRE) return { type: 'file', file_id: source.id };
      throw refused(path, 'names a file that was uploaded to another provider');
  }
}

function imageData(mediaType: string, data: string): JsonObject {
  return { type: 'base64', media_type: mediaType === 'image/jpg' ? 'image/jpeg' : mediaType, data };
}

/** Files are PDF on this wire; of other documents those that are text at heart can be sent as text. */
function documentData(
  source: { readonly mediaType: string; readonly data: string },
  path: string | undefined,
): JsonObject {
  const mediaType = source.mediaType.split(';')[0]!.trim().toLowerCase();
  if (mediaType === 'application/pdf') return { type: 'base64', media_type: mediaType, data: source.data };
  const isText = mediaType.startsWith('text/') || mediaType === 'application/json' || mediaType === 'application/xml';
  if (isText) return plainText(Buffer.from(source.data, 'base64').toString('utf8'));
  throw refused(path, `is ${mediaType}; this model's provider takes PDF and text only`);
}

function plainText(data: string): JsonObject {
  return { type: 'text', media_type: 'text/plain', data };
}

/** The error about a part that cannot be sent. */
export function refused(path: string | undefined, problem: string): GatewayError {
  const message = path === undefined || path === '' ? `A part of the conversation ${problem}.` : `${path} ${problem}.`;
  return new GatewayError('invalid_request', message, path ? { param: path } : {});
}
