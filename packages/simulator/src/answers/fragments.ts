import { splitTokens } from '../answer-text.ts';
import type { Message } from './message.ts';

/** Cuts the JSON text of arguments where a model would: every few characters, inside strings and names too. */
export function argumentFragments(text: string): string[] {
  return splitTokens(text).flatMap((word) => word.match(/.{1,6}/gsu) ?? []);
}

/** The tokens a reader waits for: words and fragments of arguments. */
export function paceOf(message: Message): number {
  const words = message.tokens.length + message.refusal.length;
  return message.toolCalls.reduce((sum, call) => sum + argumentFragments(call.arguments).length, words);
}

/** All lists in one: one after the other, or the first of each, then the second of each, and so on. */
export function mergeLists<Item>(lists: readonly (readonly Item[])[], interleave: boolean): Item[] {
  if (!interleave) return lists.flat();
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, index) => lists.flatMap((list) => list.slice(index, index + 1))).flat();
}

/** The arguments of a call as the wires want them that carry no JSON text; no arguments when they are no JSON object. */
export function parseArguments(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
