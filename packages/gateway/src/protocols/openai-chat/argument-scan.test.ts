import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgumentScan } from './argument-scan.ts';

function isWhole(pieces: readonly string[]): boolean {
  const scan = new ArgumentScan();
  for (const piece of pieces) scan.add(piece);
  return scan.isWhole;
}

describe('an object that comes in pieces', () => {
  const value = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));

  it('is whole at its last brace, and not before', () => {
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 2), (object, indent) => {
        const text = JSON.stringify(object, null, indent);
        for (let end = 0; end < text.length; end++) expect(isWhole([text.slice(0, end)])).toBe(false);
        expect(isWhole([text])).toBe(true);
        expect(isWhole([' \n', text, '\t '])).toBe(true);
      }),
    );
  });

  it('is the same at any splits', () => {
    fc.assert(
      fc.property(value, (object) => {
        expect(isWhole([...JSON.stringify(object)])).toBe(true);
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['a text', '"}"'],
    ['a list', '[{}]'],
    ['a brace too many', '{}}'],
    ['a second object', '{}{}'],
    ['an object that is open after an escaped quote', '{"a":"\\"}'],
    ['words before it', 'Sure: {}'],
  ])('%s is no whole object', (_title, text) => {
    expect(isWhole([text])).toBe(false);
  });
});
