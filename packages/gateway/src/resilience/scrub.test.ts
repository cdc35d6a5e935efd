import { expect, test } from 'vitest';
import { expectLinear } from '../../test/fuzz/cpu-growth.ts';
import { scrub } from './scrub.ts';

test.each([
  ['known', 'the key hunter22 is wrong', 'the key [redacted] is wrong'],
  ['prefix', 'Incorrect API key provided: sk-proj-abcdefgh12345678.', 'Incorrect API key provided: [redacted]'],
  ['other prefix', 'got gsk_abcdefghijkl12345', 'got [redacted]'],
  ['bearer', 'Authorization: Bearer abc.def', 'Authorization: Bearer [redacted]'],
  ['assignment', 'failed: api_key="abcdef" rejected', 'failed: api_key="[redacted]" rejected'],
  ['address', 'GET https://user:pass@host.example/v1/x?key=abc#f failed', 'GET https://host.example/v1/x failed'],
  ['long run', 'token 0123456789abcdef0123456789abcdef here', 'token [redacted] here'],
  ['model name', 'meta-llama/Llama-3.3-70B-Instruct-Turbo is gone', 'meta-llama/Llama-3.3-70B-Instruct-Turbo is gone'],
  ['words', 'internationalization-of-everything', 'internationalization-of-everything'],
])('%s', (_name, text, expected) => {
  expect(scrub(text, ['hunter22', ''])).toBe(expected);
});

test('time is linear in the text', () => {
  for (const piece of ['a.', 'a-', 'http://', 'bearer ', 'key=', 'a@', '://', 'sk-']) {
    expectLinear({
      size: 50_000,
      prepare: (size) => {
        const text = piece.repeat(size);
        return () => scrub(text, ['not there']);
      },
    });
  }
});
