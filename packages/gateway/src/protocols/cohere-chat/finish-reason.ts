import type { Finish, FinishReason } from '../../canonical/chat-answer.ts';

/** Why an answer ended, from Cohere's word; a word that is newer than this table is `other`. */
export function decodeFinish(word: string | undefined): Finish {
  return { reason: (word === undefined ? undefined : reasons.get(word)) ?? 'other', raw: word };
}

/** Cohere's word for it. */
export function encodeFinish({ reason }: Finish): string {
  return words[reason];
}

/** Whether an answer that ended so failed at the provider; it is no answer then, and none of its words is an end. */
export function isFailure(word: unknown): boolean {
  return typeof word === 'string' && failures.has(word);
}

const failures: ReadonlySet<string> = new Set(['ERROR', 'TIMEOUT']);

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
  'content-filter': 'ERROR_TOXIC',
  // The model's own words of refusal are the answer.
  refusal: 'COMPLETE',
  // The answer is not whole and goes on when it is sent back, as one that was cut at its limit does.
  paused: 'MAX_TOKENS',
  other: 'COMPLETE',
};
