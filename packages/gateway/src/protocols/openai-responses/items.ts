import type {
  Part,
  ReasoningPart,
  RefusalPart,
  Signature,
  TextPart,
  ToolCallPart,
} from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { carrySignature, readSignature } from '../foreign-signature.ts';
import { encodeAnnotations } from './annotations.ts';
import { type ItemKind, providerId } from './ids.ts';

/**
 * Items as requests and answers, whole and streamed, have them alike: each part's form is written here only, so that a
 * turn that a client sends back reads as the answer it was.
 */
const WIRE = 'openai-responses';

export interface ReasoningItem {
  readonly id: string | undefined;
  readonly summary: readonly string[];
  /** Reasoning itself, of servers that show it: `content[].text`. */
  readonly content: readonly string[];
  readonly encrypted: string | undefined;
}

/** The part that a `reasoning` item is. */
export function reasoningPart(item: ReasoningItem): ReasoningPart {
  const id = providerId(item.id);
  const { encrypted = '' } = item;
  // One empty summary stands for reasoning whose text is empty but not hidden; see encodeReasoning.
  const isRedacted = encrypted !== '' && item.summary.length === 0 && item.content.length === 0;
  return {
    type: 'reasoning',
    text: reasoningText(item),
    ...(id === undefined ? {} : { id }),
    ...(encrypted === '' ? {} : { signature: readSignature(encrypted, WIRE) }),
    ...(isRedacted ? { isRedacted } : {}),
  };
}

/** Summaries where there are some, else the reasoning itself; pieces stand apart by a blank line. */
function reasoningText({ summary, content }: Pick<ReasoningItem, 'summary' | 'content'>): string {
  const pieces = summary.filter((text) => text !== '');
  return (pieces.length > 0 ? pieces : content.filter((text) => text !== '')).join(PIECE_BREAK);
}

export const PIECE_BREAK = '\n\n';

/** The members of a `reasoning` item but its id. */
export function encodeReasoning({ text, signature, isRedacted }: ReasoningPart): JsonObject {
  const isHidden = text === '' && (isRedacted === true || signature === undefined);
  return {
    type: 'reasoning',
    summary: isHidden ? [] : [{ type: 'summary_text', text }],
    ...(signature === undefined ? {} : { encrypted_content: carrySignature(signature, WIRE) }),
  };
}

/**
 * Other wires sign texts and calls as well. This one has no place for that but a `reasoning` item of its own, right
 * after what it belongs to, which clients send back like any other.
 */
const ATTACHED = 'gw-attached:';

export function attachedItem(signature: Signature, id: string): JsonObject {
  const encrypted = ATTACHED + carrySignature(signature, WIRE);
  return { id, type: 'reasoning', summary: [], encrypted_content: encrypted };
}

/** The signature that belongs to the part before; undefined for reasoning proper. */
export function attachedSignature(encrypted: string | undefined): Signature | undefined {
  if (encrypted?.startsWith(ATTACHED) !== true) return undefined;
  return readSignature(encrypted.slice(ATTACHED.length), WIRE);
}

/** The members of a call's item but its id and status. */
export function encodeCall({ id, name, kind, arguments: text }: ToolCallPart): JsonObject {
  return kind === 'custom'
    ? { type: 'custom_tool_call', call_id: id, name, input: text }
    : { type: 'function_call', call_id: id, name, arguments: text };
}

/** A text of the assistant. */
export function encodeOutputText({ text, citations }: TextPart, logprobs: readonly unknown[]): JsonObject {
  return { type: 'output_text', text, annotations: encodeAnnotations(citations, text), logprobs };
}

export function encodeRefusal({ text }: RefusalPart): JsonObject {
  return { type: 'refusal', refusal: text };
}

interface OutputItemPlace {
  readonly idOf: (kind: ItemKind) => string;
  readonly status: string;
  readonly logprobs: readonly unknown[];
}

/**
 * A part of an answer as an item of its `output`; undefined for what the wire has no item for (a spoken answer, another
 * provider's own tools). Each text is a message of its own.
 */
export function encodeOutputItem(part: Part, { idOf, status, logprobs }: OutputItemPlace): JsonObject | undefined {
  switch (part.type) {
    case 'text':
    case 'refusal': {
      const content = part.type === 'text' ? encodeOutputText(part, logprobs) : encodeRefusal(part);
      return { id: idOf('msg'), type: 'message', status, role: 'assistant', content: [content] };
    }
    case 'reasoning':
      return { id: part.id ?? idOf('rs'), ...encodeReasoning(part) };
    case 'tool-call':
      return { id: idOf(part.kind === 'custom' ? 'ctc' : 'fc'), status, ...encodeCall(part) };
    case 'image':
      // The same as its image tool's output has it.
      if (part.source.kind !== 'data') return undefined;
      return { id: idOf('ig'), type: 'image_generation_call', status, result: part.source.data };
    case 'foreign':
      return part.origin === WIRE ? (part.value as JsonObject) : undefined;
    default:
      return undefined;
  }
}
