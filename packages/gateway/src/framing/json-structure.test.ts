import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJson } from '../canonical/is-json.fixture.ts';
import { scanStructure } from './json-structure.ts';

const isDeeperThan = (bytes: Buffer, limit: number): boolean => scanStructure(bytes, limit).isTooDeep;

function nested(depth: number, open = '[', close = ']'): Buffer {
  return Buffer.from(open.repeat(depth) + close.repeat(depth));
}

describe('isDeeperThan', () => {
  it('tells the limit from one above it', () => {
    expect(isDeeperThan(nested(64), 64)).toBe(false);
    expect(isDeeperThan(nested(65), 64)).toBe(true);
    expect(isDeeperThan(nested(65, '{"a":', '}'), 64)).toBe(true);
    expect(isDeeperThan(Buffer.from('['.repeat(1_000_000)), 64)).toBe(true);
  });

  it.each([10, 23, 24, 25, 26, 100])('does not count within a string of %d bytes', (length) => {
    for (const inner of ['[', '\\"[', '[\\\\']) {
      const text = `["${inner.repeat(length).slice(0, length)}`;
      const padded = `${text.endsWith('\\') ? `${text}\\` : text}", [1]]`;
      if (!isJson(padded)) continue;
      expect(isDeeperThan(Buffer.from(padded), 3)).toBe(false);
    }
  });

  it('agrees with the parsed value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.integer({ min: 1, max: 6 }), (value, limit) => {
        expect(isDeeperThan(Buffer.from(JSON.stringify(value)), limit)).toBe(depthOf(value) > limit);
      }),
      { numRuns: 2000 },
    );
    const text = fc.string({ unit: fc.constantFrom('"', '\\', '[', '{', ']', 'a', 'é'), maxLength: 80 });
    fc.assert(
      fc.property(fc.array(text), (texts) => {
        expect(isDeeperThan(Buffer.from(JSON.stringify([texts])), 1)).toBe(JSON.stringify([texts]).length > 2);
        expect(isDeeperThan(Buffer.from(JSON.stringify([texts])), 2)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it('ends on any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        (bytes) => typeof isDeeperThan(Buffer.from(bytes), 3) === 'boolean',
      ),
    );
    expect(isDeeperThan(Buffer.from('"never ended [[[[['.repeat(9)), 64)).toBe(false);
  });
});

describe('long strings', () => {
  const long = 'x'.repeat(2_048);

  it('are told where they stand within the content, in order', () => {
    const body = Buffer.from(JSON.stringify({ m: [{ a: long, b: 'short', c: [`${long}\n"`, [long]] }] }));
    const { isTooDeep, longStrings } = scanStructure(body, 8);
    expect(isTooDeep).toBe(false);
    const found: string[] = [];
    for (let index = 0; index < longStrings.length; index += 2) {
      found.push(body.toString('utf8', longStrings[index], longStrings[index + 1]));
    }
    expect(found).toEqual([long, `${long}\\n\\"`, long]);
  });

  it('are none below their length, above the content, and where the text is nested too deep', () => {
    expect(scanStructure(Buffer.from(JSON.stringify([[[long.slice(1)]]])), 8).longStrings).toEqual([]);
    expect(scanStructure(Buffer.from(JSON.stringify({ a: long, b: [long] })), 8).longStrings).toEqual([]);
    expect(scanStructure(Buffer.from(JSON.stringify([[[long]]])), 2)).toMatchObject({
      isTooDeep: true,
      longStrings: [],
    });
  });
});

describe('members', () => {
  const membersOf = (text: string): number => scanStructure(Buffer.from(text), 16).members;

  it('are counted in the outermost object alone, each time that they are there', () => {
    expect(membersOf('{}')).toBe(0);
    expect(membersOf(' {"a":1, "a" : {"b":2,"c":[{"d":3}]},"\\u0061":":{}\\":" }')).toBe(3);
    expect(membersOf('[{"a":1}]')).toBe(0);
    expect(membersOf('":::"')).toBe(0);
  });

  it('are as many as the value has, where none is there twice', () => {
    const anyObject = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }));
    fc.assert(
      fc.property(anyObject, fc.constantFrom(undefined, 2), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        expect(membersOf(text)).toBe(Object.keys(JSON.parse(text)).length);
      }),
      { numRuns: 2000 },
    );
  });
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}
