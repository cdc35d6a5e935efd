import { describe, expect, it } from 'vitest';
import { providerDefinitions } from '../providers/registry.gen.ts';
import { createModelCatalogue } from './model-catalogue.ts';
import { capabilityNames, type ModelOverride } from './model-facts.ts';
import { modelOverlay } from './model-overlay.ts';
import { overlayFactsOf } from './overlay-facts.ts';
import { createPriceLibrary } from './price-library.ts';
import { tierOverlay } from './tier-overlay.ts';

const library = createPriceLibrary();
await library.load();
const at = Date.UTC(2026, 8, 1, 12);
const catalogue = (...overrides: ModelOverride[]) => createModelCatalogue({ library, overrides });

describe('the catalogue', () => {
  it('puts together what the library and our own table have', () => {
    expect(catalogue().find({ provider: 'openai', model: 'gpt-4o', at })).toEqual({
      contextWindow: 128_000,
      maxOutputTokens: 16_384,
      capabilities: { tools: true, vision: true, documents: true, structuredOutput: true, streaming: true },
      prices: expect.objectContaining({ longContext: [] }),
      sources: { contextWindow: 'overlay', maxOutputTokens: 'overlay', capabilities: 'overlay', prices: 'library' },
    });
  });

  it('lets the operator have the last word, fact by fact', () => {
    const free = { tokens: { input: 0, output: 0 }, longContext: [] };
    const facts = { contextWindow: 32_000, capabilities: { vision: false }, prices: free };
    const entry = catalogue({ names: ['gpt-4o'], facts }).find({ provider: 'openai', model: 'gpt-4o', at });
    expect(entry).toMatchObject({
      contextWindow: 32_000,
      maxOutputTokens: 16_384,
      capabilities: { vision: false, tools: true },
      prices: free,
      sources: { contextWindow: 'config', maxOutputTokens: 'overlay', capabilities: 'config', prices: 'config' },
    });
  });

  it('finds what the operator states under the name that callers use before that of the provider', () => {
    const known = catalogue(
      { names: ['fast', 'gpt-4o'], facts: { contextWindow: 1 } },
      { names: ['gpt-4o'], facts: { contextWindow: 2, maxOutputTokens: 3 } },
    );
    const ask = { provider: 'vllm', model: 'gpt-4o', at };
    expect(known.find({ ...ask, requestedModel: 'fast' })).toMatchObject({ contextWindow: 1, maxOutputTokens: 3 });
    expect(known.find({ ...ask, requestedModel: 'gpt-4o' })).toMatchObject({ contextWindow: 2 });
    expect(known.find({ ...ask, requestedModel: 'other' })).toMatchObject({ contextWindow: 2 });
  });

  it('has what tiers of service cost beside the prices of the library', () => {
    const { prices, sources } = catalogue().find({ provider: 'openai', model: 'gpt-5-mini-2025-08-07', at })!;
    expect(prices?.tiers).toEqual({
      flex: { kind: 'share', millionths: 500_000, source: 'overlay' },
      priority: { kind: 'share', millionths: 1_800_000, source: 'overlay' },
    });
    expect(sources.prices).toBe('library');
    expect(catalogue().find({ provider: 'mistral', model: 'mistral-large-latest', at })?.prices?.tiers).toBeUndefined();
  });

  it('lets the operator state tiers alone, beside the usual prices, and replaces all where those are stated', () => {
    const tiers = { priority: { kind: 'share', millionths: 3_000_000, source: 'config' } } as const;
    const ask = { provider: 'openai', model: 'gpt-5-mini', at };
    const alone = catalogue({ names: ['gpt-5-mini'], facts: { prices: { tokens: {}, longContext: [], tiers } } });
    expect(alone.find(ask)).toMatchObject({
      prices: { tokens: { input: 250_000_000 }, tiers: { ...tiers, flex: { millionths: 500_000 } } },
      sources: { prices: 'library' },
    });
    const own = { tokens: { input: 1, output: 2 }, longContext: [], tiers };
    expect(catalogue({ names: ['gpt-5-mini'], facts: { prices: own } }).find(ask)).toMatchObject({
      prices: own,
      sources: { prices: 'config' },
    });
    expect(catalogue({ names: ['gpt-5-mini'], facts: { prices: own } }).find(ask)?.prices?.tiers).toEqual(tiers);
    expect(alone.find({ ...ask, provider: 'vllm' })?.prices).toBeUndefined();
  });

  it('says nothing of what nobody knows', () => {
    expect(catalogue().find({ provider: 'vllm', model: 'my-model', at })).toBeUndefined();
    expect(catalogue().find({ provider: 'no-such-provider', model: 'gpt-4o', at })).toBeUndefined();
  });

  it('knows output limits without the library', () => {
    const bare = createModelCatalogue({
      library: createPriceLibrary(),
      overrides: [{ names: ['mine'], facts: { maxOutputTokens: 2_048 } }],
    });
    expect(bare.maxOutputTokens({ provider: 'anthropic', model: 'claude-3-haiku-20240307' })).toBe(4_096);
    expect(bare.maxOutputTokens({ provider: 'vllm', model: 'x', requestedModel: 'mine' })).toBe(2_048);
    expect(bare.maxOutputTokens({ provider: 'vllm', model: 'x' })).toBeUndefined();
  });
});

describe('our own table', () => {
  it.each([
    ['anthropic', 'claude-opus-4-5-20251101', 64_000],
    ['anthropic', 'claude-opus-4-20250514', 32_000],
    ['anthropic', 'claude-haiku-5-5', 128_000],
    ['bedrock', 'us.anthropic.claude-haiku-4-5-20251001-v1:0', 64_000],
    ['bedrock', 'anthropic.claude-3-5-sonnet-20240620-v1:0', 8_192],
    ['vertex', 'claude-sonnet-4-5@20250929', 64_000],
    ['vertex', 'publishers/google/models/gemini-2.5-flash', 65_535],
    ['gemini', 'models/gemini-2.0-flash-001', 8_192],
    ['gemini', 'gemini-2.5-flash-preview-05-20', 65_535],
    ['openai', 'gpt-4o-2024-08-06', 16_384],
    ['openai', 'gpt-4.1', 32_768],
    ['azure-openai', 'gpt-4.1', 32_768],
    ['cohere', 'command-a-reasoning-08-2025', 32_000],
  ])('knows %s %s', (provider, model, maxOutputTokens) => {
    expect(overlayFactsOf(provider, model)?.maxOutputTokens).toBe(maxOutputTokens);
  });

  it.each([
    ['anthropic', 'claude-opus-4-9'],
    ['anthropic', 'claude-opus'],
    ['openai', 'gpt-4o-realtime-preview'],
    ['openai', 'gpt-4o-transcribe'],
    ['openai', 'gpt-5-codex'],
    ['gemini', 'gemini-2.5-flash-image'],
    ['openai-compatible', 'gpt-4o'],
  ])('takes no model for a relative: %s %s', (provider, model) => {
    expect(overlayFactsOf(provider, model)).toBeUndefined();
  });

  it('does not take long over a name that is made to', () => {
    const name = `gpt-4o${'-2024-08-06'.repeat(20_000)}!`;
    const startedAt = performance.now();
    expect(overlayFactsOf('openai', name)).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('has tiers of service of providers that there are, for models that the library prices', () => {
    const providers = providerDefinitions.map(({ name }) => name);
    for (const [provider, models] of tierOverlay) {
      expect(providers).toContain(provider);
      for (const model of models.keys()) expect(model).toMatch(/^(?:[a-z0-9-]+|\*)$/);
    }
    for (const model of tierOverlay.get('openai')!.keys()) {
      if (model === '*') continue;
      const dotted = model.replace(/^gpt-(\d)-(\d)(?!\d)/, 'gpt-$1.$2');
      expect(catalogue().find({ provider: 'openai', model: dotted, at })?.prices?.tiers, dotted).toHaveProperty(
        'priority',
      );
    }
  });

  it('names providers, models and capabilities that there are', () => {
    const providers = providerDefinitions.map(({ name }) => name);
    for (const [provider, models] of modelOverlay) {
      expect(providers).toContain(provider);
      for (const [model, { capabilities = {}, contextWindow = 1, maxOutputTokens = 1 }] of models) {
        expect(model).toMatch(/^[a-z0-9-]+$/);
        expect(capabilityNames).toEqual(expect.arrayContaining(Object.keys(capabilities)));
        expect(Object.values(capabilities).length).toBeGreaterThan(0);
        expect(Math.min(contextWindow, maxOutputTokens)).toBeGreaterThan(0);
        if (contextWindow > 1) expect({ model, fits: maxOutputTokens <= contextWindow }).toEqual({ model, fits: true });
      }
    }
  });
});
