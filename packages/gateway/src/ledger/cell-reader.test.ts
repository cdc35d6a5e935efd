import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CellReader } from './cell-reader.ts';

const numbers = fc.oneof(fc.maxSafeInteger(), fc.nat(1_000));
const plain = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ maxLength: 20 }),
  numbers,
  fc.constant(null),
);
const lists = fc.array(fc.oneof(plain, fc.array(plain, { maxLength: 4 })), { maxLength: 4 });
const isKind = (cell: unknown): boolean => Array.isArray(cell) && typeof cell[0] === 'string';
const ownCells = fc.array(fc.oneof(plain, lists), { maxLength: 8 }).filter((cells) => !cells.some(isKind));
const kinds = fc.array(plain, { maxLength: 6 }).map((cells) => ['chat', ...cells]);

/** A reader of JSON that stands in a line between two others. */
function readerOf(json: Uint8Array | string): CellReader {
  const before = Buffer.from('["another"]\n');
  const bytes = Buffer.concat([before, Buffer.from(json), Buffer.from('\n["and one more"]\n')]);
  return new CellReader(bytes, before.length, before.length + Buffer.from(json).length - 1);
}

describe('cells of a line', () => {
  it('are what its JSON says before the kind, and the kind is where they end', () => {
    fc.assert(
      fc.property(ownCells, kinds, (own, kind) => {
        const reader = readerOf(JSON.stringify([...own, kind]));
        expect(reader.untilKind()).toEqual(own.map((cell) => (Object.is(cell, -0) ? 0 : cell)));
        expect(reader.bytes.toString('utf8', reader.at, reader.end)).toBe(JSON.stringify(kind));
      }),
    );
  });

  it('of a line with any byte changed are those of its JSON, or none', () => {
    fc.assert(
      fc.property(ownCells, kinds, fc.nat(), fc.nat(255), (own, kind, at, byte) => {
        const bytes = Buffer.from(JSON.stringify([...own, kind]));
        bytes[at % bytes.length] = byte;
        const read = readerOf(bytes).untilKind();
        if (read === undefined || !isJson(bytes)) return;
        expect(JSON.stringify((JSON.parse(bytes.toString()) as unknown[]).slice(0, read.length))).toBe(
          JSON.stringify(read),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it('numbers too large to be exact were read as others', () => {
    // As JSON has it, the last digits are 46, and not those of adding digit to digit.
    expect(readerOf('[149371365348985541000000000000,["chat"]]').untilKind()).toBeUndefined();
    expect(readerOf(`[${Number.MAX_SAFE_INTEGER},["chat"]]`).untilKind()).toEqual([Number.MAX_SAFE_INTEGER]);
  });

  it.each([
    '',
    '[',
    '[]',
    '[1]',
    '[1,2',
    '["a',
    '["a\\',
    '["a"',
    '[nul',
    '[nothing,["k"]]',
    '[-,["k"]]',
    '[1.5,["k"]]',
  ])('are none where a line says %s', (json) => expect(readerOf(json).untilKind()).toBeUndefined());

  it('are none where lists are in more lists than a record has', () => {
    expect(readerOf('[[[1]],["k"]]').untilKind()).toEqual([[[1]]]);
    expect(readerOf(`[${'['.repeat(100_000)}`).untilKind()).toBeUndefined();
  });
});

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}
