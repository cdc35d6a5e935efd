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

  it('is another from the word that is told, and still has each word once', () => {
    for (const from of [0, 1, 7, 20, 59]) {
      const other = answerText(60, from);
      const words = other.split(' ');
      expect(words).toHaveLength(60);
      expect(new Set(words).size).toBe(60);
      expect(words.slice(0, from)).toEqual(answerText(60).split(' ').slice(0, from));
      for (let index = from; index < 60; index++) expect(other.split(' ')[index]).not.toBe(answerToken(index).trim());
      expect(answerText(60).startsWith(answerText(from + 1, from))).toBe(false);
    }
    expect(answerText(60, 60)).toBe(answerText(60));
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
