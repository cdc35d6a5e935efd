import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HeadParts, RepeatedHeads } from './repeated-heads.ts';

const OPENING = 'HTTP/1.1 200 OK\r\n';
const first: HeadParts = {
  headers: ['x-request-id', 'req-1', 'x-left', '99'],
  bodyBytes: 12,
  closing: 'date: now\r\n\r\n',
};

function textOf({ headers, bodyBytes, closing }: HeadParts, opening = OPENING): string {
  let text = opening;
  for (let index = 0; index < headers.length; index += 2) text += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return `${text}content-length: ${bodyBytes}\r\n${closing}`;
}

/** Those that know one. */
function learnt(text = textOf(first), parts = first): RepeatedHeads<string> {
  const heads = new RepeatedHeads<string>();
  heads.learn('a', text, parts);
  return heads;
}

const become = (more: Partial<HeadParts>): string | undefined =>
  learnt()
    .become('a', { ...first, ...more })
    ?.toString('latin1');

describe('a head that is sent again', () => {
  it('has the bytes that it had', () => {
    expect(become({})).toBe(textOf(first));
  });

  it.each<Partial<HeadParts>>([
    { headers: ['x-request-id', 'req-2', 'x-left', '98'] },
    { headers: ['x-request-id', '\t\xff -a', 'x-left', '99'] },
    { headers: ['x-request-id', 'req-10', 'x-left', '100'], bodyBytes: 1_000_000, closing: 'date: yesterday\r\n\r\n' },
    { headers: ['x-request-id', '', 'x-left', '9'], bodyBytes: 1, closing: '\r\n' },
    { bodyBytes: 99 },
    { closing: 'date: new\r\n\r\n' },
  ])('has other values: %j', (more) => {
    expect(become(more)).toBe(textOf({ ...first, ...more }));
  });

  it.each<Partial<HeadParts>>([
    { headers: ['x-request-id', 'req-1'] },
    { headers: ['x-request-id', 'req-1', 'x-lent', '99'] },
    { headers: ['x-request-id', 'a'.repeat(100), 'x-left', '99'] },
    { closing: `${'a'.repeat(100)}\r\n` },
  ])('is none for what differs otherwise: %j', (more) => {
    expect(become(more)).toBeUndefined();
  });

  it.each(['\r\n', '9\n', '\0a', 'a\x7f', 'a\u0100'])('is none for a value that cannot be written: %j', (value) => {
    expect(become({ headers: ['x-request-id', 'req-1', 'x-left', value] })).toBeUndefined();
  });

  it('may have lines before its length', () => {
    const heads = new RepeatedHeads<string>('host: a\r\n');
    const lines = textOf(first).replace('content-length', 'host: a\r\ncontent-length');
    heads.learn('b', textOf(first), first);
    expect(heads.become('b', first)).toBeUndefined();
    heads.learn('a', lines, first);
    expect(heads.become('a', { ...first, bodyBytes: 345 })?.toString('latin1')).toBe(lines.replace(': 12', ': 345'));
  });

  it('is none of another kind', () => {
    expect(learnt().become('b', first)).toBeUndefined();
  });

  it('is forgotten once it was none', () => {
    const heads = learnt();
    expect(heads.become('a', { ...first, headers: ['x-other', '1'] })).toBeUndefined();
    expect(heads.become('a', first)).toBeUndefined();
  });

  it.each([
    ['has another header', textOf({ ...first, headers: ['x-request-id', 'req-1'] })],
    ['lacks the length', `${OPENING}x-request-id: req-1\r\nx-left: 99\r\n${first.closing}`],
    ['ends otherwise', `${textOf(first)}x`],
    ['is shorter than its parts', '\r\n'],
    ['is long', 'a'.repeat(4_097) + textOf(first)],
  ])('is not remembered where it %s', (_, text) => {
    expect(learnt(text).become('a', first)).toBeUndefined();
  });

  it('is that of its parts, whatever came before', () => {
    const shape = fc.record({
      kind: fc.constantFrom('GET / HTTP/1.1\r\n', 'GET /a HTTP/1.1\r\n'),
      names: fc.array(fc.constantFrom('x-a', 'x-b'), { maxLength: 2 }),
    });
    const value = fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom('a', 'b', '\xe9', '', 'ab') },
      { weight: 1, arbitrary: fc.constantFrom('a'.repeat(50), '\n', '\u0100') },
    );
    const rest = fc.record({
      values: fc.tuple(value, value),
      bodyBytes: fc.integer({ min: 0, max: 12 }),
      closing: fc.constantFrom('\r\n', 'date: 1\r\n\r\n', 'date: 2\r\n\r\n'),
      isOther: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
    });
    let repeated = 0;
    fc.assert(
      fc.property(shape, shape, fc.array(rest, { minLength: 10, maxLength: 40 }), (usual, other, all) => {
        const heads = new RepeatedHeads<string>();
        for (const { values, bodyBytes, closing, isOther } of all) {
          const { kind, names } = isOther ? other : usual;
          const headers = names.flatMap((name, index) => [name, values[index]!]);
          const one = { headers, bodyBytes, closing };
          const isWritable = !headers.some((text) => /[\n\u0100]/.test(text));
          const bytes = heads.become(kind, one);
          if (bytes !== undefined) {
            repeated += 1;
            expect(isWritable).toBe(true);
            expect(bytes.toString('latin1')).toBe(textOf(one, kind));
          } else if (isWritable) {
            heads.learn(kind, textOf(one, kind), one);
          }
        }
      }),
    );
    expect(repeated).toBeGreaterThan(100);
  });
});
