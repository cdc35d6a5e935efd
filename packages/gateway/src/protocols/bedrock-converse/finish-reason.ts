import type { Finish, FinishReason } from '../../canonical/chat-answer.ts';
import { asObject, asString } from '../../canonical/json.ts';
import type { AnswerFault } from '../unfinished-answer.ts';

const reasons: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  tool_use: 'tool-calls',
  max_tokens: 'length',
  stop_sequence: 'stop-sequence',
  guardrail_intervened: 'content-filter',
  content_filtered: 'content-filter',
  model_context_window_exceeded: 'length',
  // Claude's own words, should they come through as they are.
  refusal: 'refusal',
  pause_turn: 'paused',
};

/** Words for an answer that the model could not finish. */
const unfinished: ReadonlySet<unknown> = new Set(['malformed_model_output', 'malformed_tool_use']);

/** What is wrong with an answer that ended so. */
export function faultOf(word: unknown): AnswerFault | undefined {
  return unfinished.has(word) ? 'unfinished' : undefined;
}

/** What clients are told; the wire's enumeration has no word for a refusal and none for a pause. */
const words: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'content_filtered',
  refusal: 'content_filtered',
  // It is not whole.
  paused: 'max_tokens',
  other: 'end_turn',
};

/** The words that clients of the wire know. */
const known = new Set(Object.keys(reasons).filter((word) => word !== 'refusal' && word !== 'pause_turn'));

/** `additional` is `additionalModelResponseFields`: Claude's stop sequence is in it when it was asked for. */
export function decodeFinish(stopReason: unknown, additional: unknown): Finish {
  const raw = asString(stopReason);
  const reason = raw === undefined ? 'other' : Object.hasOwn(reasons, raw) ? reasons[raw]! : 'other';
  const stopSequence = asString(asObject(additional)?.['stop_sequence']);
  return { reason, raw, ...(stopSequence === undefined ? {} : { stopSequence }) };
}

/** The wire's word: the upstream's own where it is one and means the same. */
export function encodeFinishReason({ reason, raw }: Finish): string {
  return raw !== undefined && known.has(raw) && reasons[raw] === reason ? raw : words[reason];
}

/** Members beside the stop reason that tell of the stop sequence; none when it is not known. */
export function stopSequenceFields({ stopSequence }: Finish): { additionalModelResponseFields?: object } {
  return stopSequence === undefined ? {} : { additionalModelResponseFields: { stop_sequence: stopSequence } };
}
