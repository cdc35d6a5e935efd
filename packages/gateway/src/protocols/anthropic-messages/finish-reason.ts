import type { Finish, FinishReason } from '../../canonical/chat-answer.ts';

/** `stop_reason` words. `compaction` pauses an answer after the provider has shortened the conversation. */
const reasons: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop-sequence',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  refusal: 'refusal',
  pause_turn: 'paused',
  compaction: 'paused',
};

const words: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  // The wire has no word of its own for a filter; its clients treat a refusal as an answer that must not be used.
  'content-filter': 'refusal',
  refusal: 'refusal',
  paused: 'pause_turn',
  other: 'end_turn',
};

/** Why an answer ended, from its `stop_reason` and `stop_sequence`. */
export function decodeFinish(stopReason: unknown, stopSequence: unknown): Finish {
  const raw = typeof stopReason === 'string' ? stopReason : undefined;
  const reason = (raw !== undefined && Object.hasOwn(reasons, raw) ? reasons[raw] : undefined) ?? 'other';
  return { reason, raw, ...(typeof stopSequence === 'string' ? { stopSequence } : {}) };
}

/**
 * The `stop_reason` of a finish. A word of this wire is given back as it came. An answer that holds calls says so even
 * if its upstream did not, since clients of this wire run tools only on `tool_use`.
 */
export function encodeStopReason({ reason, raw }: Finish, hasToolCalls: boolean): string {
  if (raw !== undefined && Object.hasOwn(reasons, raw) && reasons[raw] === reason) return raw;
  if (hasToolCalls && (reason === 'stop' || reason === 'other')) return 'tool_use';
  return words[reason];
}
