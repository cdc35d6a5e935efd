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
    ['10', 5],
  ])('is unknown: %s and %s', (input, output) => {
    expect(decode(name, wireUsage(10, 5))).toMatchObject({ input: 10, output: 5 });
    expect(decode(name, wireUsage(input, output))).toBeUndefined();
  });
});

describe('usage without its input', () => {
  it.each(['openai-chat', 'openai-responses', 'anthropic-messages'] as const)('is unknown in %s', (name) => {
    expect(decode(name, usageOf[name](undefined, 5))).toBeUndefined();
  });

  it('is unknown where Gemini tells a total and nothing of what it is made of', () => {
    expect(decode('gemini', { totalTokenCount: 15 })).toBeUndefined();
  });
});
