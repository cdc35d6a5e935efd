import type { CacheMark, Part, TextPart, Turn } from '../../canonical/conversation.ts';
import { invalidField, type RequestFields } from '../request-fields.ts';
import { unreadMembers } from '../unread-members.ts';
import { BlockFields } from './block-fields.ts';
import { BlockDecoder } from './decode-blocks.ts';
import { WIRE } from './wire.ts';

/** System text, then the messages in their order. */
export function decodeTurns(fields: RequestFields): readonly Turn[] {
  const decoder = new BlockDecoder();
  const turns: Turn[] = [];
  const system = contentOf(fields, 'system', decoder).filter((part) => !isBillingLine(part));
  if (system.length > 0) turns.push({ role: 'system', parts: system });
  for (const message of fields.objects('messages')) {
    const parts = contentOf(message, 'content', decoder);
    turns.push({ role: roleOf(message), parts, ...unreadMembers(message, WIRE) });
  }
  return turns;
}

/** Puts a mark on the last part that can bear one and has none. */
export function markLastPart(turns: readonly Turn[], cache: CacheMark): readonly Turn[] {
  const last = turns.at(-1);
  const part = last?.parts.at(-1);
  if (!last || !part || !isMarkable(part) || part.cache) return turns;
  return [...turns.slice(0, -1), { ...last, parts: [...last.parts.slice(0, -1), { ...part, cache }] }];
}

type Markable = Extract<Part, { readonly cache?: CacheMark }>;

function isMarkable(part: Part): part is Markable {
  return part.type !== 'reasoning' && part.type !== 'refusal' && part.type !== 'foreign';
}

/** `system` within the messages is part of the wire since its version 2026-10-21, and Claude Code sends it before. */
function roleOf(message: RequestFields): 'system' | 'user' | 'assistant' {
  const role = message.requiredString('role');
  if (role === 'user' || role === 'assistant' || role === 'system') return role;
  throw invalidField(message.pathOf('role'), 'must be "user", "assistant" or "system"');
}

function contentOf(holder: RequestFields, key: string, decoder: BlockDecoder): readonly Part[] {
  const content = holder.value(key);
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  if (content === undefined && key === 'system') return [];
  if (!Array.isArray(content)) throw invalidField(holder.pathOf(key), 'must be a string or an array of blocks');
  return decoder.decode(BlockFields.listOf(holder, key));
}

/**
 * Claude Code puts a line of bookkeeping for its own provider before its system text. It is no instruction, and it
 * changes with every build, which would spoil the prompt caches of others.
 */
function isBillingLine(part: Part): part is TextPart {
  return part.type === 'text' && part.text.startsWith('x-anthropic-billing-header:');
}
