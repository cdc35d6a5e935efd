import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteText } from './byte-text.ts';
import { formatMilliseconds, writeMilliseconds } from './milliseconds.ts';

describe('formatMilliseconds', () => {
  it.each([
    [0, '0'],
    [5, '5'],
    [5.1, '5.1'],
    [5.01, '5.01'],
    [5.12, '5.12'],
    [0.0004, '0'],
    [0.007, '0.007'],
    [12.0456, '12.046'],
    [-1.5, '-1.5'],
    [Number.NaN, '0'],
    [Number.POSITIVE_INFINITY, '0'],
  ])('prints %s as %s', (milliseconds, text) => {
    expect(formatMilliseconds(milliseconds)).toBe(text);
  });

  it('is off by at most half a microsecond, and always JSON', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (milliseconds) => {
        expect(Math.abs(JSON.parse(formatMilliseconds(milliseconds)) - milliseconds)).toBeLessThanOrEqual(0.000_501);
      }),
    );
  });
});

it('writeMilliseconds writes the same', () => {
  const text = new ByteText();
  const round = fc.integer({ min: -5_000, max: 5_000_000 }).map((micros) => micros / 1_000);
  fc.assert(
    fc.property(fc.oneof(fc.double(), round), (milliseconds) => {
      text.length = 0;
      writeMilliseconds(text, milliseconds);
      expect(Buffer.from(text.view()).toString()).toBe(formatMilliseconds(milliseconds));
    }),
    { numRuns: 1_000 },
  );
});
