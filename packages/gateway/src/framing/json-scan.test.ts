import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isKey, scanJson } from './json-scan.ts';

interface Member {
  readonly depth: number;
  readonly key: string;
  readonly value: string;
}

function scan(text: string | Buffer, padding = ''): { valid: boolean; members: Member[] } {
  const inner = Buffer.from(text);
  const bytes = Buffer.concat([Buffer.from(padding), inner, Buffer.from(padding)]);
  const members: Member[] = [];
  const start = Buffer.byteLength(padding);
  const valid = scanJson(bytes, start, start + inner.length, (depth, keyStart, keyEnd, valueStart, valueEnd) => {
    members.push({
      depth,
      key: bytes.toString('utf8', keyStart, keyEnd),
      value: bytes.toString('utf8', valueStart, valueEnd),
    });
  });
  return { valid, members };
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Members at depths 1 to 4 by JSON.parse, in the order in which their values end. */
function membersOf(value: unknown, depth = 1): { depth: number; key: string; value: unknown }[] {
  if (typeof value !== 'object' || value === null || depth > 4) return [];
  if (Array.isArray(value)) return value.flatMap((item) => membersOf(item, depth + 1));
  return Object.entries(value).flatMap(([key, inner]) => [
    ...membersOf(inner, depth + 1),
    { depth, key, value: inner },
  ]);
}

describe('scanJson', () => {
  it.each([
    '{}',
    '[]',
    '0',
    '-0',
    '1e400',
    '1.5E-7',
    'true',
    'null',
    '""',
    '"\\u00e9\\ud800\\n\\/"',
    ' [ 1 , {"a" : [ ] } ] ',
    '{"a":{"b":{"c":{"d":{}}}}}',
    '{"a":1,"a":2}',
    '"\u2028\u007f😀"',
    '\t\r\n1 ',
  ])('accepts %s', (text) => {
    expect(parses(text)).toBe(true);
    expect(scan(text).valid).toBe(true);
  });

  it.each([
    '',
    ' ',
    '{',
    '}',
    '[1',
    '[1,]',
    '[,1]',
    '{"a":1,}',
    '{,}',
    '{"a"}',
    '{"a":}',
    '{"a" 1}',
    '{a:1}',
    '{"a":1]',
    '[1}',
    '[1:2]',
    '1 2',
    '{}{}',
    '01',
    '-',
    '-a',
    '1.',
    '.5',
    '+1',
    '1e',
    '1e+',
    '1.e3',
    '--1',
    '1-1',
    '00',
    '"',
    '"\\',
    '"\\"',
    '"\\x41"',
    '"\\u12"',
    '"\\u12g4"',
    '"a\nb"',
    '"a\u0000b"',
    'tru',
    'trueish',
    'True',
    'nul',
    'NaN',
    'undefined',
    "'a'",
    '\ufeff{}',
    '[1]x',
    '\u00a01',
    '\f1',
  ])('refuses %j', (text) => {
    expect(parses(text)).toBe(false);
    expect(scan(text, '"1').valid).toBe(false);
  });

  it('accepts 256 levels and no more', () => {
    expect(scan('['.repeat(256) + ']'.repeat(256)).valid).toBe(true);
    expect(scan('['.repeat(257) + ']'.repeat(257)).valid).toBe(false);
  });

  it('agrees with JSON.parse on any JSON, with whitespace and without', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(undefined, 1, '\t'), (text, indent) => {
        expect(scan(JSON.stringify(JSON.parse(text), undefined, indent), '"').valid).toBe(true);
        expect(scan(text).valid).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with JSON.parse on JSON with something changed', () => {
    const token = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '0',
      '1',
      '-',
      '.',
      'e',
      ' ',
      '\n',
      'true',
      'é',
    );
    const change = fc.record({ at: fc.nat(), remove: fc.nat({ max: 3 }), insert: fc.oneof(fc.constant(''), token) });
    fc.assert(
      fc.property(fc.json(), fc.array(change, { minLength: 1, maxLength: 3 }), (json, changes) => {
        let text = json;
        for (const { at, remove, insert } of changes) {
          const place = at % (text.length + 1);
          text = text.slice(0, place) + insert + text.slice(place + remove);
        }
        expect(scan(text).valid).toBe(parses(text));
      }),
      { numRuns: 5_000 },
    );
  });

  it('agrees with JSON.parse on numbers and strings of any make', () => {
    const digits = fc.array(fc.constantFrom('0', '1', '9', '-', '+', '.', 'e', 'E'), { maxLength: 7 });
    const letters = fc.array(fc.constantFrom('\\', '"', 'u', 'n', 'x', '0', 'f', 'G', '\t', 'é'), { maxLength: 8 });
    fc.assert(
      fc.property(digits, letters, (number, string) => {
        const numeric = number.join('');
        const quoted = `"${string.join('')}"`;
        expect(scan(numeric).valid).toBe(parses(numeric));
        expect(scan(`[${numeric}]`).valid).toBe(parses(`[${numeric}]`));
        expect(scan(quoted).valid).toBe(parses(quoted));
      }),
      { numRuns: 5_000 },
    );
  });

  it('agrees with JSON.parse on long strings', () => {
    const piece = fc.constantFrom(
      'words and words ',
      '\\"',
      '\\\\',
      '\\',
      '"',
      '\\u00e9',
      '\\u00g',
      'é',
      '\n',
      'x'.repeat(190),
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 3, maxLength: 30 }), fc.nat({ max: 3 }), (pieces, lead) => {
        const quoted = `"${'x'.repeat(190 + lead)}${pieces.join('')}"`;
        expect(scan(quoted).valid).toBe(parses(quoted));
        const member = `{"a":${quoted},"b":[${quoted}]}`;
        expect(scan(member, '"').valid).toBe(parses(member));
        if (parses(member)) expect(scan(member).members.map(({ key }) => key)).toEqual(['a', 'b']);
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads strings longer than it makes a copy of', () => {
    const text = `{"a":"${'long text '.repeat(100_000)}","b":1}`;
    expect(scan(text).members).toHaveLength(2);
    expect(scan(text.replace('long text ', 'long\ntext')).valid).toBe(false);
  });

  it('tells of the members of the first four levels, each with its exact spans', () => {
    const { members } = scan('{"a" : {"b":[1,{"c": "x\\"}"}],"d": null } , "e":-1.5e3,"f\\"":true}', '{"z":1}');
    expect(members).toEqual([
      { depth: 4, key: 'c', value: '"x\\"}"' },
      { depth: 2, key: 'b', value: '[1,{"c": "x\\"}"}]' },
      { depth: 2, key: 'd', value: 'null' },
      { depth: 1, key: 'a', value: '{"b":[1,{"c": "x\\"}"}],"d": null }' },
      { depth: 1, key: 'e', value: '-1.5e3' },
      { depth: 1, key: 'f\\"', value: 'true' },
    ]);
  });

  it('counts arrays as levels', () => {
    expect(scan('{"a":[{"b":[{"c":1}]}]}').members.map(({ depth, key }) => `${depth}${key}`)).toEqual(['3b', '1a']);
  });

  it('tells of the members that JSON.parse finds', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        const found = scan(text, ' ').members.map(({ depth, key, value: inner }) => ({
          depth,
          key: JSON.parse(`"${key}"`),
          value: JSON.parse(inner),
        }));
        expect(found).toEqual(membersOf(JSON.parse(text)));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('isKey', () => {
  it('compares a span with a name', () => {
    const bytes = Buffer.from('xmodely');
    expect(isKey(bytes, 1, 6, 'model')).toBe(true);
    expect(isKey(bytes, 1, 6, 'modem')).toBe(false);
    expect(isKey(bytes, 1, 5, 'model')).toBe(false);
  });
});
