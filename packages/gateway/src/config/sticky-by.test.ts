import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStickyBy } from './sticky-by.ts';

const tokenCharacters = [..."!#$%&'*+-.^_`|~0123456789abcXYZ"];
const headerNames = fc
  .array(fc.constantFrom(...tokenCharacters), { minLength: 1, maxLength: 128 })
  .map((characters) => characters.join(''));

describe('parseStickyBy', () => {
  it.each([
    ['key', { kind: 'key' }],
    [' Conversation ', { kind: 'conversation' }],
    ['header:X-Session-Id', { kind: 'header', name: 'x-session-id' }],
    ['Header: x-a', { kind: 'header', name: 'x-a' }],
  ])('reads %j', (text, expected) => {
    expect(parseStickyBy(text)).toEqual(expected);
  });

  it.each(['', 'keys', 'x-session', 'header', 'header:', 'header: ', 'header:x y', 'header:x:y', 'header:é'])(
    'refuses %j',
    (text) => {
      expect(parseStickyBy(text)).toBeUndefined();
    },
  );

  it('takes every name that a header may have, in lower case', () => {
    fc.assert(
      fc.property(headerNames, (name) => {
        expect(parseStickyBy(`header:${name}`)).toEqual({ kind: 'header', name: name.toLowerCase() });
      }),
    );
    expect(parseStickyBy(`header:${'x'.repeat(129)}`)).toBeUndefined();
  });
});
