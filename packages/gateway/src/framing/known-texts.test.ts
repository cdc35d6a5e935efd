import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KnownTexts } from './known-texts.ts';

const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });

it('are the parts that were asked for, whatever came before', () => {
  const asked = fc.array(fc.tuple(latin1, fc.nat(40), fc.nat(70)), { maxLength: 60 });
  fc.assert(
    fc.property(asked, (all) => {
      const texts = new KnownTexts();
      for (const [text, start, length] of all) {
        const from = Math.min(start, text.length);
        const to = Math.min(from + length, text.length);
        expect(texts.between(text, from, to)).toBe(text.slice(from, to));
      }
    }),
  );
});

it('tells parts of one length apart, more of them than it remembers', () => {
  const texts = new KnownTexts();
  for (let round = 0; round < 2; round++) {
    for (let index = 100; index < 140; index++) {
      expect(texts.between(`name-${index}: value`, 0, 8)).toBe(`name-${index}`);
    }
  }
  expect(texts.between('x'.repeat(100), 10, 90)).toBe('x'.repeat(80));
  expect(texts.between('', 0, 0)).toBe('');
});
