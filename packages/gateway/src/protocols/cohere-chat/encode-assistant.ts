import type { Part, TextPart } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { withUnread } from '../unread-members.ts';
import { encodeCitation } from './citations.ts';
import { textItem, thinkingItem, toolCallItem } from './parts.ts';
import { TextPlaces } from './text-places.ts';

/**
 * A message of the model's, in a conversation or as an answer; undefined when nothing of it can be said.
 *
 * The text right before its tool calls is their `tool_plan`, as Cohere's own models and the LangChain integration have
 * it; see `joinAssistant`.
 */
export function encodeAssistant(parts: readonly Part[]): JsonObject | undefined {
  const calls = parts.filter((part) => part.type === 'tool-call').map(toolCallItem);
  const plan = calls.length > 0 ? parts.findLast((part) => textOf(part) !== undefined) : undefined;
  const content: unknown[] = [];
  const citations: JsonObject[] = [];
  for (const part of parts) {
    for (const citation of encodeCitations(part, part === plan ? undefined : content.length)) citations.push(citation);
    if (part !== plan) content.push(...contentItem(part));
  }
  if (content.length === 0 && calls.length === 0) return undefined;
  return {
    role: 'assistant',
    ...(content.length > 0 ? { content } : {}),
    ...(plan === undefined ? {} : { tool_plan: textOf(plan) }),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    ...(citations.length > 0 ? { citations } : {}),
  };
}

/** What stands in the content: text, thinking, and what came from this wire and is not understood. */
function contentItem(part: Part): readonly unknown[] {
  const text = textOf(part);
  if (text !== undefined)
    return [part.type === 'text' ? withUnread(textItem(text), part, 'cohere-chat') : textItem(text)];
  if (part.type === 'reasoning') return part.text === '' ? [] : [thinkingItem(part)];
  return part.type === 'foreign' && part.origin === 'cohere-chat' ? [part.value] : [];
}

/** The text of a part that is one; a refusal is the model's text like any other here. */
function textOf(part: Part): string | undefined {
  return (part.type === 'text' || part.type === 'refusal') && part.text !== '' ? part.text : undefined;
}

function encodeCitations(part: Part, contentIndex: number | undefined): readonly JsonObject[] {
  if (!isCited(part)) return [];
  const place = { text: part.text, places: TextPlaces.of(part.text), contentIndex };
  return part.citations.map((citation) => encodeCitation(citation, place));
}

function isCited(part: Part): part is TextPart & { readonly citations: NonNullable<TextPart['citations']> } {
  return part.type === 'text' && part.citations !== undefined && part.text !== '';
}
