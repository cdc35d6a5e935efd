import type { Finish, FinishReason } from '../../canonical/chat-answer.ts';

/** Words of OpenAI, and those that compatible providers use in their place. */
const reasons: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  eos: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop-sequence',
  length: 'length',
  max_tokens: 'length',
  // Mistral: the model's context is full.
  model_length: 'length',
  tool_calls: 'tool-calls',
  // Mistral's models on Azure.
  tool_call: 'tool-calls',
  tool_use: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'content-filter',
  // Z.AI.
  sensitive: 'content-filter',
  refusal: 'refusal',
};

const words: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  'stop-sequence': 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  refusal: 'content_filter',
  paused: 'stop',
  other: 'stop',
};

/**
 * Words for an answer that its provider could not finish: Mistral and OpenRouter; DeepSeek; Z.AI; vLLM and SGLang. Told to
 * a client of another wire, which has no such words, half an answer would pass for a whole one.
 */
const failures: ReadonlySet<unknown> = new Set(['error', 'insufficient_system_resource', 'network_error', 'abort']);

/** Whether a choice that ended so failed at the provider. */
export function isFailedFinish(word: unknown): boolean {
  return failures.has(word);
}

/**
 * Why a choice ended. A call that the caller forced ends with `stop` at OpenAI, as if the answer were complete; other
 * wires' clients run tools only when told that this is why the answer ended.
 */
export function decodeFinish(word: string | undefined, hasCalls: boolean): Finish {
  const known = word === undefined ? 'other' : Object.hasOwn(reasons, word) ? reasons[word]! : 'other';
  const isPlain = known === 'stop' || word === undefined;
  return { reason: isPlain && hasCalls ? 'tool-calls' : known, raw: word };
}

/** OpenAI's word. Its libraries know these few only, so whatever has no word of its own has to be `stop`. */
export function encodeFinish({ reason }: Finish): string {
  return words[reason];
}
