import type { Finish, FinishReason } from '../../canonical/chat-answer.ts';
import type { AnswerFault } from '../unfinished-answer.ts';

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
  // It is not whole.
  paused: 'length',
  other: 'stop',
};

/**
 * Words for an answer that its provider could not finish: Mistral and OpenRouter; DeepSeek; Z.AI; vLLM and SGLang. Told to
 * a client of another wire, which has no such words, half an answer would pass for a whole one.
 */
const failures: ReadonlySet<unknown> = new Set(['error', 'insufficient_system_resource', 'network_error', 'abort']);

/** Behind these stand Google's own words where it imitates this wire: `content_filter: RECITATION`. */
const FILTERED = 'content_filter:';
const UNFINISHED = 'function_call_filter:';

/** What is wrong with a choice that ended so: its provider failed, or the model could not finish it. */
export function faultOf(word: unknown): AnswerFault | undefined {
  if (failures.has(word)) return 'transient';
  return typeof word === 'string' && word.startsWith(UNFINISHED) ? 'unfinished' : undefined;
}

/**
 * Why a choice ended. A call that the caller forced ends with `stop` at OpenAI, as if the answer were complete; other
 * wires' clients run tools only when told that this is why the answer ended.
 */
export function decodeFinish(word: string | undefined, hasCalls: boolean): Finish {
  const known = word === undefined ? 'other' : reasonOf(word);
  const isPlain = known === 'stop' || word === undefined;
  return { reason: isPlain && hasCalls ? 'tool-calls' : known, raw: word };
}

function reasonOf(word: string): FinishReason {
  if (Object.hasOwn(reasons, word)) return reasons[word]!;
  return word.startsWith(FILTERED) ? 'content-filter' : 'other';
}

/** OpenAI's word. Its libraries know these few only, so whatever has no word of its own has to be `stop`. */
export function encodeFinish({ reason }: Finish): string {
  return words[reason];
}
