import { describe, expect, it } from 'vitest';
import type { Usage } from '../canonical/usage.ts';
import { type Cost, costOf, estimatedCostOf, isFree } from './cost-of.ts';
import type { ModelPrices } from './model-facts.ts';
import { readPrices } from './price-library.ts';

/** A fifth of a cent for each search. */
const bySearch: ModelPrices = { tokens: {}, longContext: [], perSearchUnit: 2_000_000 };
const byToken: ModelPrices = { tokens: { input: 50_000_000, output: 0 }, longContext: [] };
const byBoth: ModelPrices = { ...byToken, perSearchUnit: 2_000_000 };
const free: ModelPrices = { tokens: { input: 0, output: 0 }, longContext: [] };

const told: Usage = { input: 0, output: 0, searchUnits: 3 };
const withTokens: Usage = { input: 1_000, output: 0, searchUnits: 3 };

describe('searches', () => {
  it.each<[string, Usage, ModelPrices, number]>([
    ['at their price', told, bySearch, 6_000_000],
    ['in place of tokens that have no price', withTokens, bySearch, 6_000_000],
    ['beside tokens that have one', withTokens, byBoth, 6_050_000],
    ['beside the request itself', told, { ...bySearch, perRequest: 7 }, 6_000_007],
    ['of which none was charged for', { input: 0, output: 0, searchUnits: 0 }, bySearch, 0],
    ['of a server of one’s own', withTokens, free, 0],
  ])('cost %s', (_what, usage, prices, nanoDollars) => {
    expect(costOf(usage, prices)).toEqual({ nanoDollars });
  });

  it('cost exactly beyond what a number has exactly', () => {
    const prices: ModelPrices = { tokens: { input: 1 }, longContext: [], perSearchUnit: 999_999_999_999 };
    const nanoDollars = 9_006 * 999_999_999_999;
    expect(Number.isSafeInteger(nanoDollars)).toBe(true);
    expect(costOf({ input: 499_999, output: 0, searchUnits: 9_006 }, prices)).toEqual({ nanoDollars });
    expect(costOf({ input: 500_000, output: 0, searchUnits: 9_006 }, prices)).toEqual({ nanoDollars: nanoDollars + 1 });
    expect(costOf({ ...told, searchUnits: 1.5 }, prices)).toEqual(unknown('implausible_usage'));
  });

  it('were charged as tokens where only those have a price', () => {
    expect(costOf(withTokens, byToken)).toEqual(unknown('no_search_price'));
    expect(costOf(told, byToken)).toEqual(unknown('no_search_price'));
    expect(costOf(told, undefined)).toEqual(unknown('no_price'));
  });

  it('that nobody told are not made up', () => {
    expect(costOf({ input: 1_000, output: 0 }, bySearch)).toEqual(unknown('no_input_price'));
  });

  it('are expected where they have a price, and tokens where not', () => {
    expect(estimatedCostOf(withTokens, bySearch)).toEqual({ nanoDollars: 6_000_000 });
    expect(estimatedCostOf(withTokens, byToken)).toEqual({ nanoDollars: 50_000 });
  });

  it('have the price of their tier', () => {
    const share = { kind: 'share', millionths: 500_000, source: 'config' } as const;
    const own = (prices: ModelPrices) => ({ kind: 'own', prices, source: 'config' }) as const;
    const tiers = { half: share, own: own({ ...bySearch, perSearchUnit: 5 }), other: own(byToken) };
    const prices = { ...bySearch, tiers };
    expect(costOf(told, prices, 'half')).toEqual({ nanoDollars: 3_000_000 });
    expect(costOf(told, prices, 'own')).toEqual({ nanoDollars: 15 });
    expect(costOf(told, prices, 'other')).toEqual(unknown('no_tier_price'));
  });

  it('are not free where tokens are', () => {
    expect([isFree(free), isFree({ ...free, perSearchUnit: 1 })]).toEqual([true, false]);
  });

  it('have a price in the library’s words', () => {
    expect(readPrices({ rerank_searches_kcount: 2 })).toEqual(bySearch);
    expect(readPrices({ rerank_searches_kcount: 2.5 })?.perSearchUnit).toBe(2_500_000);
  });
});

function unknown(reason: string): Cost {
  return { nanoDollars: undefined, reason } as Cost;
}
