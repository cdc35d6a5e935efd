import { describe, expect, it } from 'vitest';
import { type ProtocolName, protocolNames } from '../canonical/protocol-name.ts';
import { findProtocol } from './find-protocol.ts';

const decode = (name: ProtocolName, usage: unknown) => findProtocol(name).upstream!.decodeUsage(usage);

/** Usage as each wire tells it: input, then output. */
const usageOf: Readonly<Record<ProtocolName, (input: unknown, output: unknown) => unknown>> = {
  'openai-chat': (input, output) => ({ prompt_tokens: input, completion_tokens: output }),
  'openai-responses': (input, output) => ({ input_tokens: input, output_tokens: output }),
  'anthropic-messages': (input, output) => ({ input_tokens: input, output_tokens: output }),
  gemini: (input, output) => ({ promptTokenCount: input, candidatesTokenCount: output }),
  'bedrock-converse': (input, output) => ({ inputTokens: input, outputTokens: output }),
  'cohere-chat': (input, output) => ({ tokens: { input_tokens: input, output_tokens: output } }),
};

/** It was taken for none of these tokens, and charged as nothing. */
describe.each(protocolNames)('usage of %s with a count that is none', (name) => {
  const wireUsage = usageOf[name];
  it.each([
    [-10, 5],
    [10, -5],
    [10.5, 5],
    [10, 1e30],
    [2 ** 53, 5],
    [10, 20_000_000_000],
    [Number.MAX_SAFE_INTEGER, 5],
    ['10', 5],
  ])('is unknown: %s and %s', (input, output) => {
    expect(decode(name, wireUsage(10, 5))).toMatchObject({ input: 10, output: 5 });
    expect(decode(name, wireUsage(input, output))).toBeUndefined();
  });
});

/** Bedrock's, Cohere's and Gemini's counted as an input of nothing, so that a prompt of any length was free. */
describe.each(protocolNames)('usage of %s without its input', (name) => {
  it.each([undefined, null])('is unknown: %s', (input) => {
    expect(decode(name, usageOf[name](input, 5))).toBeUndefined();
  });
});

describe('usage of Cohere without the input among its tokens', () => {
  it('is what is billed', () => {
    const billed = { input_tokens: 7, output_tokens: 3 };
    expect(decode('cohere-chat', { tokens: { output_tokens: 5 }, billed_units: billed })).toEqual({
      input: 7,
      output: 3,
    });
  });
});

/** Google's answers on OpenAI's wire have thoughts in the total alone: they were free. */
describe('usage whose total has more than its parts', () => {
  it.each([
    ['openai-chat', { prompt_tokens: 9, completion_tokens: 3, total_tokens: 105 }],
    ['gemini', { promptTokenCount: 9, candidatesTokenCount: 3, totalTokenCount: 105 }],
  ] as const)('has the rest as output: %s', (name, usage) => {
    expect(decode(name, usage)).toMatchObject({ input: 9, output: 96 });
  });
});

describe('usage of Gemini without the count of its prompt', () => {
  it.each([{ totalTokenCount: 15 }, { trafficType: 'ON_DEMAND' }, { thoughtsTokenCount: 4, totalTokenCount: 15 }])(
    'is unknown: %j',
    (usage) => expect(decode('gemini', usage)).toBeUndefined(),
  );

  it('is nothing where the total is', () => {
    expect(decode('gemini', { totalTokenCount: 0 })).toEqual({ input: 0, output: 0 });
  });
});
