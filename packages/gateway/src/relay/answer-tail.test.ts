import { describe, expect, it } from 'vitest';
import { AnswerTail } from './answer-tail.ts';

const usage = { input_tokens: 5, input_tokens_details: { text_tokens: 5, image_tokens: 0 }, output_tokens: 4_160 };
const picture = 'A'.repeat(100_000);

function usageOf(text: string, size: number): unknown {
  const tail = new AnswerTail();
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) tail.keep(bytes.subarray(at, at + size));
  return tail.membersFrom('usage')?.['usage'];
}

describe.each([1_000_000, 65_536, 1_000, 7])(
  'the usage at the end of an answer that came in pieces of %d bytes',
  (size) => {
    it.each([
      ['last', { created: 1, data: [{ b64_json: picture }], usage }, usage],
      ['before others', { data: [{ b64_json: picture }], usage, size: '1024x1024', background: null }, usage],
      ['of a short answer', { text: 'Hello.', usage }, usage],
      ['beside a text that speaks of it', { text: 'say "usage":{"input_tokens":9}}', usage }, usage],
    ])('is found: %s', (_what, answer, found) => {
      expect(usageOf(JSON.stringify(answer), size)).toEqual(found);
      expect(usageOf(`${JSON.stringify(answer, null, 2)}\n`, size)).toEqual(found);
    });

    it.each([
      ['there is none', JSON.stringify({ data: [{ b64_json: picture }] })],
      ['it is that of a part', JSON.stringify({ data: [{ b64_json: picture, usage }] })],
      ['it stands before the pictures', JSON.stringify({ usage, data: [{ b64_json: picture }] })],
      ['the answer was cut', JSON.stringify({ data: [], usage }).slice(0, -1)],
      ['it is no JSON', `${picture}"usage"`],
      ['it is a text in quotes', JSON.stringify({ text: '"usage":{"input_tokens":1}}' })],
    ])('is not made up where %s', (_what, text) => {
      expect(usageOf(text, size)).toBeUndefined();
    });
  },
);
