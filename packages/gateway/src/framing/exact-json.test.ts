import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactNumber, parseExact, toNumber, writeExact } from './exact-json.ts';

describe('exact JSON', () => {
  it.each([
    '{"id":1234567890123456789}',
    '[1.0,1.50,-0,0.1,1e3,1E-7,12345678901234567890.5]',
    '{"a":{"b":[{"c":100000000000000000001}]},"s":"1.0 and 12345678901234567890"}',
    '" \\" \\\\ 1e5 \\u0001"',
    '{"__proto__":1.0,"":{}}',
    '[]',
    '{"place":123456789012.123456789}',
    '[-1.0,2.50]',
    '{"id":"ab1ec3","n":1e2}',
    '12345678901234567890',
  ])('writes %s as it was', (text) => {
    expect(writeExact(parseExact(text))).toBe(text);
  });

  it('gives plain numbers where a double is exact', () => {
    expect(parseExact('{"a":1,"b":2.5,"c":[true,false,null,1.0]}')).toEqual({
      a: 1,
      b: 2.5,
      c: [true, false, null, new ExactNumber('1.0')],
    });
  });

  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, space) => {
        const text = JSON.stringify([value, 'a "quoted" \\ tail', 'x'], null, space);
        const forced = `[${text},1.0]`;
        expect(JSON.parse(writeExact(parseExact(forced)))).toEqual(JSON.parse(forced));
        expect(writeExact(parseExact(forced))).toBe(`[${JSON.stringify(JSON.parse(text))},1.0]`);
      }),
    );
  });

  it('throws as JSON.parse does', () => {
    expect(() => parseExact('{"a":1e}')).toThrow(SyntaxError);
  });

  it('takes no string for a number', () => {
    const text = JSON.stringify({ a: '\u0001abc:5', b: 'x' });
    expect(writeExact(JSON.parse(text))).toBe(text);
  });

  it('stays linear with many escapes', () => {
    const text = `["${'\\\\'.repeat(200_000)}",1.0]`;
    expect(writeExact(parseExact(text))).toBe(text);
  });

  it('turns into a number for whoever needs one', () => {
    expect(toNumber(parseExact('1.0'))).toBe(1);
    expect(toNumber(2)).toBe(2);
    expect(toNumber('2')).toBeUndefined();
  });
});
