import type { Finish, FinishReason } from '../../canonical/chat-answer.ts';

/** Why an answer ended, from Cohere's word; a word that is newer than this table is `other`. */
export function decodeFinish(word: string | undefined): Finish {
  return { reason: (word === undefined ? undefined : reasons.get(word)) ?? 'other', raw: word };
}

/** Cohere's word for it. A word of Cohere's own that means nothing elsewhere (`ERROR`, `TIMEOUT`) stays what it was. */
export function encodeFinish({ reason, raw }: Finish): string {
  if (reason === 'other') return raw !== undefined && failures.has(raw) ? raw : 'COMPLETE';
  return words[reason];
}

/** Whether an answer that ended so failed at the provider. */
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

const words: Readonly<Record<Exclude<FinishReason, 'other'>, string>> = {
  stop: 'COMPLETE',
  'stop-sequence': 'STOP_SEQUENCE',
  length: 'MAX_TOKENS',
  'tool-calls': 'TOOL_CALL',
  'content-filter': 'ERROR_TOXIC',
  // The model's own words of refusal are the answer.
  refusal: 'COMPLETE',
  // The answer is not whole and goes on when it is sent back, as one that was cut at its limit does.
  paused: 'MAX_TOKENS',
};
