import type { MediaPart, TextPart, ToolResultPart } from '../../canonical/conversation.ts';
import { asObject, type JsonObject } from '../../canonical/json.ts';
import { parseExact, writeExact } from '../../framing/exact-json.ts';
import { documentText } from '../document-text.ts';
import { withUnread } from '../unread-members.ts';
import { encodeMedia } from './media.ts';
import { WIRE } from './wire.ts';

/** What a tool answered, out of the object that this wire has for it. */
export function decodeResponse(response: JsonObject | undefined): Pick<ToolResultPart, 'isError'> & { text: string } {
  if (!response) return { text: '', isError: false };
  const [key, ...others] = Object.keys(response);
  if (key !== undefined && others.length === 0) {
    const value = response[key];
    // "error" is the name that the documents give to what went wrong.
    if (key === 'error') return { text: typeof value === 'string' ? value : writeExact(value), isError: true };
    // Names for plain text: Google's libraries use both. Text that would be taken for an object stays wrapped.
    const isPlain = (key === 'result' || key === 'output') && typeof value === 'string' && !jsonObject(value);
    if (isPlain) return { text: value, isError: false };
  }
  return { text: writeExact(response), isError: false };
}

/** A tool's answer: one `functionResponse` and, behind it, what cannot stand within. */
export function encodeResult(
  part: ToolResultPart,
  call: { id: string | undefined; name: string },
): readonly JsonObject[] {
  const texts = part.content.flatMap(textsOf);
  const media = part.content.filter((item): item is MediaPart => item.type !== 'text' && item.source.kind !== 'text');
  const parts = media.filter(fitsWithin).map((item) => withUnread(encodeMedia(item), item, WIRE));
  const functionResponse = {
    id: call.id,
    name: call.name,
    response: responseObject(texts.join('\n'), part),
    parts: parts.length > 0 ? parts : undefined,
  };
  return [withUnread({ functionResponse }, part, WIRE), ...media.filter((item) => !fitsWithin(item)).map(encodeMedia)];
}

/** What is said in words: a document of text is one of them, and there is no member for what is said about another. */
function textsOf(item: TextPart | MediaPart): readonly string[] {
  if (item.type === 'text') return [item.text];
  const { source, name, context } = item;
  if (source.kind !== 'text') return context ? [context] : [];
  return [documentText(source.text, [name, context])];
}

function responseObject(text: string, { isError }: ToolResultPart): JsonObject {
  const object = jsonObject(text);
  if (isError) return { error: object ?? text };
  return object ?? { result: text };
}

function jsonObject(text: string): JsonObject | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return asObject(parseExact(text));
  } catch {
    return undefined;
  }
}

/** `functionResponse.parts` takes bytes only, of these types ("Multimodal function responses"). */
function fitsWithin({ source }: MediaPart): boolean {
  return source.kind === 'data' && /^(?:image\/(?:png|jpeg|webp)|application\/pdf|text\/plain)$/.test(source.mediaType);
}
