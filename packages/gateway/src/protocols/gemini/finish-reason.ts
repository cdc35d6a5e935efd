import type { Finish, FinishReason } from '../../canonical/chat-answer.ts';
import type { AnswerFault } from '../unfinished-answer.ts';

/** Words of `finishReason`, by their numbers in the API's enumeration (a client can ask for numbers). */
const words = [
  ['FINISH_REASON_UNSPECIFIED', 'other'],
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['SAFETY', 'content-filter'],
  ['RECITATION', 'content-filter'],
  // Something stopped the answer that is not told: what there is of it must not pass for the whole.
  ['OTHER', 'content-filter'],
  ['LANGUAGE', 'content-filter'],
  ['BLOCKLIST', 'content-filter'],
  ['PROHIBITED_CONTENT', 'content-filter'],
  ['SPII', 'content-filter'],
  ['MALFORMED_FUNCTION_CALL', 'other'],
  ['IMAGE_SAFETY', 'content-filter'],
  ['UNEXPECTED_TOOL_CALL', 'other'],
  ['TOO_MANY_TOOL_CALLS', 'other'],
  ['IMAGE_PROHIBITED_CONTENT', 'content-filter'],
  ['IMAGE_OTHER', 'content-filter'],
  ['NO_IMAGE', 'content-filter'],
  ['IMAGE_RECITATION', 'content-filter'],
  // These have other numbers.
  ['MODEL_ARMOR', 'content-filter'],
  ['CONTINUATION', 'paused'],
] as const satisfies readonly (readonly [string, FinishReason])[];

/** `FUNCTION_CALL` is what servers say that imitate this wire; a client that is not told so never runs the tool. */
const reasons = new Map<string, FinishReason>([...words, ['FUNCTION_CALL', 'tool-calls']]);
/** `CONTINUATION` promises a token to go on with, which only Google can give. */
const unwritable = new Set(['CONTINUATION', 'FINISH_REASON_UNSPECIFIED', 'FUNCTION_CALL']);

/**
 * Words for an answer that the model could not finish, most often because it wrote a call that nobody can read. Told to a
 * client of another wire, which has no such words, nothing would pass for an answer, and half of one for the whole.
 */
const unfinished: ReadonlySet<string> = new Set([
  'MALFORMED_FUNCTION_CALL',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MALFORMED_RESPONSE',
  'MISSING_THOUGHT_SIGNATURE',
]);

/** What is wrong with an answer that ended so; the word may be its number's digits. */
export function faultOf(word: string): AnswerFault | undefined {
  const known = /^\d+$/.test(word) ? finishWord(Number(word)) : word;
  return known !== undefined && unfinished.has(known) ? 'unfinished' : undefined;
}

/** The word of a `finishReason`; undefined where there is none yet. */
export function finishWord(value: unknown): string | undefined {
  if (typeof value === 'number') return words[value]?.[0] ?? String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Why an answer ended. This wire says `STOP` too when the model calls functions. */
export function decodeFinish(word: string, hasCall: boolean): Finish {
  const reason = reasons.get(word) ?? 'other';
  return { reason: reason === 'stop' && hasCall ? 'tool-calls' : reason, raw: word };
}

/** This wire's word. */
export function encodeFinish({ reason, raw }: Finish): string {
  if (raw !== undefined && reasons.get(raw) === reason && !unwritable.has(raw)) return raw;
  return encoded[reason];
}

const encoded: Readonly<Record<FinishReason, string>> = {
  stop: 'STOP',
  'stop-sequence': 'STOP',
  'tool-calls': 'STOP',
  length: 'MAX_TOKENS',
  'content-filter': 'SAFETY',
  refusal: 'SAFETY',
  paused: 'MAX_TOKENS',
  other: 'OTHER',
};
