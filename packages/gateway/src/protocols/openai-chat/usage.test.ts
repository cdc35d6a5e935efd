import { describe, expect, it } from 'vitest';
import { decodeUsage, encodeUsage } from './usage.ts';

describe('decodeUsage', () => {
  it.each([
    ['OpenAI', { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 }, { input: 9, output: 4 }],
    ['responses', { input_tokens: 9, output_tokens: 4 }, { input: 9, output: 4 }],
    [
      'details',
      {
        prompt_tokens: 90,
        completion_tokens: 40,
        total_tokens: 130,
        prompt_tokens_details: { cached_tokens: 8, cache_write_tokens: 7, audio_tokens: 6 },
        completion_tokens_details: { reasoning_tokens: 5, audio_tokens: 3 },
      },
      { input: 90, output: 40, cachedInput: 8, cacheWriteInput: 7, audioInput: 6, reasoning: 5, audioOutput: 3 },
    ],
    [
      'xAI, which counts reasoning apart',
      { prompt_tokens: 9, completion_tokens: 4, total_tokens: 33, completion_tokens_details: { reasoning_tokens: 20 } },
      { input: 9, output: 24, reasoning: 20 },
    ],
    [
      'Google, which leaves reasoning out of all counts but the total',
      { prompt_tokens: 9, completion_tokens: 3, total_tokens: 105 },
      { input: 9, output: 96 },
    ],
    ['Google, where it wrote nothing', { prompt_tokens: 9, total_tokens: 105 }, { input: 9, output: 96 }],
    [
      'Mistral, which counts sound apart',
      { prompt_tokens: 9, completion_tokens: 4, total_tokens: 388, prompt_tokens_details: { audio_tokens: 375 } },
      { input: 384, output: 4, audioInput: 375 },
    ],
    [
      'OpenRouter, which estimates reasoning',
      { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13, completion_tokens_details: { reasoning_tokens: 6 } },
      { input: 9, output: 4, reasoning: 4 },
    ],
    [
      'DeepSeek',
      { prompt_tokens: 9, completion_tokens: 4, prompt_cache_hit_tokens: 2, prompt_cache_miss_tokens: 7 },
      { input: 9, output: 4, cachedInput: 2 },
    ],
    ['Together', { prompt_tokens: 9, completion_tokens: 4, cached_tokens: 1 }, { input: 9, output: 4, cachedInput: 1 }],
    [
      'a cache that is counted apart',
      { prompt_tokens: 10, completion_tokens: 5, total_tokens: 105, prompt_tokens_details: { cached_tokens: 90 } },
      { input: 100, output: 5, cachedInput: 90 },
    ],
    ['a half', { prompt_tokens: 9, completion_tokens: null, prompt_tokens_details: null }, { input: 9, output: 0 }],
  ])('reads that of %s', (_, value, expected) => {
    expect(decodeUsage(value)).toEqual(expected);
    expect(decodeUsage(encodeUsage(expected))).toEqual(expected);
  });

  it.each([
    undefined,
    null,
    5,
    'x',
    [],
    {},
    { total_tokens: 5 },
    { completion_tokens: 5 },
    { prompt_tokens: -1, completion_tokens: 5 },
    { prompt_tokens: 9, completion_tokens: -1 },
    { prompt_tokens: 10.5, completion_tokens: 5 },
    { prompt_tokens: 2 ** 53, completion_tokens: 5 },
    { prompt_tokens: 9, completion_tokens: 20_000_000_000 },
    { prompt_tokens: '9', completion_tokens: 5 },
  ])('takes %j for none', (value) => {
    expect(decodeUsage(value)).toBeUndefined();
  });
});
