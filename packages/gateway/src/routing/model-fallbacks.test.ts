import { describe, expect, it } from 'vitest';
import type { FallbackModels, RoutingConfig } from '../config/gateway-config.ts';
import { compile, resolve } from './catalog.fixture.ts';
import type { Catalog } from './catalog.ts';
import { makeConfig, makePool, makePoolProvider, makeProvider } from './gateway-config.fixture.ts';
import type { FallbackKind } from './model-fallbacks.ts';
import { makeFacts } from './target.fixture.ts';

const models = ['small', 'large', 'tame'].map((name) => makePool(name, [makePoolProvider('p')]));

function catalogOf(fallbacks: Record<string, Partial<FallbackModels>>, routing: Partial<RoutingConfig> = {}): Catalog {
  const entries = Object.entries(fallbacks).map(
    ([model, entry]) => [model, { contextExceeded: [], contentRefused: [], any: [], ...entry }] as const,
  );
  return compile(makeConfig({ models, routing: { ...routing, fallbacks: new Map(entries) } }));
}

const after = (catalog: Catalog, model: string, kind: FallbackKind) =>
  catalog.fallbacksOf(resolve(catalog, model), kind, makeFacts({ bodyModel: model })).map(({ route }) => route.label);

describe('fallbacks of a model', () => {
  it('are those of the kind of failure, in order, and those of any where there are none', () => {
    const catalog = catalogOf({ small: { contextExceeded: ['large'], any: ['tame', 'large'] } });
    expect(after(catalog, 'small', 'contextExceeded')).toEqual(['large']);
    expect(after(catalog, 'small', 'contentRefused')).toEqual(['tame', 'large']);
    expect(after(catalog, 'small', 'any')).toEqual(['tame', 'large']);
    expect(after(catalog, 'large', 'any')).toEqual([]);
  });

  it('are those of its own name, else of its route, else of all', () => {
    const pooled = [makePool('label', [makePoolProvider('p')], 'model-name'), ...models];
    const fallbacks = new Map([
      ['label', { contextExceeded: [], contentRefused: [], any: ['large'] }],
      ['*', { contextExceeded: [], contentRefused: [], any: ['tame'] }],
    ]);
    const catalog = compile(makeConfig({ models: pooled, routing: { fallbacks } }));
    expect(after(catalog, 'label', 'any')).toEqual(['large']);
    expect(after(catalog, 'model-name', 'any')).toEqual(['large']);
    expect(after(catalog, 'small', 'any')).toEqual(['tame']);
  });

  it('leave out the model itself, what leads nowhere, and what was named twice', () => {
    const catalog = catalogOf({ '*': { any: ['tame', 'nobody', 'small', 'tame'] } });
    expect(after(catalog, 'small', 'any')).toEqual(['tame']);
    expect(after(catalog, 'tame', 'any')).toEqual(['small']);
  });

  it('are looked up for the same request, a model in its path set aside', () => {
    const catalog = catalogOf({ small: { any: ['large'] } });
    const facts = makeFacts({ pathModel: 'small', bodyModel: undefined });
    const [next] = catalog.fallbacksOf(resolve(catalog, 'small'), 'any', facts);
    expect(next).toMatchObject({ requestedModel: 'large', route: { label: 'large' } });
  });

  it('tell the same route under two names apart', () => {
    const providers = [makeProvider('openai')];
    const fallbacks = new Map([['*', { contextExceeded: [], contentRefused: [], any: ['gpt-b', 'gpt-c'] }]]);
    const catalog = compile(makeConfig({ providers, routing: { defaultProvider: 'openai', fallbacks } }));
    const next = catalog.fallbacksOf(resolve(catalog, 'gpt-a'), 'any', makeFacts({ bodyModel: 'gpt-a' }));
    expect(next.map(({ requestedModel }) => requestedModel)).toEqual(['gpt-b', 'gpt-c']);
  });
});

it('notices fallbacks that lead nowhere', () => {
  const { notices } = catalogOf({ small: { any: ['large', 'nobody'] } });
  expect(notices).toMatchObject([{ level: 'warning' }]);
  expect(notices[0]!.message).toContain("'nobody' of 'small'");
});

it('has none where none are configured', () => {
  const catalog = compile(makeConfig({ models }));
  expect(after(catalog, 'small', 'any')).toEqual([]);
});
