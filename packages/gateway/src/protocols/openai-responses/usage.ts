import { asObject, asTokens, hasNoCount, type JsonObject } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';

/**
 * Reads a usage object of this wire; undefined when it is none, it has no input, or a count of it is none. `input_tokens`
 * holds what came from and went to the cache, `output_tokens` holds reasoning: the vocabulary's own terms.
 */
export function decodeUsage(value: unknown): Usage | undefined {
  const usage = asObject(value);
  if (usage === undefined || hasNoCount(usage, mainCounts)) return undefined;
  const input = asTokens(usage['input_tokens']);
  const output = asTokens(usage['output_tokens']);
  if (input === undefined) return undefined;
  const inputDetails = asObject(usage?.['input_tokens_details']);
  const cached = asTokens(inputDetails?.['cached_tokens']);
  const written = asTokens(inputDetails?.['cache_write_tokens']);
  const reasoning = asTokens(asObject(usage?.['output_tokens_details'])?.['reasoning_tokens']);
  return {
    input,
    output: output ?? 0,
    ...(cached === undefined ? {} : { cachedInput: cached }),
    ...(written === undefined ? {} : { cacheWriteInput: written }),
    ...(reasoning === undefined ? {} : { reasoning }),
  };
}

const mainCounts = ['input_tokens', 'output_tokens'] as const;

/** The usage object of an answer. Both details are there always: clients read them without looking. */
export function encodeUsage(usage: Usage): JsonObject {
  const { input, output, cachedInput = 0, cacheWriteInput = 0, reasoning = 0 } = usage;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cachedInput, cache_write_tokens: cacheWriteInput },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  };
}
