import { describe, expect, it } from 'vitest';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { chargedTier } from '../../src/pricing/charged-tier.ts';
import { costOf } from '../../src/pricing/cost-of.ts';
import { createModelCatalogue } from '../../src/pricing/model-catalogue.ts';
import { createPriceLibrary } from '../../src/pricing/price-library.ts';
import { findProtocol } from '../../src/protocols/find-protocol.ts';

/*
 * Answers as providers give them, and what they cost by the prices that the provider publishes, in dollars for a million
 * tokens. A dollar for a million tokens is a thousand nano-dollars for one.
 */

const library = createPriceLibrary();
await library.load();
const catalogue = createModelCatalogue({ library, overrides: [] });
/** Prices change: those of one day. */
const at = Date.UTC(2026, 8, 20, 12);

interface Published {
  readonly what: string;
  readonly provider: string;
  readonly model: string;
  readonly wire: ProtocolName;
  /** The members of the answer that tell what it took. */
  readonly answer: object;
  readonly nanoDollars: number;
}

const chat = (prompt: number, cached: number, completion: number, tier?: string) => ({
  usage: {
    prompt_tokens: prompt,
    completion_tokens: completion,
    prompt_tokens_details: { cached_tokens: cached },
  },
  ...(tier !== undefined && { service_tier: tier }),
});
const messages = (tier: string, more: object = {}) => ({
  usage: {
    input_tokens: 100,
    cache_read_input_tokens: 2_000,
    cache_creation_input_tokens: 700,
    cache_creation: { ephemeral_5m_input_tokens: 400, ephemeral_1h_input_tokens: 300 },
    output_tokens: 50,
    service_tier: tier,
    ...more,
  },
});
const metadata = (tier: string | undefined, prompt = 1_000) => ({
  usageMetadata: { promptTokenCount: prompt, candidatesTokenCount: 10, thoughtsTokenCount: 90, serviceTier: tier },
});
const openai = { provider: 'openai', wire: 'openai-chat' } as const;
const anthropic = { provider: 'anthropic', model: 'claude-haiku-4-5', wire: 'anthropic-messages' } as const;
const claude = (what: string, answer: object, nanoDollars: number): Published => ({
  ...anthropic,
  what,
  answer,
  nanoDollars,
});
const google = { provider: 'gemini', wire: 'gemini' } as const;
/** 1 in, 0.1 cached, 1.25 written, 2 for an hour, 5 out. */
const haiku = 100 * 1_000 + 2_000 * 100 + 400 * 1_250 + 300 * 2_000 + 50 * 5_000;

const published: readonly Published[] = [
  // 2.5 in, 1.25 cached, 10 out; priority 4.25, 2.125, 17
  {
    ...openai,
    what: 'cached',
    model: 'gpt-4o',
    answer: chat(900, 400, 30),
    nanoDollars: 500 * 2_500 + 400 * 1_250 + 30 * 10_000,
  },
  {
    ...openai,
    what: 'default',
    model: 'gpt-4o',
    answer: chat(900, 0, 30, 'default'),
    nanoDollars: 900 * 2_500 + 30 * 10_000,
  },
  {
    ...openai,
    what: 'priority',
    model: 'gpt-4o-2024-08-06',
    answer: chat(900, 400, 30, 'priority'),
    nanoDollars: 500 * 4_250 + 400 * 2_125 + 30 * 17_000,
  },
  // 1.25, 0.125, 10; flex half of it, priority twice
  {
    ...openai,
    what: 'flex',
    model: 'gpt-5',
    answer: chat(1_000, 200, 40, 'flex'),
    nanoDollars: 800 * 625 + 200 * 62.5 + 40 * 5_000,
  },
  {
    ...openai,
    what: 'priority',
    model: 'gpt-5',
    answer: chat(1_000, 200, 40, 'priority'),
    nanoDollars: 800 * 2_500 + 200 * 250 + 40 * 20_000,
  },
  {
    ...openai,
    what: 'priority',
    model: 'gpt-5-mini',
    answer: chat(1_000, 200, 40, 'priority'),
    nanoDollars: 800 * 450 + 200 * 45 + 40 * 3_600,
  },
  {
    ...openai,
    what: 'priority',
    model: 'gpt-4.1',
    answer: chat(1_000, 200, 40, 'priority'),
    nanoDollars: 800 * 3_500 + 200 * 875 + 40 * 14_000,
  },
  {
    ...openai,
    what: 'priority',
    model: 'o3',
    answer: chat(1_000, 200, 40, 'priority'),
    nanoDollars: 800 * 3_500 + 200 * 875 + 40 * 14_000,
  },
  {
    ...openai,
    what: 'priority',
    model: 'o4-mini',
    answer: chat(1_000, 200, 40, 'priority'),
    nanoDollars: 800 * 2_000 + 200 * 500 + 40 * 8_000,
  },
  {
    ...openai,
    what: 'priority',
    model: 'gpt-4o-mini',
    answer: chat(1_000, 200, 40, 'priority'),
    nanoDollars: 800 * 250 + 200 * 125 + 40 * 1_000,
  },
  {
    ...openai,
    what: 'priority',
    model: 'gpt-5.5',
    answer: chat(1_000, 200, 40, 'priority'),
    nanoDollars: 800 * 12_500 + 200 * 1_250 + 40 * 75_000,
  },
  // 2.5, 0.25, 15; above 272,000 tokens 5, 0.5, 22.5
  {
    ...openai,
    what: 'a long input in flex',
    model: 'gpt-5.4',
    answer: chat(300_000, 100_000, 40, 'flex'),
    nanoDollars: 200_000 * 2_500 + 100_000 * 250 + 40 * 11_250,
  },
  // Fast mode after the price cut of August 2026: 8, 0.8, 40; cache writes 10
  {
    ...openai,
    what: 'fast mode, with what was written to the cache',
    model: 'gpt-5.6-sol',
    wire: 'openai-responses',
    answer: {
      service_tier: 'priority',
      usage: {
        input_tokens: 1_000,
        input_tokens_details: { cached_tokens: 300, cache_write_tokens: 200 },
        output_tokens: 40,
        output_tokens_details: { reasoning_tokens: 30 },
      },
    },
    nanoDollars: 500 * 8_000 + 300 * 800 + 200 * 10_000 + 40 * 40_000,
  },
  // 2.5 in, 10 out, 32 heard, 64 spoken
  {
    ...openai,
    what: 'sound both ways',
    model: 'gpt-audio',
    answer: {
      usage: {
        prompt_tokens: 500,
        completion_tokens: 200,
        prompt_tokens_details: { audio_tokens: 400 },
        completion_tokens_details: { audio_tokens: 150 },
      },
    },
    nanoDollars: 100 * 2_500 + 400 * 32_000 + 50 * 10_000 + 150 * 64_000,
  },
  // 5 in, 8 for pictures in, 10 out, 32 for pictures out
  {
    ...openai,
    what: 'pictures both ways',
    model: 'gpt-image-1.5',
    answer: {
      usage: {
        input_tokens: 600,
        input_tokens_details: { text_tokens: 100, image_tokens: 500 },
        output_tokens: 4_200,
        output_tokens_details: { text_tokens: 40, image_tokens: 4_160 },
      },
    },
    nanoDollars: 100 * 5_000 + 500 * 8_000 + 40 * 10_000 + 4_160 * 32_000,
  },
  claude('five minutes and an hour', messages('standard'), haiku),
  claude('a batch, all of it at half', messages('batch'), haiku / 2),
  claude('anywhere', messages('standard', { inference_geo: 'global', speed: 'standard' }), haiku),
  claude('a model that cannot be told where', messages('standard', { inference_geo: 'not_available' }), haiku),
  claude('in the United States, a tenth dearer', messages('standard', { inference_geo: 'us' }), (haiku * 11) / 10),
  claude('a batch in the United States', messages('batch', { inference_geo: 'us' }), (haiku * 55) / 100),
  // Opus has five times Haiku's prices; fast mode twice that
  { ...claude('fast mode', messages('standard', { speed: 'fast' }), haiku * 5 * 2), model: 'claude-opus-5' },
  {
    ...claude('fast mode there', messages('standard', { speed: 'fast', inference_geo: 'us' }), haiku * 5 * 2.2),
    model: 'claude-opus-4-8',
  },
  // 1.25 in, 10 out, thoughts included; above 200,000 tokens 2.5 and 15
  {
    ...google,
    what: 'standard',
    model: 'gemini-2.5-pro',
    answer: metadata('standard'),
    nanoDollars: 1_000 * 1_250 + 100 * 10_000,
  },
  {
    ...google,
    what: 'flex',
    model: 'gemini-2.5-pro',
    answer: metadata('flex'),
    nanoDollars: 1_000 * 625 + 100 * 5_000,
  },
  {
    ...google,
    what: 'a long input',
    model: 'gemini-2.5-pro',
    answer: metadata(undefined, 200_001),
    nanoDollars: 200_001 * 2_500 + 100 * 15_000,
  },
  // 0.3 in, 2.5 out, 30 for pictures
  {
    ...google,
    what: 'a picture',
    model: 'gemini-2.5-flash-image',
    answer: {
      usageMetadata: {
        promptTokenCount: 20,
        candidatesTokenCount: 1_290,
        candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1_290 }],
      },
    },
    nanoDollars: 20 * 300 + 1_290 * 30_000,
  },
  // 0.59 in, 0.79 out, in flex as well
  ...['flex', 'on_demand'].map((tier) => ({
    provider: 'groq',
    wire: 'openai-chat' as const,
    what: tier,
    model: 'llama-3.3-70b-versatile',
    answer: chat(1_000, 0, 10, tier),
    nanoDollars: 1_000 * 590 + 10 * 790,
  })),
];

function costOfAnswer({ answer, model, provider, wire }: Omit<Published, 'what' | 'nanoDollars'>) {
  const { answerMembers, decodeUsage } = findProtocol(wire).upstream;
  const told = answer as Readonly<Record<string, unknown>>;
  const usage = decodeUsage(told[answerMembers.usage!]);
  const tier = chargedTier(answerMembers.tier?.read(told[answerMembers.tier.name]), undefined, usage?.rate);
  return costOf(usage, catalogue.find({ provider, model, at })?.prices, tier);
}

describe('what providers publish is what is charged', () => {
  it.each(published)('$provider $model: $what', ({ nanoDollars, ...answered }) => {
    expect(costOfAnswer(answered)).toEqual({ nanoDollars });
  });

  it.each([
    { ...openai, model: 'gpt-5', answer: chat(10, 0, 1, 'scale') },
    { ...openai, model: 'gpt-5.4', answer: chat(300_000, 0, 1, 'priority') },
    { ...openai, model: 'gpt-6-sol', answer: chat(10, 0, 1, 'priority') },
    { ...anthropic, answer: messages('priority') },
    { ...anthropic, answer: messages('standard', { inference_geo: 'mars' }) },
    { ...anthropic, model: 'claude-opus-5-5', answer: messages('standard', { speed: 'fast' }) },
    { ...google, model: 'gemini-2.5-pro', answer: metadata('priority') },
    { ...google, provider: 'vertex', model: 'gemini-2.5-pro', answer: metadata('flex') },
    { provider: 'groq', wire: 'openai-chat', model: 'llama-3.3-70b-versatile', answer: chat(10, 0, 1, 'performance') },
    {
      provider: 'bedrock',
      wire: 'bedrock-converse',
      model: 'us.amazon.nova-pro-v1:0',
      answer: { serviceTier: { type: 'flex' }, usage: { inputTokens: 10, outputTokens: 1 } },
    },
  ] as const)('$provider $model: a tier whose price is published nowhere is not known: $answer', (answered) => {
    expect(costOfAnswer(answered)).toEqual({ nanoDollars: undefined, reason: 'no_tier_price' });
  });

  it('Vertex AI tells tiers as types of traffic', () => {
    const { read } = findProtocol('gemini').upstream.answerMembers.tier!;
    expect(['ON_DEMAND', 'ON_DEMAND_FLEX', 'ON_DEMAND_PRIORITY'].map((trafficType) => read({ trafficType }))).toEqual([
      undefined,
      'flex',
      'priority',
    ]);
  });
});
