import { describe, expect, it } from 'vitest';
import { type Usage, usageClasses } from '../canonical/usage.ts';
import { costOf } from './cost-of.ts';
import { type TokenClass, tokenClasses } from './model-facts.ts';

/** One token of each class, in the classes that it is part of as well. */
const single: Readonly<Record<TokenClass, Usage>> = {
  input: { input: 1, output: 0 },
  cachedInput: { input: 1, output: 0, cachedInput: 1 },
  cacheWriteInput: { input: 1, output: 0, cacheWriteInput: 1 },
  cacheWriteHourInput: { input: 1, output: 0, cacheWriteInput: 1, cacheWriteHourInput: 1 },
  output: { input: 0, output: 1 },
  reasoning: { input: 0, output: 1, reasoning: 1 },
  audioInput: { input: 1, output: 0, audioInput: 1 },
  audioOutput: { input: 0, output: 1, audioOutput: 1 },
  imageInput: { input: 1, output: 0, imageInput: 1 },
  imageOutput: { input: 0, output: 1, imageOutput: 1 },
  cachedAudioInput: { input: 1, output: 0, cachedInput: 1, audioInput: 1, cachedAudioInput: 1 },
  cachedImageInput: { input: 1, output: 0, cachedInput: 1, imageInput: 1, cachedImageInput: 1 },
};

describe('a token', () => {
  it.each(tokenClasses)('of the class %s has the price of that class', (name) => {
    const prices = Object.fromEntries(tokenClasses.map((one, index) => [one, (index + 1) * 1_000_000]));
    const usage = { imageInput: 0, imageOutput: 0, ...single[name] };
    expect(costOf(usage, { tokens: prices, longContext: [] })).toEqual({
      nanoDollars: tokenClasses.indexOf(name) + 1,
    });
  });

  it.each(usageClasses)('of the class %s is counted in whole numbers', (name) => {
    expect(costOf({ input: 9, output: 9, [name]: 0.5 }, { tokens: { input: 1, output: 1 }, longContext: [] })).toEqual({
      nanoDollars: undefined,
      reason: 'implausible_usage',
    });
  });
});
