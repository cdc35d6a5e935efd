import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJson } from '../canonical/is-json.fixture.ts';
import { findJsonMistake, positionAt } from './json-syntax.ts';

describe('findJsonMistake', () => {
  it('finds none in JSON', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(findJsonMistake(text)).toBeUndefined();
      }),
    );
  });

  it('agrees with JSON.parse on broken texts', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', ',', '}', '"', 'x', '\\', '0', ' ', '\u00a0', '\ufeff', '\v', '\t'),
        (json, place, inserted) => {
          const offset = place % (json.length + 1);
          const text = json.slice(0, offset) + inserted + json.slice(offset + 1);
          expect(findJsonMistake(text) === undefined).toBe(isJson(text));
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['{"a": 1,}', 8],
    ['{"a" 1}', 5],
    ['{"a": }', 6],
    ['{"a": 1} x', 9],
    ['', 0],
    ['[1, 2', 5],
    ["{'a': 1}", 1],
    ['\ufeff{"a": 1}', 0],
    ['{\u00a0"a": 1}', 1],
    ['{"a": 1}\u2028', 8],
  ])('points at the mistake in %s', (text, offset) => {
    expect(findJsonMistake(text)).toBe(offset);
  });

  it('reads texts of megabytes', () => {
    for (const text of ['x', '\\n'].map((part) => part.repeat(10_000_000))) {
      expect(findJsonMistake(`{"a": "${text}"`)).toBe(`{"a": "${text}"`.length);
    }
  });

  it('turns offsets into lines and columns', () => {
    expect(positionAt('a\nbc', 0)).toEqual({ line: 1, column: 1 });
    expect(positionAt('a\nbc', 3)).toEqual({ line: 2, column: 2 });
  });
});
