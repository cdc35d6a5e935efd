import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headPieces } from './head-pieces.fixture.ts';
import { HeadReader } from './head-reader.ts';
import { readPlainHead } from './plain-head.ts';

function headOf(length: string, last = 'X-A: 1'): Buffer {
  const lines = ['Host: example.test', 'Authorization: Bearer a', `content-Length: ${length}`, last];
  return Buffer.from(`POST /v1/chat/completions HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n{}`, 'latin1');
}

function readAfter(first: Buffer, second: Buffer): ReturnType<HeadReader['read']> {
  const reader = new HeadReader();
  reader.read(first);
  return reader.read(second);
}

describe('the heads of one connection', () => {
  it('are understood once as long as they are the same', () => {
    const reader = new HeadReader();
    const head = reader.read(headOf('2'));
    expect(reader.read(headOf('2'))).toBe(head);
  });

  it('differ in their length alone', () => {
    const second = readAfter(headOf('2'), headOf('1234'))!;
    expect(second).toEqual(readPlainHead(headOf('1234')));
    expect(second.headers['content-length']).toBe('1234');
    expect(second.rawHeaders).toContain('1234');
  });

  it.each(['', '02', '-1', '2 ', '2\t', '2, 2', '2\r\n', '0x2', '1000000000000', '99999999999999999999'])(
    'are read anew with the length %j',
    (length) => {
      expect(readAfter(headOf('2'), headOf(length))).toEqual(readPlainHead(headOf(length)));
    },
  );

  it('are not kept when they are long', () => {
    const reader = new HeadReader();
    const long = headOf('2', `X-A: ${'a'.repeat(3_000)}`);
    const head = reader.read(long);
    expect(reader.read(long)).not.toBe(head);
    expect(reader.read(long)).toEqual(head);
  });

  it('are not compared for ever when they always differ', () => {
    const reader = new HeadReader();
    for (let index = 0; index < 9; index++) reader.read(headOf('2', `X-${index}: 1`));
    expect(reader.read(headOf('2'))).not.toBe(reader.read(headOf('2')));
  });

  it('may have values that are others each time, as of what traces a request', () => {
    const reader = new HeadReader();
    const traced = (id: string, length = '2'): Buffer => headOf(length, `X-A: \t1\r\ntraceparent: 00-${id}-01\r\nX-B:`);
    reader.read(traced('a'));
    const second = reader.read(traced('b'));
    expect(second).toEqual(readPlainHead(traced('b')));
    // What was learnt from the second still holds after the ones behind it, so that none of those was read anew.
    for (const id of ['c', 'a', 'd'.repeat(200)]) {
      expect(reader.read(traced(id, '17'))).toEqual(readPlainHead(traced(id, '17')));
    }
    expect(reader.read(traced('b'))).toBe(second);
    expect(reader.read(traced('e'.repeat(300)))).toEqual(readPlainHead(traced('e'.repeat(300))));
  });

  it('are taken for other ones where too many values are others', () => {
    const reader = new HeadReader();
    const lines = (value: string): string =>
      Array.from({ length: 6 }, (_, index) => `X-${index}: ${value}`).join('\r\n');
    for (const value of ['a', 'b', 'c']) {
      expect(reader.read(headOf('2', lines(value)))).toEqual(readPlainHead(headOf('2', lines(value))));
    }
    const last = reader.read(headOf('2', lines('d')));
    expect(reader.read(headOf('2', lines('d')))).toBe(last);
  });

  it('are never taken for each other', () => {
    const length = fc.constantFrom('0', '2', '9', '02', '10', '250', '999999999999', '1000000000000', '', ' ', '2\t');
    const piece = fc.constantFrom(...headPieces);
    const edit = fc.record({ at: fc.nat(), removed: fc.nat(3), piece: fc.option(piece, { nil: '' }) });
    const value = fc.constantFrom(
      '1',
      '2',
      '12',
      '',
      ' ',
      '1 ',
      '\t1',
      'a b',
      'a\tb',
      '\u0000',
      '\u00e9',
      'x'.repeat(257),
    );
    const connection = fc.constantFrom('keep-alive', 'Keep-Alive', 'close', 'keep-alive, x');
    const last = fc.tuple(value, connection, value).map(([a, b, c]) => `X-A: ${a}\r\nConnection: ${b}\r\nX-C:${c}`);
    const usual = fc.tuple(fc.constant('1'), fc.constant('keep-alive'), value);
    const usualLast = usual.map(([a, b, c]) => `X-A: ${a}\r\nConnection: ${b}\r\nX-C:${c}`);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(length, fc.oneof(usualLast, last)), { minLength: 1, maxLength: 3 }),
        fc.array(fc.tuple(length, fc.oneof(usualLast, last)), { minLength: 1, maxLength: 3 }),
        fc.array(edit, { maxLength: 1 }),
        fc.nat(),
        (first, heads, edits, cut) => {
          const reader = new HeadReader();
          for (const parts of first) expect(reader.read(headOf(...parts))).toEqual(readPlainHead(headOf(...parts)));
          for (const parts of heads) {
            let text = headOf(...parts).toString('latin1');
            for (const { at, piece: inserted, removed } of edits) {
              const index = at % text.length;
              text = text.slice(0, index) + inserted + text.slice(index + removed);
            }
            const whole = Buffer.from(text, 'latin1');
            const bytes = cut % 4 === 0 ? whole.subarray(0, cut % (whole.length + 1)) : whole;
            expect(reader.read(bytes)).toEqual(readPlainHead(bytes));
          }
        },
      ),
      { numRuns: 5_000 },
    );
  });
});
