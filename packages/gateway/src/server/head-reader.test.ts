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
    for (let index = 0; index < 9; index++) reader.read(headOf('2', `X-A: ${index}`));
    expect(reader.read(headOf('2'))).not.toBe(reader.read(headOf('2')));
  });

  it('are never taken for each other', () => {
    const length = fc.constantFrom('0', '2', '9', '02', '10', '250', '999999999999', '1000000000000', '', ' ', '2\t');
    const piece = fc.constantFrom(...headPieces);
    const edit = fc.record({ at: fc.nat(), removed: fc.nat(3), piece: fc.option(piece, { nil: '' }) });
    fc.assert(
      fc.property(
        length,
        fc.array(length, { minLength: 1, maxLength: 3 }),
        fc.array(edit, { maxLength: 1 }),
        fc.nat(),
        (first, lengths, edits, cut) => {
          const reader = new HeadReader();
          reader.read(headOf(first));
          for (const one of lengths) {
            let text = headOf(one).toString('latin1');
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
