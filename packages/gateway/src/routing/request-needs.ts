import { isObject, type JsonObject } from '../canonical/json.ts';
import type { Capability } from '../pricing/model-facts.ts';

const bits: Readonly<Partial<Record<Capability, number>>> = {
  tools: 1,
  vision: 2,
  audio: 4,
  documents: 8,
  structuredOutput: 16,
};

/** Capabilities as bits, as far as requests show that they need them. */
export function neededCapabilities(names: readonly Capability[]): number {
  return names.reduce((sum, name) => sum | (bits[name] ?? 0), 0);
}

/**
 * What a chat shows that it needs, as bits, whatever its wire: tools, pictures, sound, documents, a schema for the
 * answer. It is for preferring models and never for refusing a request, so what hides deeper is not looked for.
 */
export function needsOf(body: JsonObject): number {
  let needs = 0;
  if (hasItems(body['tools']) || hasItems(body['functions']) || hasItems(asRecord(body['toolConfig'])?.['tools'])) {
    needs |= bits.tools!;
  }
  if (asRecord(body['response_format'])?.['type'] === 'json_schema') needs |= bits.structuredOutput!;
  for (const member of turnMembers) {
    const turns = body[member];
    if (!Array.isArray(turns)) continue;
    for (const turn of turns) needs |= needsOfTurn(turn);
  }
  return needs;
}

/** Members that hold the turns of a conversation, in one wire or another. */
const turnMembers = ['messages', 'contents', 'input'] as const;

function needsOfTurn(turn: unknown): number {
  if (!isObject(turn)) return 0;
  const parts = turn['content'] ?? turn['parts'];
  if (!Array.isArray(parts)) return 0;
  let needs = 0;
  for (const part of parts) if (isObject(part)) needs |= needsOfPart(part);
  return needs;
}

function needsOfPart(part: JsonObject): number {
  const { type } = part;
  if (typeof type === 'string') return byPartType.get(type) ?? 0;
  const media = asRecord(part['inlineData'] ?? part['inline_data'] ?? part['fileData'] ?? part['file_data']);
  const mediaType = media?.['mimeType'] ?? media?.['mime_type'];
  if (typeof mediaType === 'string') return byMediaType(mediaType);
  if (part['image'] !== undefined) return bits.vision!;
  return part['document'] === undefined ? 0 : bits.documents!;
}

/** What parts of the wires that name their type are called. */
const byPartType: ReadonlyMap<string, number> = new Map([
  ['image_url', bits.vision!],
  ['input_image', bits.vision!],
  ['image', bits.vision!],
  ['input_audio', bits.audio!],
  ['file', bits.documents!],
  ['input_file', bits.documents!],
  ['document', bits.documents!],
]);

function byMediaType(mediaType: string): number {
  if (mediaType.startsWith('image/') || mediaType.startsWith('video/')) return bits.vision!;
  return mediaType.startsWith('audio/') ? bits.audio! : bits.documents!;
}

function hasItems(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function asRecord(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}
