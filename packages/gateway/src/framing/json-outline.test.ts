import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJson } from '../canonical/is-json.fixture.ts';
import { outlineOf } from './json-outline.ts';
import { scanStructure } from './json-structure.ts';

const LONG = 2_048;
const outline = (bytes: Buffer): string | undefined => outlineOf(bytes, scanStructure(bytes, 16).longStrings);
const chat = (content: string): Buffer =>
  Buffer.from(`{"model":"m","messages":[{"role":"user","content":"${content}"}]}`);
const empty = chat('').toString();

describe('outlineOf', () => {
  it('leaves out what long strings say, and nothing else', () => {
    expect(outline(chat('x'.repeat(LONG - 1)))).toBeUndefined();
    expect(outline(chat('x'.repeat(LONG)))).toBe(empty);
    expect(outline(chat('é€😀'.repeat(LONG)))).toBe(empty);
    const long = 'y'.repeat(3 * LONG);
    const parts = `[{"type":"text","text":"${long}"},{"n":[1.50,"é"],"text":"${long}"}, "${long}"]`;
    const body = Buffer.from(`{"messages":[{"content":${parts}},{"content":"short"}], "n":1e3} `);
    expect(outline(body)).toBe(body.toString().replaceAll(long, ''));
  });

  it('keeps members of the body itself, which routing reads', () => {
    const long = 'm'.repeat(2 * LONG);
    expect(outline(Buffer.from(JSON.stringify({ model: long, input: [long], stop: { a: long } })))).toBeUndefined();
  });

  it('keeps a string with an escape, and goes on behind it', () => {
    const long = 'x'.repeat(LONG);
    for (const odd of [`\\n${long}`, `${long}\\"`, `${long}\\\\`, `${long}\\x${long}`]) {
      const body = Buffer.from(`{"a":[{"b":"${long}","c":"${odd}","d":"${long}"}]}`);
      expect(outline(body)).toBe(`{"a":[{"b":"","c":"${odd}","d":""}]}`);
      expect(outline(chat(odd))).toBeUndefined();
    }
  });

  it('keeps a string with a control character, wherever it stands and lies in memory', () => {
    for (let offset = 0; offset < 4; offset++) {
      for (let length = LONG; length < LONG + 20; length++) {
        const room = Buffer.alloc(length + 200);
        const bytes = room.subarray(offset, offset + chat('x'.repeat(length)).copy(room, offset));
        const start = bytes.indexOf('xxx');
        expect(outline(bytes)).toBe(empty);
        for (const at of [...Array(24).keys(), ...Array.from({ length: 24 }, (_, back) => length - 1 - back)]) {
          for (const byte of [0, 0x0a, 0x1f]) {
            bytes[start + at] = byte;
            expect(outline(bytes)).toBeUndefined();
          }
          bytes[start + at] = 0x20;
        }
        expect(outline(bytes)).toBe(empty);
      }
    }
  });

  it('tells each byte that is a control character from each that is none', () => {
    const text = 'é'.repeat(LONG);
    const bytes = chat(text);
    const start = bytes.indexOf(text);
    for (let byte = 0; byte < 256; byte++) {
      if (byte === 0x22 || byte === 0x5c) continue;
      for (let place = 0; place < 4; place++) {
        const at = start + 1_000 + place;
        const before = bytes[at]!;
        bytes[at] = byte;
        expect(outline(bytes)).toBe(byte < 0x20 ? undefined : empty);
        bytes[at] = before;
      }
    }
  });

  it('leaves a string that never ends as it is', () => {
    const bytes = chat('x'.repeat(LONG));
    for (let end = 0; end < bytes.length; end++) {
      const cut = bytes.subarray(0, end);
      expect(isJson(outline(cut) ?? cut.toString())).toBe(false);
    }
  });

  it('is JSON exactly when the whole text is, and says the same but for the long strings', () => {
    const long = fc.constantFrom('x'.repeat(LONG), 'é'.repeat(LONG), `${'x'.repeat(LONG)}\\n`, `${'x'.repeat(LONG)}\t`);
    const piece = fc.oneof(
      long,
      fc.constantFrom('"', '"', '\\', ',', ':', '{', '}', '[', ']', '1', '-', 'null', ' ', 'a', '\n'),
    );
    const loose = fc.array(piece, { maxLength: 12 }).map((pieces) => `{"a":[{"b":"${pieces.join('')}"}]}`);
    const value = fc.jsonValue({ maxDepth: 5 }).map((json) => {
      return JSON.stringify([[[json]]]).replace(/"(\w+)"(?!:)/g, (_, word: string) => `"${word.repeat(LONG)}"`);
    });
    fc.assert(
      fc.property(fc.oneof(loose, value), (text) => {
        const short = outline(Buffer.from(text));
        if (short === undefined) return;
        expect(isJson(short)).toBe(isJson(text));
        if (isJson(text)) expect(shortened(JSON.parse(short))).toEqual(shortened(JSON.parse(text)));
      }),
      { numRuns: 3_000 },
    );
  });
});

/** The value without its long strings; long keys may have become one. */
function shortened(value: unknown): unknown {
  if (typeof value === 'string') return value.length >= LONG / 2 ? '' : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(shortened);
  const members = Object.entries(value).filter(([key]) => key !== '' && key.length < LONG / 2);
  return Object.fromEntries(members.map(([key, member]) => [key, shortened(member)]));
}
