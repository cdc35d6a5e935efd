import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TokenCounts, Usage } from '../canonical/usage.ts';
import { costOf, isFree } from './cost-of.ts';
import type { ModelPrices, TokenPrices } from './model-facts.ts';

/** Prices of a large model with a cache: 3 dollars in, 15 out. */
const tokens: TokenPrices = {
  input: 3_000_000_000,
  cachedInput: 300_000_000,
  cacheWriteInput: 3_750_000_000,
  cacheWriteHourInput: 6_000_000_000,
  output: 15_000_000_000,
};
const plain: ModelPrices = { tokens, longContext: [] };
const tiered: ModelPrices = {
  tokens,
  longContext: [{ aboveInputTokens: 200_000, tokens: { ...tokens, input: 6_000_000_000, output: 22_500_000_000 } }],
};
const spoken: ModelPrices = {
  tokens: { input: 2_500_000_000, output: 10_000_000_000, audioInput: 40_000_000_000, audioOutput: 80_000_000_000 },
  longContext: [],
};

describe('a cost', () => {
  it.each<[string, Usage, ModelPrices, number]>([
    ['nothing', { input: 0, output: 0 }, plain, 0],
    ['input and output', { input: 1_000, output: 100 }, plain, 4_500_000],
    ['one token', { input: 1, output: 0 }, plain, 3_000],
    ['input from the cache once', { input: 1_000, output: 0, cachedInput: 900 }, plain, 570_000],
    ['input written to the cache', { input: 1_000, output: 0, cacheWriteInput: 1_000 }, plain, 3_750_000],
    [
      'input written for five minutes and for an hour',
      { input: 1_000, output: 0, cacheWriteInput: 1_000, cacheWriteHourInput: 400 },
      plain,
      4_650_000,
    ],
    [
      'all classes of input',
      { input: 10_000, output: 500, cachedInput: 6_000, cacheWriteInput: 3_000, cacheWriteHourInput: 1_000 },
      plain,
      25_800_000,
    ],
    ['reasoning as output', { input: 0, output: 1_000, reasoning: 900 }, plain, 15_000_000],
    [
      'reasoning at its own price',
      { input: 0, output: 1_000, reasoning: 900 },
      { ...plain, tokens: { ...tokens, reasoning: 1_000_000_000 } },
      2_400_000,
    ],
    ['audio in and out', { input: 1_000, output: 200, audioInput: 800, audioOutput: 150 }, spoken, 45_000_000],
    ['cached tokens without a price of their own', { input: 1_000, output: 0, cachedInput: 1_000 }, spoken, 2_500_000],
    ['a long input at its last cheap token', { input: 200_000, output: 10 }, tiered, 600_150_000],
    ['a long input, all of it', { input: 200_001, output: 10 }, tiered, 1_200_231_000],
    ['a long input that is cached', { input: 200_001, output: 0, cachedInput: 200_001 }, tiered, 60_000_300],
    ['the request itself', { input: 1, output: 0 }, { ...plain, perRequest: 12_000_000 }, 12_003_000],
    ['fractions to the nearest', { input: 3, output: 0 }, { tokens: { input: 500_000 }, longContext: [] }, 2],
  ])('counts %s', (_what, usage, prices, nanoDollars) => {
    expect(costOf(usage, prices)).toEqual({ nanoDollars });
  });

  it('is exact beyond what a number has exactly', () => {
    const prices: ModelPrices = { tokens: { input: 999_999_999_999_999, output: 1 }, longContext: [] };
    expect(costOf({ input: 4_000_001, output: 3 }, prices)).toEqual({ nanoDollars: 4_000_000_999_999_996 });
    expect(costOf({ input: 9, output: 1 }, prices)).toEqual({ nanoDollars: 9_000_000_000 });
  });

  it('takes a part that is larger than its whole for the whole', () => {
    const usage = { input: 10, output: 10, cachedInput: 50, cacheWriteInput: 50, audioInput: 50, reasoning: 50 };
    expect(costOf(usage, plain)).toEqual({ nanoDollars: 10 * 300 + 10 * 15_000 });
  });
});

const withTiers: ModelPrices = {
  ...tiered,
  perRequest: 1_000,
  tiers: {
    half: { kind: 'share', millionths: 500_000, source: 'overlay' },
    dear: {
      kind: 'own',
      prices: { tokens: { input: 9_000_000_000, output: 90_000_000_000 }, longContext: [] },
      source: 'config',
    },
  },
};

describe('a cost in another tier of service', () => {
  it.each<[string, string, Usage, number]>([
    [
      'a share of all of it, the request itself included',
      'half',
      { input: 1_000, cachedInput: 900, output: 100 },
      1_035_500,
    ],
    ['a share of long inputs', 'half', { input: 200_001, output: 10 }, 600_116_000],
    ['a share to the nearest, rounded once', 'half', { input: 0, output: 0 }, 500],
    ['prices of its own', 'dear', { input: 100, output: 10, reasoning: 4 }, 1_800_000],
  ])('counts %s', (_what, tier, usage, nanoDollars) => {
    expect(costOf(usage, withTiers, tier)).toEqual({ nanoDollars });
  });

  it.each<[string, string, Usage]>([
    ['nobody knows the tier', 'other', { input: 1, output: 1 }],
    [
      'what was read from the cache has a price usually, and none there',
      'dear',
      { input: 9, cachedInput: 1, output: 1 },
    ],
    ['a long input has a price usually, and none there', 'dear', { input: 200_001, output: 1 }],
  ])('is not known where %s', (_what, tier, usage) => {
    expect(costOf(usage, withTiers, tier)).toEqual({ nanoDollars: undefined, reason: 'no_tier_price' });
  });

  it('is nothing where the model is free, whatever a caller asks for', () => {
    expect(costOf({ input: 1, output: 1 }, { tokens: { input: 0, output: 0 }, longContext: [] }, 'other')).toEqual({
      nanoDollars: 0,
    });
  });
});

describe('a cost of pictures', () => {
  const drawing: ModelPrices = {
    tokens: { input: 1_000_000, output: 2_000_000, imageOutput: 9_000_000 },
    longContext: [],
  };

  it('is that of pictures and of what is none', () => {
    expect(costOf({ input: 5, output: 10, imageOutput: 7 }, drawing)).toEqual({ nanoDollars: 5 + 6 + 63 });
    expect(costOf({ input: 5, output: 10, imageOutput: 0 }, drawing)).toEqual({ nanoDollars: 25 });
  });

  it('is not known where nobody told how much of it was pictures', () => {
    expect(costOf({ input: 5, output: 10 }, drawing)).toEqual({ nanoDollars: undefined, reason: 'untold_images' });
    expect(costOf({ input: 5, output: 0 }, drawing)).toEqual({ nanoDollars: 5 });
  });
});

describe('a cost that is not known', () => {
  it.each<[string, Usage | undefined, ModelPrices | undefined]>([
    ['no_price', { input: 1, output: 1 }, undefined],
    ['no_usage', undefined, plain],
    ['no_output_price', { input: 1, output: 1 }, { tokens: { input: 1 }, longContext: [] }],
    ['no_input_price', { input: 1, output: 1 }, { tokens: { output: 1 }, longContext: [] }],
    ['implausible_usage', { input: -1, output: 1 }, plain],
    ['implausible_usage', { input: 1.5, output: 1 }, plain],
    ['implausible_usage', { input: Number.NaN, output: 1 }, plain],
    ['implausible_usage', { input: Number.MAX_SAFE_INTEGER, output: 1 }, plain],
  ])('has a reason: %s', (reason, usage, prices) => {
    expect(costOf(usage, prices)).toEqual({ nanoDollars: undefined, reason });
  });

  it('is known where only what it did not use has no price', () => {
    expect(costOf({ input: 1, output: 0 }, { tokens: { input: 1_000_000 }, longContext: [] })).toEqual({
      nanoDollars: 1,
    });
  });
});

const count = fc.nat({ max: 5_000_000 });
/** Usages as providers report them: parts within their wholes. */
const usages: fc.Arbitrary<Usage> = fc
  .record({ fresh: count, cached: count, written: count, hour: count, audioIn: count, said: count, thought: count })
  .map(({ fresh, cached, written, hour, audioIn, said, thought }) => ({
    input: fresh + cached + written + hour + audioIn,
    cachedInput: cached,
    cacheWriteInput: written + hour,
    cacheWriteHourInput: hour,
    audioInput: audioIn,
    output: said + thought,
    reasoning: thought,
  }));
/** Prices in whole nano-dollars for a token, so that no cost has a fraction. */
const wholePrices = fc
  .record({
    input: fc.nat({ max: 100_000 }),
    cachedInput: fc.nat({ max: 100_000 }),
    cacheWriteInput: fc.nat({ max: 100_000 }),
    cacheWriteHourInput: fc.nat({ max: 100_000 }),
    audioInput: fc.nat({ max: 100_000 }),
    output: fc.nat({ max: 100_000 }),
    reasoning: fc.nat({ max: 100_000 }),
  })
  .map(
    (prices): TokenPrices =>
      Object.fromEntries(Object.entries(prices).map(([name, price]) => [name, price * 1_000_000])),
  );
const anyPrices = fc.record({ input: fc.nat({ max: 1e11 }), output: fc.nat({ max: 1e11 }) });

function sum(one: Usage, other: Usage): Usage {
  const names = Object.keys(one) as (keyof TokenCounts)[];
  return Object.fromEntries(names.map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)])) as unknown as Usage;
}

const nano = (usage: Usage, prices: ModelPrices): number => costOf(usage, prices).nanoDollars!;

describe('costs', () => {
  it('add up exactly', () => {
    fc.assert(
      fc.property(usages, usages, wholePrices, (one, other, own) => {
        const prices = { tokens: own, longContext: [] };
        expect(nano(sum(one, other), prices)).toBe(nano(one, prices) + nano(other, prices));
      }),
    );
  });

  it('add up to a nano-dollar where tokens cost fractions of one', () => {
    fc.assert(
      fc.property(usages, usages, anyPrices, (one, other, own) => {
        const prices = { tokens: own, longContext: [] };
        const apart = nano(one, prices) + nano(other, prices);
        expect(Math.abs(nano(sum(one, other), prices) - apart)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('never fall as tokens are added, above a step neither', () => {
    const dearer = (prices: TokenPrices): ModelPrices => ({
      tokens: prices,
      longContext: [
        {
          aboveInputTokens: 200_000,
          tokens: Object.fromEntries(Object.entries(prices).map(([name, price]) => [name, price * 2])),
        },
      ],
    });
    fc.assert(
      fc.property(usages, usages, wholePrices, (one, more, own) => {
        expect(nano(sum(one, more), dearer(own))).toBeGreaterThanOrEqual(nano(one, dearer(own)));
      }),
    );
  });

  it('of a usage without its totals were no number', () => {
    const report = { input: undefined, output: undefined, cachedInput: 0 } as unknown as Usage;
    expect(costOf(report, spoken)).toEqual({ nanoDollars: undefined, reason: 'implausible_usage' });
  });

  it('are never negative, whatever a provider reports', () => {
    const odd = fc.oneof(fc.maxSafeInteger(), fc.double(), fc.constant(undefined));
    const reports = fc.record({
      input: odd,
      output: odd,
      cachedInput: odd,
      cacheWriteInput: odd,
      cacheWriteHourInput: odd,
      reasoning: odd,
      audioInput: odd,
      audioOutput: odd,
    });
    fc.assert(
      fc.property(reports, (report) => {
        const { nanoDollars = 0 } = costOf(report as Usage, spoken);
        expect(Number.isSafeInteger(nanoDollars) && nanoDollars >= 0).toBe(true);
      }),
    );
  });
});

describe('a model', () => {
  const nothing: TokenPrices = { input: 0, output: 0 };
  it.each<[string, ModelPrices, boolean]>([
    ['without any price above nothing', { tokens: nothing, longContext: [] }, true],
    ['with a price', plain, false],
    ['whose output has no price', { tokens: { input: 0 }, longContext: [] }, false],
    ['whose sound costs', { tokens: { ...nothing, audioInput: 1 }, longContext: [] }, false],
    ['whose requests cost', { tokens: nothing, longContext: [], perRequest: 1 }, false],
    ['whose long requests cost', { tokens: nothing, longContext: [{ aboveInputTokens: 9, tokens }] }, false],
  ])('%s is free or not', (_case, prices, expected) => {
    expect(isFree(prices)).toBe(expected);
  });
});
