import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerText, answerToken, countTokens, splitTokens } from './answer-text.ts';

describe('answerText', () => {
  it('has as many words as tokens, each once, and is the tokens joined', () => {
    for (const tokens of [0, 1, 59, 60, 500]) {
      const text = answerText(tokens);
      expect(countTokens(text)).toBe(tokens);
      expect(splitTokens(text)).toEqual(Array.from({ length: tokens }, (_, index) => answerToken(index)));
      expect(new Set(text.split(' ')).size).toBe(Math.max(1, tokens));
    }
  });

  it('is the beginning of every longer one', () => {
    expect(answerText(100).startsWith(answerText(60))).toBe(true);
  });

  it('holds characters of one to four bytes', () => {
    const lengths = new Set(Array.from(answerText(20), (character) => Buffer.byteLength(character)));
    expect([...lengths].sort()).toEqual([1, 2, 3, 4]);
  });
});

describe('splitTokens', () => {
  it('loses nothing of any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => splitTokens(text).join('') === text));
  });
});
