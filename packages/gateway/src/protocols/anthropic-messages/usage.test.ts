import { describe, expect, it } from 'vitest';
import { decodeUsage } from './usage.ts';

const message = { type: 'message', input_tokens: 23_000, output_tokens: 1_000 };
const shortening = {
  type: 'compaction',
  input_tokens: 170_000,
  cache_read_input_tokens: 9_000,
  cache_creation_input_tokens: 1_000,
  cache_creation: { ephemeral_5m_input_tokens: 600, ephemeral_1h_input_tokens: 400 },
  output_tokens: 3_500,
};
const told = { input_tokens: 23_000, output_tokens: 1_000 };

describe('usage of an answer before which the provider shortened the conversation', () => {
  it('has what that took, which its totals leave out', () => {
    expect(decodeUsage({ ...told, iterations: [shortening, message] })).toEqual({
      input: 203_000,
      output: 4_500,
      cachedInput: 9_000,
      cacheWriteInput: 1_000,
      cacheWriteHourInput: 400,
    });
  });

  it('has what that took where nothing was answered', () => {
    const nothing = { input_tokens: 0, output_tokens: 0, inference_geo: 'us' };
    expect(decodeUsage({ ...nothing, iterations: [shortening] })).toMatchObject({
      input: 180_000,
      output: 3_500,
      rate: 'us',
    });
  });

  it('has what another model took that was asked for advice', () => {
    const advice = { type: 'advisor_message', model: 'claude-opus-5', input_tokens: 800, output_tokens: 200 };
    expect(decodeUsage({ ...told, iterations: [message, advice, message] })).toEqual({ input: 23_800, output: 1_200 });
  });

  it('is not known where a count of it is none', () => {
    expect(decodeUsage({ ...told, iterations: [{ ...shortening, input_tokens: -1 }] })).toBeUndefined();
    expect(decodeUsage({ ...told, iterations: [{ type: 'compaction' }] })).toBeUndefined();
  });
});

describe('usage by steps that its totals hold', () => {
  it.each([[[message]], [[message, { type: 'of_tomorrow' }]], [null], [[]], ['none'], [[7]]])(
    'is the totals: %j',
    (iterations) => {
      expect(decodeUsage({ ...told, iterations })).toEqual({ input: 23_000, output: 1_000 });
    },
  );
});
