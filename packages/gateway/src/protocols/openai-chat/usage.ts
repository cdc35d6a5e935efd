import { asCount, asObject, isObject, type JsonObject } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';

/**
 * Reads a usage object of the OpenAI wire: `prompt_tokens`/`completion_tokens` of chat, completions and embeddings, or
 * `input_tokens`/`output_tokens` of responses, images and audio. Undefined when it is not one.
 */
export function decodeUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  const input = asCount(value['prompt_tokens']) ?? asCount(value['input_tokens']);
  const output = asCount(value['completion_tokens']) ?? asCount(value['output_tokens']);
  if (input === undefined && output === undefined) return undefined;
  const inputDetails = asObject(value['prompt_tokens_details'] ?? value['input_tokens_details']) ?? {};
  const outputDetails = asObject(value['completion_tokens_details'] ?? value['output_tokens_details']) ?? {};
  const reasoning = asCount(outputDetails['reasoning_tokens']);
  const total = wholeOutput({ value, input: input ?? 0, output: output ?? 0, reasoning: reasoning ?? 0 });
  return {
    input: input ?? 0,
    output: total,
    ...counted('cachedInput', cachedTokens(value, inputDetails)),
    ...counted('cacheWriteInput', asCount(inputDetails['cache_write_tokens'])),
    // OpenRouter estimates reasoning by another tokenizer and can report more of it than there was output.
    ...counted('reasoning', reasoning === undefined ? undefined : Math.min(reasoning, total)),
    ...counted('audioInput', asCount(inputDetails['audio_tokens'])),
    ...counted('audioOutput', asCount(outputDetails['audio_tokens'])),
  };
}

/** A usage object of `/v1/chat/completions`. */
export function encodeUsage(usage: Usage): JsonObject {
  const { input, output, cachedInput, cacheWriteInput, reasoning, audioInput, audioOutput } = usage;
  const inputDetails = {
    ...counted('cached_tokens', cachedInput),
    ...counted('cache_write_tokens', cacheWriteInput),
    ...counted('audio_tokens', audioInput),
  };
  const outputDetails = { ...counted('reasoning_tokens', reasoning), ...counted('audio_tokens', audioOutput) };
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    ...(Object.keys(inputDetails).length === 0 ? {} : { prompt_tokens_details: inputDetails }),
    ...(Object.keys(outputDetails).length === 0 ? {} : { completion_tokens_details: outputDetails }),
  };
}

interface OutputCounts {
  readonly value: JsonObject;
  readonly input: number;
  readonly output: number;
  readonly reasoning: number;
}

/** xAI counts reasoning apart from `completion_tokens`; its total, which holds everything, gives it away. */
function wholeOutput({ value, input, output, reasoning }: OutputCounts): number {
  return reasoning > 0 && value['total_tokens'] === input + output + reasoning ? output + reasoning : output;
}

/** DeepSeek has a name of its own for cache hits beside OpenAI's, Together and Moonshot have only theirs. */
function cachedTokens(value: JsonObject, details: JsonObject): number | undefined {
  return (
    asCount(details['cached_tokens']) ?? asCount(value['prompt_cache_hit_tokens']) ?? asCount(value['cached_tokens'])
  );
}

function counted<Key extends string>(key: Key, count: number | undefined): { readonly [K in Key]?: number } {
  return count === undefined ? {} : ({ [key]: count } as { readonly [K in Key]?: number });
}
