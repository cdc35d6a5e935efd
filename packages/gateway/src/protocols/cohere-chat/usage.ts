import { asObject, asTokens, hasNoCount, type JsonObject } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';

/**
 * Reads Cohere's usage. `tokens` are what the model read and wrote, `billed_units` only what is charged (the text that
 * Cohere adds to a prompt is free), so billed units count only where there is nothing else. Tokens of images are
 * counted beside `input_tokens`, those of reasoning and of the cache within. Undefined where neither has an input, or
 * a count is none: what is not told must not be free.
 */
export function decodeUsage(value: unknown): Usage | undefined {
  const usage = asObject(value);
  const counts = countsOf(asObject(usage?.['tokens'])) ?? countsOf(asObject(usage?.['billed_units']));
  if (!counts) return undefined;
  const cached = asTokens(usage?.['cached_tokens']);
  return {
    ...counts,
    ...(cached === undefined ? {} : { cachedInput: Math.min(cached, counts.input) }),
  };
}

export function encodeUsage({ input, output, reasoning, cachedInput, imageInput }: Usage): JsonObject {
  const images = Math.min(imageInput ?? 0, input);
  const counts = { input_tokens: input - images, ...(images > 0 && { image_tokens: images }) };
  return {
    billed_units: { ...counts, output_tokens: output },
    tokens: {
      ...counts,
      output_tokens: output,
      ...(reasoning === undefined ? {} : { reasoning_tokens: reasoning }),
    },
    ...(cachedInput === undefined ? {} : { cached_tokens: cachedInput }),
  };
}

const mainCounts = ['input_tokens', 'output_tokens'] as const;

function countsOf(tokens: JsonObject | undefined): Usage | undefined {
  if (tokens === undefined || hasNoCount(tokens, mainCounts)) return undefined;
  const input = asTokens(tokens['input_tokens']);
  const output = asTokens(tokens['output_tokens']);
  if (input === undefined) return undefined;
  const reasoning = asTokens(tokens['reasoning_tokens']);
  const imageInput = asTokens(tokens['image_tokens']);
  return {
    input: input + (imageInput ?? 0),
    output: output ?? 0,
    ...(imageInput === undefined ? {} : { imageInput }),
    ...(reasoning === undefined ? {} : { reasoning }),
  };
}
