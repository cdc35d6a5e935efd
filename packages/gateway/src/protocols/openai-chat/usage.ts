import type { Usage } from '../../canonical/usage.ts';

/**
 * Reads a usage object of the OpenAI wire: `prompt_tokens`/`completion_tokens` of chat, completions and embeddings, or
 * `input_tokens`/`output_tokens` of responses, images and audio. Undefined when it is not one.
 */
export function decodeUsage(value: unknown): Usage | undefined {
  if (!isRecord(value)) return undefined;
  const input = count(value['prompt_tokens']) ?? count(value['input_tokens']);
  const output = count(value['completion_tokens']) ?? count(value['output_tokens']);
  if (input === undefined && output === undefined) return undefined;
  const cached = detail(value['prompt_tokens_details'] ?? value['input_tokens_details'], 'cached_tokens');
  const reasoning = detail(value['completion_tokens_details'] ?? value['output_tokens_details'], 'reasoning_tokens');
  return {
    input: input ?? 0,
    output: output ?? 0,
    ...(cached === undefined ? {} : { cachedInput: cached }),
    ...(reasoning === undefined ? {} : { reasoning }),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function detail(value: unknown, key: string): number | undefined {
  return isRecord(value) ? count(value[key]) : undefined;
}
