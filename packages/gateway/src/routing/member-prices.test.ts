import { expect, it } from 'vitest';
import type { CatalogueAsk } from '../pricing/model-catalogue.ts';
import type { ModelFacts } from '../pricing/model-facts.ts';
import { createMemberPrices } from './member-prices.ts';
import { makePickFacts } from './pick-facts.fixture.ts';
import { neededCapabilities } from './request-needs.ts';
import { makeMember } from './surroundings.fixture.ts';

const facts = makePickFacts({ inputTokens: 1_000, outputTokens: 500 });

function pricesOf(find: (ask: CatalogueAsk) => ModelFacts | undefined) {
  return createMemberPrices({ find, wallNow: () => 1_700_000_000_000 });
}

const perMillion = (input: number, output?: number): ModelFacts => ({
  prices: { tokens: { input, ...(output !== undefined && { output }) }, longContext: [] },
});

it('multiplies tokens by prices', () => {
  const { costOf } = pricesOf(() => perMillion(3_000_000_000, 15_000_000_000));
  expect(costOf(makeMember('a'), facts)).toBe(3_000_000 + 7_500_000);
});

it('takes the prices of long requests, and what each request costs', () => {
  const tokens = { input: 1_000_000, output: 1_000_000 };
  const longContext = [
    { aboveInputTokens: 999, tokens: { input: 2_000_000, output: 2_000_000 } },
    { aboveInputTokens: 1_000, tokens: { input: 9_000_000, output: 9_000_000 } },
  ];
  const { costOf } = pricesOf(() => ({ prices: { tokens, longContext, perRequest: 77 } }));
  expect(costOf(makeMember('a'), facts)).toBe(3_000 + 77);
});

it('takes searches, which were no cost that anybody knew', () => {
  const { costOf } = pricesOf(() => ({ prices: { tokens: {}, longContext: [], perSearchUnit: 2_000 } }));
  expect(costOf(makeMember('a'), { ...facts, outputTokens: 0, searchUnits: 3 })).toBe(6_000);
  expect(costOf(makeMember('a'), facts)).toBeUndefined();
});

it('knows no cost where a price is missing that is needed', () => {
  const { costOf } = pricesOf(({ provider }) => (provider === 'a' ? perMillion(1_000_000) : undefined));
  expect(costOf(makeMember('a'), facts)).toBeUndefined();
  expect(costOf(makeMember('a'), { ...facts, outputTokens: 0 })).toBe(1_000);
  expect(costOf(makeMember('b'), facts)).toBeUndefined();
});

it('looks up the model that the member would get', () => {
  const asked: (string | undefined)[] = [];
  const { costOf } = pricesOf(({ provider, model, requestedModel }) => {
    asked.push(`${provider} ${model} ${requestedModel}`);
    return undefined;
  });
  costOf(makeMember('named', { upstreamModel: 'own' }), { ...facts, requestedModel: 'asked' });
  costOf(makeMember('alias', { upstreamModel: undefined, models: new Map([['asked', 'theirs']]) }), {
    ...facts,
    requestedModel: 'asked',
  });
  const open = makeMember('open', { upstreamModel: undefined, defaultModel: 'default' });
  costOf(open, { ...facts, requestedModel: 'asked' });
  costOf(open, { ...facts, requestedModel: undefined });
  expect(asked).toEqual(['named own asked', 'alias theirs asked', 'open asked asked', 'open default undefined']);
});

it('remembers for a minute', () => {
  let price = 1_000_000;
  const { costOf } = pricesOf(() => perMillion(price, 0));
  const member = makeMember('a');
  expect(costOf(member, facts)).toBe(1_000);
  price = 2_000_000;
  expect(costOf(member, { ...facts, now: 59_999 })).toBe(1_000);
  expect(costOf(member, { ...facts, now: 60_000 })).toBe(2_000);
});

it('finds what is too small or cannot do what is needed, and lets pass what is not known', () => {
  const known: Record<string, ModelFacts> = {
    small: { contextWindow: 1_499 },
    large: { contextWindow: 1_500 },
    blind: { capabilities: { vision: false, tools: true } },
    silent: { capabilities: {} },
  };
  const { fits } = pricesOf(({ provider }) => known[provider]);
  const needs = neededCapabilities(['vision', 'tools']);
  const fitting = (asked: typeof facts) =>
    ['small', 'large', 'blind', 'silent', 'unknown'].filter((id) => fits(makeMember(id), asked));
  expect(fitting(facts)).toEqual(['large', 'blind', 'silent', 'unknown']);
  expect(fitting({ ...facts, needs })).toEqual(['large', 'silent', 'unknown']);
});
