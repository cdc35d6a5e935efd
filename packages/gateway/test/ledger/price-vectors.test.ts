import { describe, expect, it } from 'vitest';
import type { Usage } from '../../src/canonical/usage.ts';
import { costOf } from '../../src/pricing/cost-of.ts';
import type { ModelPrices, TokenPrices } from '../../src/pricing/model-facts.ts';
import { readPrices } from '../../src/pricing/price-library.ts';
import { decodeUsage as anthropicMessages } from '../../src/protocols/anthropic-messages/usage.ts';
import { decodeUsage as bedrockConverse } from '../../src/protocols/bedrock-converse/usage.ts';
import { decodeUsage as cohereChat } from '../../src/protocols/cohere-chat/usage.ts';
import { decodeUsage as gemini } from '../../src/protocols/gemini/usage.ts';
import { decodeUsage as openaiChat } from '../../src/protocols/openai-chat/usage.ts';
import { decodeUsage as openaiResponses } from '../../src/protocols/openai-responses/usage.ts';
import { findRerankWire } from '../../src/protocols/rerank/find-rerank-wire.ts';

/** Prices in whole nano-dollars for one token, so that each vector can be checked in one's head. */
function perToken(tokens: TokenPrices, long?: { readonly above: number; readonly tokens: TokenPrices }): ModelPrices {
  const scaled = (prices: TokenPrices): TokenPrices =>
    Object.fromEntries(Object.entries(prices).map(([name, price]) => [name, price * 1_000_000]));
  const longContext = long === undefined ? [] : [{ aboveInputTokens: long.above, tokens: scaled(long.tokens) }];
  return { tokens: scaled(tokens), longContext };
}

const withCache = perToken({
  input: 3_000,
  cachedInput: 300,
  cacheWriteInput: 3_750,
  cacheWriteHourInput: 6_000,
  output: 15_000,
});
const stepped = perToken(
  { input: 1_250, cachedInput: 310, output: 10_000, audioInput: 4_000 },
  { above: 200_000, tokens: { input: 2_500, cachedInput: 625, output: 15_000, audioInput: 4_000 } },
);

interface Vector {
  readonly what: string;
  readonly decode: (usage: unknown) => Usage | undefined;
  /** As it stands in the provider's answer. */
  readonly usage: object;
  readonly prices: ModelPrices;
  readonly nanoDollars: number;
}

const vectors: readonly Vector[] = [
  {
    what: 'chat: cached, reasoning, and audio both ways, each a part of its whole',
    decode: openaiChat,
    usage: {
      prompt_tokens: 1_000,
      completion_tokens: 300,
      prompt_tokens_details: { cached_tokens: 600, audio_tokens: 100 },
      completion_tokens_details: { reasoning_tokens: 50, audio_tokens: 200 },
    },
    prices: perToken({ input: 2_500, cachedInput: 1_250, audioInput: 40_000, output: 10_000, audioOutput: 80_000 }),
    nanoDollars: 300 * 2_500 + 600 * 1_250 + 100 * 40_000 + (50 + 50) * 10_000 + 200 * 80_000,
  },
  {
    what: 'chat: reasoning that is counted beside the output',
    decode: openaiChat,
    usage: {
      prompt_tokens: 100,
      completion_tokens: 10,
      total_tokens: 200,
      completion_tokens_details: { reasoning_tokens: 90 },
    },
    prices: perToken({ input: 2_000, output: 6_000 }),
    nanoDollars: 100 * 2_000 + 100 * 6_000,
  },
  {
    what: 'chat: hits of the cache by another name',
    decode: openaiChat,
    usage: { prompt_tokens: 1_000, prompt_cache_hit_tokens: 900, prompt_cache_miss_tokens: 100, completion_tokens: 10 },
    prices: perToken({ input: 280, cachedInput: 28, output: 420 }),
    nanoDollars: 100 * 280 + 900 * 28 + 10 * 420,
  },
  {
    what: 'chat: embeddings, which have no output',
    decode: openaiChat,
    usage: { prompt_tokens: 8, total_tokens: 8 },
    prices: perToken({ input: 20 }),
    nanoDollars: 160,
  },
  {
    what: 'responses: cached, written, and reasoning at a price of its own',
    decode: openaiResponses,
    usage: {
      input_tokens: 2_000,
      input_tokens_details: { cached_tokens: 1_500, cache_write_tokens: 200 },
      output_tokens: 100,
      output_tokens_details: { reasoning_tokens: 80 },
    },
    prices: perToken({ input: 1_250, cachedInput: 125, cacheWriteInput: 1_500, output: 10_000, reasoning: 12_000 }),
    nanoDollars: 300 * 1_250 + 1_500 * 125 + 200 * 1_500 + 20 * 10_000 + 80 * 12_000,
  },
  {
    what: 'messages: what was read from and written to the cache is counted beside the input',
    decode: anthropicMessages,
    usage: {
      input_tokens: 50,
      cache_read_input_tokens: 10_000,
      cache_creation_input_tokens: 3_000,
      cache_creation: { ephemeral_5m_input_tokens: 2_000, ephemeral_1h_input_tokens: 1_000 },
      output_tokens: 400,
      output_tokens_details: { thinking_tokens: 300 },
    },
    prices: withCache,
    nanoDollars: 50 * 3_000 + 10_000 * 300 + 2_000 * 3_750 + 1_000 * 6_000 + 400 * 15_000,
  },
  {
    what: 'Converse: the same, with the hour in its details',
    decode: bedrockConverse,
    usage: {
      inputTokens: 20,
      cacheReadInputTokens: 800,
      cacheWriteInputTokens: 100,
      cacheDetails: [
        { ttl: '5m', inputTokens: 60 },
        { ttl: '1h', inputTokens: 40 },
      ],
      outputTokens: 30,
    },
    prices: withCache,
    nanoDollars: 20 * 3_000 + 800 * 300 + 60 * 3_750 + 40 * 6_000 + 30 * 15_000,
  },
  {
    what: 'Gemini: thoughts beside the output, at the last token of the cheaper step',
    decode: gemini,
    usage: {
      promptTokenCount: 200_000,
      cachedContentTokenCount: 50_000,
      candidatesTokenCount: 100,
      thoughtsTokenCount: 400,
    },
    prices: stepped,
    nanoDollars: 150_000 * 1_250 + 50_000 * 310 + 500 * 10_000,
  },
  {
    what: 'Gemini: the dearer step, for all tokens',
    decode: gemini,
    usage: {
      promptTokenCount: 200_001,
      cachedContentTokenCount: 50_000,
      candidatesTokenCount: 100,
      thoughtsTokenCount: 400,
    },
    prices: stepped,
    nanoDollars: 150_001 * 2_500 + 50_000 * 625 + 500 * 15_000,
  },
  {
    what: 'images: text and pictures read, text and pictures made, pictures from the cache',
    decode: openaiChat,
    usage: {
      input_tokens: 1_000,
      input_tokens_details: {
        text_tokens: 200,
        image_tokens: 800,
        cached_tokens: 300,
        cached_tokens_details: { text_tokens: 100, image_tokens: 200 },
      },
      output_tokens: 4_200,
      output_tokens_details: { text_tokens: 40, image_tokens: 4_160 },
      total_tokens: 5_200,
    },
    prices: perToken({
      input: 5_000,
      cachedInput: 1_250,
      imageInput: 8_000,
      cachedImageInput: 2_000,
      output: 10_000,
      imageOutput: 32_000,
    }),
    nanoDollars: 100 * 5_000 + 100 * 1_250 + 600 * 8_000 + 200 * 2_000 + 40 * 10_000 + 4_160 * 32_000,
  },
  {
    what: 'transcriptions: sound by the word that they have for details',
    decode: openaiChat,
    usage: {
      type: 'tokens',
      input_tokens: 14,
      input_token_details: { text_tokens: 4, audio_tokens: 10 },
      output_tokens: 45,
      total_tokens: 59,
    },
    prices: perToken({ input: 2_500, audioInput: 6_000, output: 10_000 }),
    nanoDollars: 4 * 2_500 + 10 * 6_000 + 45 * 10_000,
  },
  {
    what: 'Gemini: a picture, and thoughts and text beside it',
    decode: gemini,
    usage: {
      promptTokenCount: 20,
      candidatesTokenCount: 1_300,
      thoughtsTokenCount: 50,
      totalTokenCount: 1_370,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: 20 }],
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1_290 }],
    },
    prices: perToken({ input: 300, output: 2_500, imageOutput: 30_000 }),
    nanoDollars: 20 * 300 + (10 + 50) * 2_500 + 1_290 * 30_000,
  },
  {
    what: 'Gemini: a model of pictures that wrote, and made none',
    decode: gemini,
    usage: {
      promptTokenCount: 20,
      candidatesTokenCount: 10,
      totalTokenCount: 30,
      candidatesTokensDetails: [{ modality: 'TEXT', tokenCount: 10 }],
    },
    prices: perToken({ input: 300, output: 2_500, imageOutput: 30_000 }),
    nanoDollars: 20 * 300 + 10 * 2_500,
  },
  {
    what: 'Gemini: sound, some of it from the cache',
    decode: gemini,
    usage: {
      promptTokenCount: 1_000,
      cachedContentTokenCount: 600,
      candidatesTokenCount: 10,
      promptTokensDetails: [
        { modality: 'TEXT', tokenCount: 300 },
        { modality: 'AUDIO', tokenCount: 700 },
      ],
      cacheTokensDetails: [
        { modality: 'TEXT', tokenCount: 100 },
        { modality: 'AUDIO', tokenCount: 500 },
      ],
    },
    prices: perToken({ input: 300, cachedInput: 30, audioInput: 1_000, cachedAudioInput: 100, output: 2_500 }),
    nanoDollars: 200 * 300 + 100 * 30 + 200 * 1_000 + 500 * 100 + 10 * 2_500,
  },
  {
    what: 'Cohere: reasoning within the output, pictures within the input',
    decode: cohereChat,
    usage: {
      tokens: { input_tokens: 100, image_tokens: 60, output_tokens: 20, reasoning_tokens: 5 },
      cached_tokens: 40,
    },
    prices: perToken({ input: 2_500, cachedInput: 250, output: 10_000 }),
    nanoDollars: 120 * 2_500 + 40 * 250 + 20 * 10_000,
  },
  {
    what: 'Cohere: reranking by searches, and no tokens',
    decode: findRerankWire('cohere').upstream.answer.decodeUsage,
    usage: { api_version: { version: '2' }, billed_units: { search_units: 7 }, tokens: { input_tokens: 90_000 } },
    prices: { ...perToken({}), perSearchUnit: 2_500_000 },
    nanoDollars: 7 * 2_500_000,
  },
  {
    what: 'OpenRouter: reranking by searches',
    decode: findRerankWire('jina').upstream.answer.decodeUsage,
    usage: { search_units: 1, total_tokens: 150 },
    prices: { ...perToken({}), perSearchUnit: 2_000_000 },
    nanoDollars: 2_000_000,
  },
];

describe('what a provider says that it used costs, to the nano-dollar', () => {
  it.each(vectors)('$what', ({ decode, nanoDollars, prices, usage }) => {
    expect(costOf(decode(usage), prices)).toEqual({ nanoDollars });
  });

  it('nothing that anybody knows where pictures that were made cost apart: flagged, not free', () => {
    const prices = readPrices({ input_mtok: 5, output_mtok: 10, output_image_mtok: 40 });
    const drawn = openaiChat({ input_tokens: 50, output_tokens: 4_160, total_tokens: 4_210 });
    expect(costOf(drawn, prices)).toEqual({ nanoDollars: undefined, reason: 'untold_images' });
  });
});
