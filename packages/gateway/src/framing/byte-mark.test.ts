import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createByteMark } from './byte-mark.ts';

it('is found wherever includes() finds it', () => {
  const mark = fc.stringMatching(/^[a-c"-]{1,5}$/);
  fc.assert(
    fc.property(mark, fc.stringMatching(/^[a-c"-]{0,40}$/), (text, body) => {
      expect(createByteMark(text).isIn(Buffer.from(body))).toBe(body.includes(text));
    }),
    { numRuns: 2_000 },
  );
});

it('is found at the beginning, at the end, and after something like it', () => {
  const mark = createByteMark('gw-sig:');
  for (const body of ['gw-sig:', 'gw-sig:x', 'xgw-sig:', 'w-sig: gw-sig:', 'éw-sig:gw-sig:']) {
    expect(mark.isIn(Buffer.from(body))).toBe(true);
  }
  for (const body of ['', '-sig:', 'w-sig:', 'gw-sig', 'gW-sig:']) expect(mark.isIn(Buffer.from(body))).toBe(false);
});
