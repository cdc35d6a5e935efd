import type { Part, ReasoningPart, Signature } from '../../canonical/conversation.ts';
import { asObject, asString, type JsonObject } from '../../canonical/json.ts';
import type { ProtocolName } from '../../canonical/protocol-name.ts';
import { carrySignature, readSignature } from '../foreign-signature.ts';

/**
 * Reasoning with its proofs, in the form that OpenRouter gave it on this wire: a list `reasoning_details` of
 * `reasoning.text`, `reasoning.summary` and `reasoning.encrypted`, each with a `format` that says whose it is.
 */

/** Formats by the wire whose signatures they hold. */
const formats: Readonly<Partial<Record<ProtocolName, string>>> = {
  'anthropic-messages': 'anthropic-claude-v1',
  gemini: 'google-gemini-v1',
  'openai-responses': 'openai-responses-v1',
};

const origins = new Map<unknown, ProtocolName>(
  Object.entries(formats).map(([origin, format]) => [format, origin as ProtocolName]),
);

/** One entry of the list. */
export interface ReasoningDetail {
  readonly text: string;
  readonly signature: Signature | undefined;
  readonly isEncrypted: boolean;
  readonly id: string | undefined;
  /** Entries of one block have the same. */
  readonly index: unknown;
  /** What the signature belongs to: Gemini signs texts and calls, never its thoughts. */
  readonly signs: 'reasoning' | 'text' | 'call';
}

/** Reads an entry; undefined for one of an unknown type. */
export function readDetail(value: JsonObject): ReasoningDetail | undefined {
  const id = asString(value['id']);
  const shared = { id, index: value['index'] ?? undefined, signs: 'reasoning' } as const;
  switch (value['type']) {
    case 'reasoning.text': {
      const signature = toSignature(value['format'], value['signature']);
      return { ...shared, text: asString(value['text']) ?? '', signature, isEncrypted: false };
    }
    case 'reasoning.summary':
      return { ...shared, text: asString(value['summary']) ?? '', signature: undefined, isEncrypted: false };
    case 'reasoning.encrypted': {
      const signature = toSignature(value['format'], value['data']);
      const signs = signature?.origin !== 'gemini' ? 'reasoning' : id === undefined ? 'text' : 'call';
      return { ...shared, text: '', signature, isEncrypted: true, signs };
    }
    default:
      return undefined;
  }
}

/** What a whole list says. */
export interface DetailReading {
  readonly parts: readonly ReasoningPart[];
  /** Signatures of tool calls, by their ids. */
  readonly callSignatures: ReadonlyMap<string, Signature>;
  readonly textSignature: Signature | undefined;
}

/** Reads a whole list. */
export function readDetails(values: readonly JsonObject[]): DetailReading {
  const blocks: DetailBlock[] = [];
  const callSignatures = new Map<string, Signature>();
  let textSignature: Signature | undefined;
  for (const detail of values.map(readDetail)) {
    if (!detail) continue;
    if (detail.signs === 'call' && detail.id !== undefined) callSignatures.set(detail.id, detail.signature!);
    else if (detail.signs === 'text') textSignature = detail.signature;
    else addToBlocks(blocks, detail);
  }
  return { parts: blocks.map(({ part }) => part), callSignatures, textSignature };
}

interface DetailBlock {
  readonly index: unknown;
  part: ReasoningPart;
}

function addToBlocks(blocks: DetailBlock[], detail: ReasoningDetail): void {
  const last = blocks.at(-1);
  const { text, id, signature } = detail;
  const named = id === undefined ? {} : { id };
  const signed = signature === undefined ? {} : { signature };
  if (last && last.index === detail.index && last.part.signature === undefined) {
    last.part = { ...last.part, ...named, text: last.part.text + text, ...signed };
    return;
  }
  const redacted = detail.isEncrypted ? { isRedacted: true } : {};
  blocks.push({ index: detail.index, part: { type: 'reasoning', ...named, ...redacted, text, ...signed } });
}

/** Who is to get a list: clients get every signature, marked with whose it is; an upstream only what it knows. */
export type DetailReader = 'client' | 'upstream';

/** The list for the reasoning of an answer or a turn, and for the signatures of its texts and calls. */
export function writeDetails(parts: readonly Part[], reader: DetailReader): JsonObject[] {
  const details: JsonObject[] = [];
  let index = -1;
  for (const part of parts) {
    if (part.type === 'reasoning') {
      index++;
      details.push(...reasoningEntries(part, index, reader));
    } else if (reader === 'upstream' && (part.type === 'text' || part.type === 'tool-call')) {
      if (part.signature?.origin !== 'gemini') continue;
      const named = part.type === 'tool-call' ? { id: part.id } : {};
      const data = part.signature.value;
      details.push({ type: 'reasoning.encrypted', data, ...named, format: formats.gemini, index: Math.max(index, 0) });
    }
  }
  return details;
}

/** The entries of one block of reasoning. */
export function reasoningEntries(part: ReasoningPart, index: number, reader: DetailReader): JsonObject[] {
  const { text, id, signature, isRedacted } = part;
  const seal = signature && fromSignature(signature, reader);
  const format = seal?.format ?? 'unknown';
  const tail = { ...(id === undefined ? {} : { id }), format, index };
  if (seal && (isRedacted === true || format.endsWith('-responses-v1'))) {
    const encrypted = { type: 'reasoning.encrypted', data: seal.value, ...tail };
    return text === '' ? [encrypted] : [{ type: 'reasoning.summary', summary: text, format, index }, encrypted];
  }
  if (isRedacted === true && text === '') return [];
  return [{ type: 'reasoning.text', text, ...(seal ? { signature: seal.value } : {}), ...tail }];
}

/** The thought signature of a message or a call, where Gemini's compatible endpoint has it. */
export function readThoughtSignature(holder: JsonObject): Signature | undefined {
  const extra = asObject(holder['extra_content']);
  const value = extra && asString(asObject(extra['google'])?.['thought_signature']);
  return value === undefined || value === '' ? undefined : readSignature(value, 'gemini');
}

/**
 * The same as a member to spread into a message or a call. Clients get it marked with whose it is, Gemini's own too: the
 * next turn may go to an upstream of this wire that must not see it.
 */
export function thoughtSignature(signature: Signature | undefined, reader: DetailReader): JsonObject {
  if (!signature) return {};
  const { origin, value } = signature;
  const isMarked = reader === 'client' || origin !== 'gemini';
  const told = isMarked ? carrySignature(signature, origin === 'gemini' ? 'openai-chat' : 'gemini') : value;
  return { extra_content: { google: { thought_signature: told } } };
}

/** Formats that name no wire of ours are kept with the value, so that it can go back as it came. */
function toSignature(format: unknown, value: unknown): Signature | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const carried = readSignature(value, 'openai-chat');
  if (carried.origin !== 'openai-chat') return carried;
  const origin = origins.get(format);
  if (origin !== undefined) return { origin, value };
  if (typeof format !== 'string' || format === 'unknown' || format === '') return carried;
  return { origin: 'openai-chat', value: `${format}|${value}` };
}

function fromSignature(
  signature: Signature,
  reader: DetailReader,
): { readonly format: string; readonly value: string } | undefined {
  const { origin, value } = signature;
  const format = formats[origin];
  if (origin !== 'openai-chat') {
    if (reader === 'client') return { format: format ?? 'unknown', value: carrySignature(signature, 'openai-chat') };
    return format === undefined ? undefined : { format, value };
  }
  const bar = value.indexOf('|');
  return bar <= 0 ? { format: 'unknown', value } : { format: value.slice(0, bar), value: value.slice(bar + 1) };
}
