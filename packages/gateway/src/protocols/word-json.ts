import type { ChatRequest } from '../canonical/conversation.ts';

/** What is said where a caller wants JSON and has not said so in words. */
export const WISH_FOR_JSON = 'Answer in JSON.';

/** OpenAI's wires refuse `json_object` unless the conversation says "JSON" somewhere; callers of other wires need not. */
export function lacksWordJson({ outputFormat, turns }: ChatRequest): boolean {
  if (outputFormat?.type !== 'json') return false;
  return !turns.some(({ parts }) => parts.some((part) => part.type === 'text' && /json/i.test(part.text)));
}
