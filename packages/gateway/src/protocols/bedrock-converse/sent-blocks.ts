import { asCount, asObject, asString, type JsonObject } from '../../canonical/json.ts';
import type { StreamFrame } from '../protocol.ts';

/** How far a stream of this wire went to its caller. */
export interface SentBlocks {
  /** Why the answer ended was told: its metadata are all that is missing. */
  readonly hasFinish: boolean;
  /** The block that something was told of last. */
  readonly block: SentBlock | undefined;
}

export interface SentBlock {
  readonly at: number;
  readonly isOpen: boolean;
  /** What its pieces are of; undefined for those that are told whole. */
  readonly kind: 'text' | 'reasoning' | 'redacted' | 'tool' | undefined;
  /** A signature, or what stands for hidden reasoning; '' as long as there is none. */
  readonly token: string;
}

/** Reads what went to a caller of this wire. Throws SyntaxError for what is none of it. */
export function readSentBlocks(frames: readonly StreamFrame[]): SentBlocks {
  let block: SentBlock | undefined;
  for (const { name, data } of frames) {
    if (!name.startsWith('contentBlock')) continue;
    const event = asObject(JSON.parse(data.toString('utf8'))) ?? {};
    const at = asCount(event['contentBlockIndex']) ?? block?.at ?? 0;
    const known: SentBlock = block?.at === at ? block : { at, isOpen: true, kind: undefined, token: '' };
    if (name === 'contentBlockStop') block = { ...known, isOpen: false };
    else block = told(known, asObject(event['start']) ?? asObject(event['delta']) ?? {});
  }
  return { hasFinish: frames.some(({ name }) => name === 'messageStop'), block };
}

function told(block: SentBlock, piece: JsonObject): SentBlock {
  const reasoning = asObject(piece['reasoningContent']);
  const signature = asString(reasoning?.['signature']);
  const redacted = asString(reasoning?.['redactedContent']);
  if (redacted !== undefined) return { ...block, kind: 'redacted', token: block.token + redacted };
  if (reasoning) return { ...block, isOpen: true, kind: 'reasoning', token: block.token + (signature ?? '') };
  if (typeof piece['text'] === 'string')
    return { ...block, isOpen: block.isOpen || piece['text'] !== '', kind: 'text' };
  return { ...block, isOpen: true, kind: piece['toolUse'] ? 'tool' : block.kind };
}
