import { asObject, asTokens, hasNoCount, isObject, type JsonObject } from '../../canonical/json.ts';
import type { TokenCounts, Usage } from '../../canonical/usage.ts';

/**
 * Reads a usage object of the OpenAI wire: `prompt_tokens`/`completion_tokens` of chat, completions and embeddings, or
 * `input_tokens`/`output_tokens` of responses, images and audio. Undefined when it is not one, where it
 * has no input, and where a count of it is none: what is not told must not be free.
 */
export function decodeUsage(value: unknown): Usage | undefined {
  if (!isObject(value) || hasNoCount(value, mainCounts)) return undefined;
  const input = asTokens(value['prompt_tokens']) ?? asTokens(value['input_tokens']);
  const output = asTokens(value['completion_tokens']) ?? asTokens(value['output_tokens']);
  if (input === undefined) return undefined;
  const outputDetails = asObject(value['completion_tokens_details'] ?? value['output_tokens_details']);
  const reasoning = asTokens(outputDetails?.['reasoning_tokens']);
  // Transcriptions have a word of their own for the details.
  const inputDetails = asObject(
    value['prompt_tokens_details'] ?? value['input_tokens_details'] ?? value['input_token_details'],
  );
  const usage: CountedUsage = { input, output: output ?? 0 };
  readInput(value, inputDetails, usage);
  addRest(usage, asTokens(value['total_tokens']));
  // OpenRouter estimates reasoning by another tokenizer and can report more of it than there was output.
  if (reasoning !== undefined) usage.reasoning = Math.min(reasoning, usage.output);
  if (outputDetails !== undefined) {
    count(usage, 'audioOutput', outputDetails['audio_tokens']);
    count(usage, 'imageOutput', outputDetails['image_tokens']);
  }
  return usage;
}

const mainCounts = ['prompt_tokens', 'input_tokens', 'completion_tokens', 'output_tokens'] as const;

type CountedUsage = { -readonly [Name in keyof TokenCounts]: TokenCounts[Name] };

/**
 * Adds what the total, which holds everything, has beyond the two counts. Mistral counts sound apart from `prompt_tokens`, and
 * says how much it was; so it would be with a cache of more than the prompt. The rest is output: xAI counts reasoning apart
 * from `completion_tokens`, and so does Google on this wire, without a word of it (https://discuss.ai.google.dev/t/127400).
 */
function addRest(usage: CountedUsage, total: number | undefined): void {
  const rest = (total ?? 0) - usage.input - usage.output;
  if (rest <= 0) return;
  const { audioInput, cachedInput = 0, input } = usage;
  if (rest === audioInput || (rest === cachedInput && cachedInput > input)) usage.input += rest;
  else usage.output += rest;
}

function readInput(value: JsonObject, details: JsonObject | undefined, usage: CountedUsage): void {
  // DeepSeek has a name of its own for cache hits beside OpenAI's, Together and Moonshot have only theirs.
  const cached =
    asTokens(details?.['cached_tokens']) ??
    asTokens(value['prompt_cache_hit_tokens']) ??
    asTokens(value['cached_tokens']);
  if (cached !== undefined) usage.cachedInput = cached;
  if (details === undefined) return;
  count(usage, 'cacheWriteInput', details['cache_write_tokens']);
  count(usage, 'audioInput', details['audio_tokens']);
  count(usage, 'imageInput', details['image_tokens']);
  const cachedDetails = asObject(details['cached_tokens_details']);
  if (cachedDetails === undefined) return;
  count(usage, 'cachedAudioInput', cachedDetails['audio_tokens']);
  count(usage, 'cachedImageInput', cachedDetails['image_tokens']);
}

function count(usage: CountedUsage, name: keyof TokenCounts, told: unknown): void {
  const tokens = asTokens(told);
  if (tokens !== undefined) usage[name] = tokens;
}

/** A usage object of `/v1/chat/completions`. */
export function encodeUsage(usage: Usage): JsonObject {
  const { input, output } = usage;
  const cachedDetails = {
    ...counted('audio_tokens', usage.cachedAudioInput),
    ...counted('image_tokens', usage.cachedImageInput),
  };
  const inputDetails = {
    ...counted('cached_tokens', usage.cachedInput),
    ...counted('cache_write_tokens', usage.cacheWriteInput),
    ...counted('audio_tokens', usage.audioInput),
    ...counted('image_tokens', usage.imageInput),
    ...(Object.keys(cachedDetails).length === 0 ? {} : { cached_tokens_details: cachedDetails }),
  };
  const outputDetails = {
    ...counted('reasoning_tokens', usage.reasoning),
    ...counted('audio_tokens', usage.audioOutput),
    ...counted('image_tokens', usage.imageOutput),
  };
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    ...(Object.keys(inputDetails).length === 0 ? {} : { prompt_tokens_details: inputDetails }),
    ...(Object.keys(outputDetails).length === 0 ? {} : { completion_tokens_details: outputDetails }),
  };
}

function counted<Key extends string>(key: Key, count: number | undefined): { readonly [K in Key]?: number } {
  return count === undefined ? {} : ({ [key]: count } as { readonly [K in Key]?: number });
}
