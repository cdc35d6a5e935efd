import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  END_OF_SPOOL,
  formatSpoolName,
  groupSegments,
  MAX_SEGMENT,
  otherSegments,
  parseSpoolName,
  segmentFile,
  spoolPosition,
} from './segment-name.ts';

describe('names of spools', () => {
  it('tell whose they are', () => {
    const name = { pid: 4_711, place: 'k3f9a0', start: '123456789', id: 'a1b2c3' };
    expect(formatSpoolName(name)).toBe('spool-4711-k3f9a0.123456789.a1b2c3');
    expect(parseSpoolName(formatSpoolName(name))).toEqual(name);
    expect(segmentFile(formatSpoolName(name), 7)).toBe('spool-4711-k3f9a0.123456789.a1b2c3-000007.v2.log');
  });

  it.each(['', 'spool-1', 'spool-1-a.2.b-000001.log', 'spool-x-a.2.b', 'spool-1-a.2.B', '../spool-1-a.2.b'])(
    '%j is none',
    (text) => expect(parseSpoolName(text)).toBeUndefined(),
  );

  it('group the files of a folder, each spool in its order', () => {
    const files = [
      'spool-1-a.2.b-000010.v2.log',
      'spool-1-a.2.b-000009.v2.log',
      'spool-2-a.2.b-000001.v2.log',
      'x',
      'spool-1-a.2.b-000001.v2.log.damaged',
      'spool-3-a.2.b-000001.v3.log',
      'spool-1-a.2.b-000011.log',
    ];
    expect([...groupSegments(files)]).toEqual([
      ['spool-1-a.2.b', [9, 10]],
      ['spool-2-a.2.b', [1]],
    ]);
    expect(otherSegments(files)).toMatchObject([
      { file: 'spool-1-a.2.b-000011.log', spool: 'spool-1-a.2.b', format: 0 },
      { file: 'spool-3-a.2.b-000001.v3.log', spool: 'spool-3-a.2.b', format: 3 },
    ]);
  });
});

describe('places in a spool', () => {
  it('grow with segment and offset, and end before the end', () => {
    const place = fc.tuple(fc.integer({ min: 1, max: MAX_SEGMENT }), fc.nat({ max: 2 ** 31 - 1 }));
    fc.assert(
      fc.property(place, place, (one, other) => {
        const isEarlier = one[0] < other[0] || (one[0] === other[0] && one[1] < other[1]);
        expect(spoolPosition(...one) < spoolPosition(...other)).toBe(isEarlier);
        expect(spoolPosition(...one)).toBeLessThan(END_OF_SPOOL);
      }),
    );
  });
});
