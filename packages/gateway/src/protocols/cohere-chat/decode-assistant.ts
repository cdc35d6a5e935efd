import type { Citation, Part, TextPart, ToolCallPart } from '../../canonical/conversation.ts';
import { asCount, asString, type JsonObject, objectsIn } from '../../canonical/json.ts';
import { decodeCitation } from './citations.ts';
import { TextPlaces } from './text-places.ts';

/** What the model said in one message, its parts as content, plan and calls stand there. */
export interface AssistantMessage {
  /** Items of the content, each as it became a part. */
  readonly content: readonly Part[];
  readonly toolPlan: string | undefined;
  readonly toolCalls: readonly ToolCallPart[];
  readonly citations: unknown;
}

/**
 * The parts of a message in the order in which the model says them: thinking and text, then the plan, then the calls.
 *
 * The plan is a text like what other models say before they call a tool. Cohere calls it a "chain-of-thought style
 * reflection", but it has no signature and no model that thinks gives one: as a text it comes back from every client,
 * as reasoning it would be lost on most of them. `encodeAssistant` makes it a plan again.
 */
export function joinAssistant({ content, toolPlan, toolCalls, citations }: AssistantMessage): Part[] {
  const cited = citationsBy(citations);
  const parts = content.map((part, index) => cite(part, cited.get(index)));
  const hasMore = parts.some((part) => !isEmptyText(part)) || toolCalls.length > 0;
  const plan =
    toolPlan === undefined || toolPlan === '' ? [] : [cite({ type: 'text', text: toolPlan }, cited.get(PLAN))];
  // Clients send an empty text beside tool calls, where they must send something.
  return [...(hasMore || plan.length > 0 ? parts.filter((part) => !isEmptyText(part)) : parts), ...plan, ...toolCalls];
}

const PLAN = -1;

/** Citations by the item that they are about. Those of thinking have no place in the vocabulary. */
function citationsBy(value: unknown): ReadonlyMap<number, readonly JsonObject[]> {
  const found = new Map<number, JsonObject[]>();
  for (const raw of objectsIn(value)) {
    const index = placeOf(raw);
    if (index === undefined) continue;
    const list = found.get(index) ?? [];
    list.push(raw);
    found.set(index, list);
  }
  return found;
}

/** Index of the content item that a citation is about; -1 is the plan, undefined none that can be cited. */
export function placeOf(raw: JsonObject): number | undefined {
  const type = asString(raw['type']);
  if (type === 'PLAN') return PLAN;
  return type === 'THINKING_CONTENT' ? undefined : (asCount(raw['content_index']) ?? 0);
}

function cite(part: Part, raws: readonly JsonObject[] | undefined): Part {
  if (part.type !== 'text' || raws === undefined) return part;
  const places = TextPlaces.of(part.text);
  const citations: Citation[] = raws.map((raw) => decodeCitation(raw, places));
  return { ...part, citations } satisfies TextPart;
}

function isEmptyText(part: Part): boolean {
  return (part.type === 'text' || part.type === 'reasoning') && part.text === '';
}
