import { describe, expect, it } from 'vitest';
import { createPriceOf } from './price-of.ts';
import { createModelCatalogue, type ModelCatalogue } from './pricing/model-catalogue.ts';
import type { ModelOverride } from './pricing/model-facts.ts';
import type { Catalog } from './routing/catalog.ts';
import type { ListedModel } from './routing/listed-models.ts';
import type { Target } from './routing/target.ts';

function setUp() {
  const asked: number[] = [];
  const prices = { tokens: { input: 1, output: 2 }, longContext: [] };
  const find: ModelCatalogue['find'] = ({ at }) => {
    asked.push(at);
    return { prices, sources: { prices: 'config' } };
  };
  const targets = new Map([['a', { kind: 'acme' } as Target]]);
  const catalog = { targets, models: () => [] } as Partial<Catalog> as Catalog;
  const priceOf = createPriceOf({
    catalog: () => catalog,
    models: () => ({ find }) as Partial<ModelCatalogue> as ModelCatalogue,
  });
  return { asked, prices, priceOf: (at: number) => priceOf({ targetId: 'a', upstreamModel: 'm' }, at) };
}

it('remembers a price for a minute', () => {
  const { asked, priceOf, prices } = setUp();
  for (const at of [1_000_000, 1_000_001, 1_059_999]) expect(priceOf(at)).toMatchObject({ prices, source: 'config' });
  expect(asked).toEqual([1_000_000]);
  priceOf(1_060_000);
  expect(asked).toEqual([1_000_000, 1_060_000]);
});

it('looks anew after the clock was set back', () => {
  const { asked, priceOf } = setUp();
  for (const at of [9_000_000, 1_000_000, 1_000_001]) priceOf(at);
  expect(asked).toEqual([9_000_000, 1_000_000]);
});

describe('prices that the operator states under the name that callers use', () => {
  const stated = (input: number) => ({ prices: { tokens: { input, output: input }, longContext: [] } });
  const of = (input: number, ...names: string[]): ModelOverride => ({ names, facts: stated(input) });
  const catalogOf = (...models: ListedModel[]) =>
    ({
      targets: new Map(['a', 'b'].map((id) => [id, { kind: 'acme' } as Target])),
      models: () => models,
    }) as Partial<Catalog> as Catalog;
  const listed = (id: string, targetId: string, upstreamModel: string): ListedModel => ({
    id,
    providers: [{ name: targetId, targetId, upstreamModel }],
  });
  const library = { load: async () => undefined, find: () => undefined };

  it('are those of its model at each target that serves it, which had no price or another one', () => {
    const models = createModelCatalogue({ library, overrides: [of(5, 'fast'), of(1, 'small'), of(7, 'other')] });
    const catalog = catalogOf(
      listed('fast', 'a', 'small'),
      listed('plain', 'b', 'small'),
      listed('other', 'b', 'large'),
    );
    const priceOf = createPriceOf({ catalog: () => catalog, models: () => models });
    const inputOf = (targetId: string, upstreamModel: string) =>
      priceOf({ targetId, upstreamModel }, 1).prices?.tokens.input;
    expect([inputOf('a', 'small'), inputOf('b', 'small'), inputOf('b', 'large'), inputOf('a', 'large')]).toEqual([
      5,
      1,
      7,
      undefined,
    ]);
  });
});
