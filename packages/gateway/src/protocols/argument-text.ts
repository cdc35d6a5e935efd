import type { ToolCallPart } from '../canonical/conversation.ts';
import { isObject, type JsonObject } from '../canonical/json.ts';
import { parseExact, toNumber, writeExact } from '../framing/exact-json.ts';

/**
 * Arguments of a tool call for a wire that has them as an object. Numbers keep their text (see exact-json). Text that
 * is no JSON object, as when a model was cut off, is kept as it is under a name of its own rather than lost.
 */
export function argumentObject(text: string): JsonObject {
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = parseExact(text);
  } catch {
    return { [UNREADABLE]: text };
  }
  // A number that is kept as its text is an object to JavaScript.
  return isObject(value) && toNumber(value) === undefined ? value : { [UNREADABLE]: text };
}

/** The arguments of a call as JSON text: some providers say nothing where a tool takes none. Free text may be empty. */
export function saidArguments(text: string, kind: ToolCallPart['kind']): string {
  return kind === 'function' && text.trim() === '' ? '{}' : text;
}

/** What a call gives its tool, for a wire whose tools all take objects: free text becomes the only argument. */
export function callInput({ kind, arguments: text }: Pick<ToolCallPart, 'kind' | 'arguments'>): JsonObject {
  return kind === 'custom' ? { input: text } : argumentObject(text);
}

/** The JSON text of arguments that a wire has as an object. */
export function argumentText(value: unknown): string {
  if (value === undefined || value === null) return '{}';
  if (isObject(value)) {
    const text = value[UNREADABLE];
    if (typeof text === 'string' && Object.keys(value).length === 1) return text;
  }
  return writeExact(value);
}

const UNREADABLE = 'unreadable_arguments';
