import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEAD, readLines, sealLine } from './record-line.ts';

const texts = fc.string({ maxLength: 60, unit: 'grapheme' }).map((text) => JSON.stringify(text));

function lineOf(json: string): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(HEAD), Buffer.from(json), Buffer.alloc(1)]);
  expect(sealLine(bytes, bytes.length - 1, crc32(json))).toBe(bytes.length);
  return bytes;
}

function bytesOf(lines: readonly string[]): Buffer {
  return Buffer.concat(lines.map(lineOf));
}

describe('lines of the spool', () => {
  it('can be read by people', () => {
    expect(bytesOf(['["C"]']).toString()).toMatch(/^[0-9a-f]{8} \["C"\]\n$/);
  });

  it('are read as they were written, each with its end', () => {
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 10 }), (lines) => {
        const bytes = bytesOf(lines);
        const read = readLines(bytes);
        expect(read.lines.map(({ json }) => json)).toEqual(lines);
        expect(read.lines.map(({ end }) => end)).toEqual(
          lines.map((_, index) => bytesOf(lines.slice(0, index + 1)).length),
        );
        expect(read).toMatchObject({ length: bytes.length, damaged: 0 });
      }),
    );
  });

  it('cut at any byte give all whole ones before the cut, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(texts, { minLength: 1, maxLength: 6 }), (lines) => {
        const bytes = bytesOf(lines);
        for (let cut = 0; cut <= bytes.length; cut++) {
          const { lines: read, damaged, length } = readLines(bytes.subarray(0, cut));
          const whole = readLines(bytes).lines.filter(({ end }) => end <= cut);
          expect(read).toEqual(whole);
          expect([damaged, length]).toEqual([0, whole.at(-1)?.end ?? 0]);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('with any byte changed lose at most the lines that it was in or between', () => {
    fc.assert(
      fc.property(
        fc.array(texts, { minLength: 2, maxLength: 5 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (lines, at, by) => {
          const bytes = Buffer.from(bytesOf(lines));
          const place = at % bytes.length;
          bytes[place] = bytes[place]! ^ by;
          const read = readLines(bytes).lines.map(({ json }) => json);
          expect(lines.filter((json) => !read.includes(json)).length).toBeLessThanOrEqual(2);
          expect(read.every((json) => lines.includes(json))).toBe(true);
        },
      ),
    );
  });

  it('are found again after zeros and noise', () => {
    const bytes = Buffer.concat([bytesOf(['1']), Buffer.alloc(100), Buffer.from('\nnoise\n'), bytesOf(['2'])]);
    expect(readLines(bytes)).toMatchObject({ damaged: 2 });
    expect(readLines(bytes).lines.map(({ json }) => json)).toEqual(['1', '2']);
  });
});
