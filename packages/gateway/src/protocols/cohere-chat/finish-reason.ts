import type { Finish, FinishReason } from '../../canonical/chat-answer.ts';
import type { AnswerFault } from '../unfinished-answer.ts';

/** Why an answer ended, from Cohere's word; a word that is newer than this table is `other`. */
export function decodeFinish(word: string | undefined): Finish {
  return { reason: (word === undefined ? undefined : reasons.get(word)) ?? 'other', raw: word };
}

/**
 * Cohere's word for it. A refusal in the model's own words is an answer; without them somebody took the answer out of the
 * model's hands.
 */
export function encodeFinish({ reason }: Finish, hasRefusal: boolean): string {
  return reason === 'refusal' && hasRefusal ? 'COMPLETE' : words[reason];
}

/**
 * What is wrong with an answer that ended so: it failed at the provider. Other wires have no word for that, and half an
 * answer would pass for a whole one.
 */
export function faultOf(word: unknown): AnswerFault | undefined {
  return failures.has(word) ? 'transient' : undefined;
}

const failures: ReadonlySet<unknown> = new Set(['ERROR', 'TIMEOUT']);

/** `ERROR_TOXIC` and `ERROR_LIMIT` are in the API's first edition only; the second may still send them. */
const reasons: ReadonlyMap<string, FinishReason> = new Map([
  ['COMPLETE', 'stop'],
  ['STOP_SEQUENCE', 'stop-sequence'],
  ['MAX_TOKENS', 'length'],
  ['TOOL_CALL', 'tool-calls'],
  ['ERROR_TOXIC', 'content-filter'],
  ['ERROR_LIMIT', 'length'],
]);

const words: Readonly<Record<FinishReason, string>> = {
  stop: 'COMPLETE',
  'stop-sequence': 'STOP_SEQUENCE',
  length: 'MAX_TOKENS',
  'tool-calls': 'TOOL_CALL',
  // The second edition's list has `ERROR` alone for what must not pass for an answer. That is how a stream breaks off, and
  // who reads it asks again; the first edition's word says what happened, and libraries pass on what they do not know.
  'content-filter': 'ERROR_TOXIC',
  refusal: 'ERROR_TOXIC',
  // The answer is not whole and goes on when it is sent back, as one that was cut at its limit does.
  paused: 'MAX_TOKENS',
  other: 'COMPLETE',
};
