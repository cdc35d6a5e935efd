import { asCount, asObject, asString, isObject, type JsonObject } from '../../canonical/json.ts';
import type { StreamFrame } from '../protocol.ts';

/** How far a stream of this wire went to its caller. */
export interface SentBlocks {
  readonly hasStarted: boolean;
  /** Why the answer ended was told: `message_stop` is all that is missing. */
  readonly hasFinish: boolean;
  /** The block that began last. */
  readonly block: SentBlock | undefined;
}

export interface SentBlock {
  readonly at: number;
  readonly isOpen: boolean;
  /** The token of a thinking block; '' as long as there is none. */
  readonly signature: string;
}

/** Reads what went to a caller of this wire. Throws SyntaxError for what is none of it. */
export function readSentBlocks(frames: readonly StreamFrame[]): SentBlocks {
  let hasStarted = false;
  let hasFinish = false;
  let block: SentBlock | undefined;
  for (const [type, event] of frames.flatMap(readEvent)) {
    switch (type) {
      case 'message_start':
        hasStarted = true;
        break;
      case 'content_block_start': {
        const signature = asString(asObject(event['content_block'])?.['signature']) ?? '';
        block = { at: asCount(event['index']) ?? (block ? block.at + 1 : 0), isOpen: true, signature };
        break;
      }
      case 'content_block_delta': {
        const delta = asObject(event['delta']);
        const more = delta?.['type'] === 'signature_delta' ? asString(delta['signature']) : undefined;
        if (block && more !== undefined) block = { ...block, signature: block.signature + more };
        break;
      }
      case 'content_block_stop':
        if (block) block = { ...block, isOpen: false };
        break;
      case 'message_delta':
        hasFinish ||= typeof asObject(event['delta'])?.['stop_reason'] === 'string';
    }
  }
  return { hasStarted, hasFinish, block };
}

function readEvent({ name, data }: StreamFrame): [type: unknown, event: JsonObject][] {
  const text = data.toString('utf8');
  if (text.trim() === '' || text.trim() === '[DONE]') return [];
  const event: unknown = JSON.parse(text);
  return isObject(event) ? [[event['type'] ?? name, event]] : [];
}
