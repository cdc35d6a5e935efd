import type {
  CacheMark,
  ForeignPart,
  MediaPart,
  Part,
  TextPart,
  ToolResultPart,
} from '../../canonical/conversation.ts';
import { isObject } from '../../canonical/json.ts';
import { argumentText } from '../argument-text.ts';
import { invalidField, type RequestFields } from '../request-fields.ts';
import { unreadMembers } from '../unread-members.ts';
import { BlockFields } from './block-fields.ts';
import { decodeCitations } from './citations.ts';
import { decodeMedia } from './decode-media.ts';
import { foreignPart, readTrailingSignature, redactedPart, textPart, thinkingPart } from './parts.ts';
import { WIRE } from './wire.ts';

/** Reads the blocks of a request's messages. One for a request: results are given the names of the tools called. */
export class BlockDecoder {
  readonly #toolNames = new Map<string, string>();

  decode(blocks: readonly BlockFields[]): readonly Part[] {
    const parts: Part[] = [];
    for (const block of blocks) {
      const known = this.#part(block);
      const part = known.type === 'foreign' ? known : { ...known, ...unreadMembers(block, WIRE) };
      if (part.type === 'reasoning' && part.isRedacted && attachTrailing(parts, block.string('data') ?? '')) continue;
      parts.push(part);
    }
    return parts;
  }

  #part(block: BlockFields): Part {
    switch (block.requiredString('type')) {
      case 'thinking':
        return thinkingPart(block.string('thinking') ?? '', block.string('signature'));
      case 'redacted_thinking':
        return redactedPart(block.requiredString('data'));
      case 'tool_use':
        return this.#toolCall(block);
      case 'tool_result':
        return this.#toolResult(block);
      default:
        return decodeContent(block) ?? foreignPart(block.raw, block.path);
    }
  }

  #toolCall(block: BlockFields): Part {
    const id = block.requiredString('id');
    const name = block.requiredString('name');
    this.#toolNames.set(id, name);
    const input = block.value('input');
    if (input !== undefined && !isObject(input)) throw invalidField(block.pathOf('input'), 'must be an object');
    return { type: 'tool-call', id, name, arguments: argumentText(input), kind: 'function', ...cacheOf(block) };
  }

  #toolResult(block: BlockFields): ToolResultPart | ForeignPart {
    const callId = block.requiredString('tool_use_id');
    const content = resultContent(block);
    if (content === undefined) return foreignPart(block.raw, block.path);
    return {
      type: 'tool-result',
      callId,
      name: this.#toolNames.get(callId) ?? '',
      content,
      isError: block.boolean('is_error') ?? false,
      kind: 'function',
      ...cacheOf(block),
    };
  }
}

export function decodeCacheMark(holder: RequestFields): CacheMark | undefined {
  const mark = holder.object('cache_control');
  mark?.value('type');
  return mark && { ttl: mark.string('ttl') };
}

/** What a tool gave; undefined when it holds a block that only this wire knows. */
function resultContent(block: BlockFields): readonly (TextPart | MediaPart)[] | undefined {
  const content = block.value('content');
  if (content === undefined || content === '') return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) throw invalidField(block.pathOf('content'), 'must be a string or an array of blocks');
  const parts: (TextPart | MediaPart)[] = [];
  for (const item of BlockFields.listOf(block, 'content')) {
    const part = decodeContent(item) ?? toolReference(item);
    if (!part || part.type === 'foreign') return undefined;
    parts.push({ ...part, ...unreadMembers(item, WIRE) });
  }
  return parts;
}

/** What both messages and results of tools may hold; undefined for a block of another type. */
function decodeContent(block: BlockFields): TextPart | MediaPart | ForeignPart | undefined {
  switch (block.requiredString('type')) {
    case 'text':
      return {
        ...textPart(block.requiredString('text'), decodeCitations(block.value('citations'))),
        ...cacheOf(block),
      };
    case 'image':
    case 'document':
      return decodeMedia(block, cacheOf(block));
    case 'search_result':
      return searchResult(block);
    default:
      return undefined;
  }
}

/** A finding of the caller's own search: text for whoever does not know the block. */
function searchResult(block: BlockFields): TextPart {
  const content = block.objects('content').map((item) => item.requiredString('text'));
  const lines = [block.requiredString('title'), block.requiredString('source'), ...content];
  return { type: 'text', text: lines.join('\n'), native: nativeOf(block), ...cacheOf(block) };
}

/**
 * A search for tools answers with references to tools that are loaded from then on. Elsewhere every tool is there from
 * the beginning, so that it is enough to say which were found.
 */
function toolReference(block: BlockFields): TextPart | undefined {
  if (block.requiredString('type') !== 'tool_reference') return undefined;
  const text = `The tool ${block.requiredString('tool_name')} is available.`;
  return { type: 'text', text, native: nativeOf(block), ...cacheOf(block) };
}

function nativeOf(block: BlockFields): NonNullable<TextPart['native']> {
  return { origin: WIRE, value: block.raw };
}

function cacheOf(block: BlockFields): { readonly cache?: CacheMark } {
  const cache = decodeCacheMark(block);
  return cache ? { cache } : {};
}

/** Gives the token that a hidden block carries back to the part before it. */
function attachTrailing(parts: Part[], data: string): boolean {
  const signature = readTrailingSignature(data);
  if (!signature) return false;
  const before = parts.at(-1);
  const canBear = before?.type === 'tool-call' || before?.type === 'text';
  if (canBear && !before.signature) parts[parts.length - 1] = { ...before, signature };
  return true;
}
