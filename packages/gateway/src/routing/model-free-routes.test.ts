import { describe, expect, it } from 'vitest';
import { compile, resolve, rule, whereTo } from './catalog.fixture.ts';
import { makeBackend, makeConfig, makePool, makePoolProvider, makeProvider } from './gateway-config.fixture.ts';
import { noTargetError } from './no-target-error.ts';
import { createPickers } from './pickers.ts';
import { createPlan } from './plan.ts';
import { makeSurroundings } from './surroundings.fixture.ts';

const moderation = { operation: 'moderation' } as const;
const chatOnly = makeProvider('anthropic');
const openai = makeProvider('openai');
const mistral = makeProvider('mistral');

describe('a request that names no model and needs none', () => {
  it('goes to the default provider, and to no other', () => {
    const catalog = compile(makeConfig({ providers: [openai, mistral], routing: { defaultProvider: 'mistral' } }));
    for (const operation of ['moderation', 'responses', 'images', 'transcription', 'rerank'] as const) {
      expect(whereTo(catalog, undefined, { operation })).toBe('default_provider: mistral');
    }
    for (const operation of ['chat', 'completions', 'embeddings', 'speech'] as const) {
      expect(whereTo(catalog, undefined, { operation })).toBe('model_required');
    }
  });

  it('goes to the first provider that is usable and offers the operation, else to the backends', () => {
    const backends = [makeBackend('http://one:1'), makeBackend('http://two:2')];
    const unset = makeProvider('openai', { apiKey: null });
    const off = makeProvider('mistral', { enabled: false });
    const where = (providers: readonly ReturnType<typeof makeProvider>[], defaultProvider?: string) =>
      whereTo(compile(makeConfig({ providers, backends, routing: { defaultProvider } })), undefined, moderation);
    expect(where([chatOnly, unset, off, makeProvider('together')], 'anthropic')).toBe('provider: together');
    expect(where([chatOnly, unset, off], 'openai')).toBe('wildcard: backends/1 backends/2');
    expect(where([])).toBe('wildcard: backends/1 backends/2');
  });

  it('is told why nobody answers', () => {
    const unset = makeProvider('openai', { apiKey: null, unset: { apiKey: 'OPENAI_API_KEY' } });
    const catalog = compile(makeConfig({ providers: [chatOnly, unset] }));
    const error = noTargetError(resolve(catalog, undefined, moderation));
    expect(error).toMatchObject({ kind: 'no_target', message: expect.stringContaining('OPENAI_API_KEY is not set') });
    expect(whereTo(compile(makeConfig({ providers: [chatOnly] })), undefined, moderation)).toBe('model_required');
    const pools = makeConfig({ models: [makePool('m', [makePoolProvider('openai')])] });
    expect(whereTo(compile(pools), undefined, moderation)).toBe('model_required');
  });

  it('yields to a default, and to a rule', () => {
    const withDefault = makeBackend('http://one:1', { defaultModel: 'omni' });
    const byDefault = compile(makeConfig({ providers: [openai], backends: [withDefault] }));
    expect(whereTo(byDefault, undefined, moderation)).toBe('wildcard: backends/1');
    expect(resolve(byDefault, undefined, moderation).sendsNoModel).toBeUndefined();
    const rules = [rule('eu', "tenant == 'eu'", 'mistral')];
    const catalog = compile(makeConfig({ providers: [openai, mistral], routing: { rules } }));
    expect(whereTo(catalog, undefined, { ...moderation, tenant: 'eu' })).toBe('rule:eu: mistral');
    expect(whereTo(catalog, undefined, { ...moderation, tenant: 'us' })).toBe('provider: openai');
    expect(whereTo(catalog, undefined, { tenant: 'eu' })).toBe('model_required');
  });

  it('is sent without a model, even to a target that has a default one', () => {
    const catalog = compile(makeConfig({ providers: [makeProvider('openai', { defaultModel: 'gpt-4o' })] }));
    const resolution = resolve(catalog, undefined, moderation);
    const step = createPlan({
      resolution,
      retry: { maxAttempts: 3, initialDelayMs: 1, maxDelayMs: 1, backoffMultiplier: 1 },
      strategies: createPickers(makeSurroundings()),
      health: { isUsable: () => true },
      random: () => 0,
      failureTraits: {} as never,
      offers: (target, model) => target.pathOf('moderation', model, 'moderations') !== undefined,
    }).next(undefined, 0, 1_000);
    expect(step).toMatchObject({ upstreamModel: undefined, routeTarget: { target: { id: 'openai' } } });
  });
});
