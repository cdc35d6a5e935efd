import { expect, it } from 'vitest';
import { createPriceOf } from './price-of.ts';
import type { ModelCatalogue } from './pricing/model-catalogue.ts';
import type { Catalog } from './routing/catalog.ts';
import type { Target } from './routing/target.ts';

function setUp() {
  const asked: number[] = [];
  const prices = { tokens: { input: 1, output: 2 }, longContext: [] };
  const find: ModelCatalogue['find'] = ({ at }) => {
    asked.push(at);
    return { prices, sources: { prices: 'config' } };
  };
  const targets = new Map([['a', { kind: 'acme' } as Target]]);
  const priceOf = createPriceOf({
    catalog: () => ({ targets }) as Partial<Catalog> as Catalog,
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
