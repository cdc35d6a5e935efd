import { calcPrice, findProvider } from '@pydantic/genai-prices';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { providerDefinitions } from '../providers/registry.gen.ts';
import { costOf } from './cost-of.ts';
import { libraryNameOf } from './library-names.ts';
import { createPriceLibrary, readPrices } from './price-library.ts';

const library = createPriceLibrary();
await library.load();
const at = Date.UTC(2026, 8, 1, 12);
const find = (provider: string, model: string, when = at) => library.find({ provider, model, at: when });

describe('the price library', () => {
  it('knows nothing before it is loaded, and everything after', async () => {
    const fresh = createPriceLibrary();
    const ask = { provider: 'openai', model: 'gpt-4o', at };
    expect(fresh.find(ask)).toBeUndefined();
    await Promise.all([fresh.load(), fresh.load()]);
    expect(fresh.find(ask)).toBeDefined();
  });

  it('reaches for no network', async () => {
    const reach = vi.spyOn(globalThis, 'fetch');
    const fresh = createPriceLibrary();
    await fresh.load();
    fresh.find({ provider: 'openai', model: 'gpt-4o', at });
    expect(reach).not.toHaveBeenCalled();
    reach.mockRestore();
  });

  it('has windows and prices', () => {
    expect(find('openai', 'gpt-4o')).toEqual({
      contextWindow: 128_000,
      prices: {
        tokens: { input: 2_500_000_000, cachedInput: 1_250_000_000, output: 10_000_000_000 },
        longContext: [],
      },
    });
    expect(find('anthropic', 'claude-haiku-4-5-20251001')?.prices?.tokens).toEqual({
      input: 1_000_000_000,
      cachedInput: 100_000_000,
      cacheWriteInput: 1_250_000_000,
      cacheWriteHourInput: 2_000_000_000,
      output: 5_000_000_000,
    });
  });

  it('knows models under the names that platforms give them', () => {
    expect(find('bedrock', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0')?.prices).toBeDefined();
    expect(find('azure-openai', 'gpt-4o')).toEqual(find('openai', 'gpt-4o'));
    for (const name of ['models/gemini-2.5-pro', 'google/gemini-2.5-pro', 'publishers/google/models/gemini-2.5-pro']) {
      expect(find('vertex', name)).toEqual(find('gemini', 'gemini-2.5-pro'));
    }
    expect(find('vertex', 'claude-sonnet-4-5@20250929')?.prices).toBeDefined();
  });

  it('has the steps of long inputs', () => {
    const { tokens, longContext } = find('gemini', 'gemini-2.5-pro')!.prices!;
    expect(longContext.map(({ aboveInputTokens }) => aboveInputTokens)).toEqual([200_000]);
    expect(longContext[0]!.tokens.input).toBe(tokens.input! * 2);
  });

  it('tells the price of the moment', () => {
    const early = find('deepseek', 'deepseek-v4-flash', Date.UTC(2026, 8, 1, 2))!.prices!.tokens;
    const late = find('deepseek', 'deepseek-v4-flash', Date.UTC(2026, 8, 1, 20))!.prices!.tokens;
    expect(early.input).toBe(late.input! * 2);
  });

  it('says nothing of what it does not have: models, providers, machines of the operator’s own', () => {
    expect(find('openai', 'no-such-model')).toBeUndefined();
    expect(find('ollama', 'gpt-4o')).toBeUndefined();
    expect(find('', 'gpt-4o')).toBeUndefined();
  });

  it('gives no price where it lists none, rather than nothing', () => {
    expect(readPrices({})).toBeUndefined();
    expect(find('gemini', 'gemma-3')?.prices).toBeUndefined();
    expect(find('openai', 'whisper-1')?.prices).toBeUndefined();
  });

  it('has prices of pictures and of what of them comes from the cache', () => {
    expect(find('openai', 'gpt-image-1.5')?.prices?.tokens).toEqual({
      input: 5_000_000_000,
      cachedInput: 1_250_000_000,
      imageInput: 8_000_000_000,
      cachedImageInput: 2_000_000_000,
      output: 10_000_000_000,
      imageOutput: 32_000_000_000,
    });
  });

  it('gives no price for a side on which films cost apart', () => {
    const prices = readPrices({ input_mtok: 0.3, output_mtok: 2.5, output_image_mtok: 30, output_video_mtok: 40 });
    expect(prices?.tokens).toEqual({ input: 300_000_000 });
  });

  it('counts what each request costs', () => {
    expect(readPrices({ input_mtok: 1, requests_kcount: 12 })?.perRequest).toBe(12_000_000);
  });

  it('forgets rather than remember every name that callers make up', () => {
    for (let index = 0; index < 2_500; index++) find('openai', `made-up-${index}`);
    expect(find('openai', 'gpt-4o')).toBeDefined();
  });
});

describe('the data of the library', () => {
  const mapped = providerDefinitions.flatMap(({ name }) => {
    const provider = libraryNameOf(name, '')?.provider;
    return provider === undefined ? [] : [{ name, provider }];
  });

  it('has every provider that is asked for', () => {
    expect(mapped.filter(({ provider }) => findProvider({ providerId: provider })?.id !== provider)).toEqual([]);
    expect(mapped.length).toBeGreaterThan(12);
  });

  it('can be read for every model, with steps that rise and do not get cheaper', () => {
    for (const { name, provider } of mapped) {
      for (const { id } of findProvider({ providerId: provider })!.models) {
        const prices = find(name, id)?.prices;
        if (prices === undefined) continue;
        const steps = [{ aboveInputTokens: 0, tokens: prices.tokens }, ...prices.longContext];
        for (const [index, { aboveInputTokens, tokens }] of steps.entries()) {
          const before = steps[index - 1] ?? { aboveInputTokens: -1, tokens: {} };
          expect(aboveInputTokens).toBeGreaterThan(before.aboveInputTokens);
          for (const [tokenClass, price] of Object.entries(tokens)) {
            expect(Number.isSafeInteger(price)).toBe(true);
            const cheaper = before.tokens[tokenClass as keyof typeof before.tokens] ?? 0;
            expect({ id, tokenClass, rises: price >= cheaper }).toEqual({ id, tokenClass, rises: true });
          }
        }
      }
    }
  });
});

describe('costs', () => {
  const at2026 = { timestamp: new Date(at) };

  it.each([
    ['anthropic', 'anthropic', 'claude-sonnet-4-5'],
    ['anthropic', 'anthropic', 'claude-opus-5-5'],
    ['gemini', 'google', 'gemini-2.5-pro'],
    ['openai', 'openai', 'gpt-5.4'],
    ['openai', 'openai', 'gpt-audio'],
    ['xai', 'x-ai', 'grok-4.20'],
    ['perplexity', 'perplexity', 'sonar-pro'],
  ])('are what the library itself makes of them: %s %s', (provider, providerId, model) => {
    const prices = find(provider, model)!.prices!;
    const isAudio = prices.tokens.audioInput !== undefined;
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 150_000 }), { minLength: 6, maxLength: 6 }), (counts) => {
        const [fresh, cached, short, hour, heard, output] = counts as [number, number, number, number, number, number];
        const audioInput = isAudio ? heard : 0;
        const usage = {
          input: fresh + cached + short + hour + audioInput,
          cachedInput: cached,
          cacheWriteInput: short + hour,
          cacheWriteHourInput: hour,
          audioInput,
          output,
        };
        const theirs = calcPrice(
          {
            input_tokens: usage.input,
            cache_read_tokens: cached,
            cache_write_tokens: short + hour,
            cache_write_1h_tokens: hour,
            input_audio_tokens: audioInput,
            cache_audio_read_tokens: 0,
            cache_audio_write_tokens: 0,
            output_tokens: output,
            output_audio_tokens: 0,
          },
          model,
          { providerId, ...at2026 },
        )!;
        expect(costOf(usage, prices).nanoDollars! / 1e9).toBeCloseTo(theirs.total_price, 8);
      }),
    );
  });
});
