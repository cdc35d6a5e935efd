import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectLinear } from '../../test/fuzz/cpu-growth.ts';
import { parseDuration, parseWait, waitInWords } from './retry-duration.ts';

describe('durations', () => {
  it.each([
    ['1s', 1_000],
    ['6m0s', 360_000],
    ['20ms', 20],
    ['2m59.56s', 179_560],
    ['15m50.4s', 950_400],
    ['1h2m3.5s', 3_723_500],
    ['1d', 86_400_000],
    ['7.66s', 7_660],
    ['12', 12_000],
    ['0.5', 500],
    ['s', undefined],
    ['5 s', undefined],
    ['1s2m', undefined],
    ['1.2.3s', undefined],
  ])('%s', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });
});

describe('a wait in words', () => {
  it.each([
    ['please try again in 20s.', 20_000],
    ['please try again in 1.2s. visit', 1_200],
    ['please try again in 6ms.', 6],
    ['please try again in 7m12.5s. need more?', 432_500],
    ['please try again in 1h2m3s', 3_600_000],
    ['please try again in 23h59m', 3_600_000],
    ['please retry in 48.25s.', 48_250],
    ['please retry after 26 seconds.', 26_000],
    ['please try again after 1 seconds', 1_000],
    ['try again in 8 seconds.', 8_000],
    ['try again in 2 minutes.', 120_000],
    ['try again in about 3 min', 180_000],
    ['please wait 34 seconds before retrying.', 34_000],
    ['your quota will reset after 1h2m', 3_600_000],
    ['the limit resets in: 45 s', 45_000],
    ['retry in 1500 milliseconds', 1_500],
    ['please try again later.', undefined],
    ['try again in 5 monkeys', undefined],
    ['try again in a minute', undefined],
    ['limit 20s, used 30s', undefined],
    ['retry the 3 seconds', undefined],
    ['', undefined],
  ])('%s', (text, expected) => {
    expect(waitInWords(text)).toBe(expected);
  });
});

describe('whatever a server writes', () => {
  it('is a wait between nothing and an hour, or none', () => {
    const texts = fc.oneof(fc.string(), fc.stringMatching(/^[0-9:.,TZhmsd -]{0,30}$/), fc.integer().map(String));
    fc.assert(
      fc.property(texts, fc.integer({ min: 0, max: 2e12 }), (text, wallNow) => {
        for (const wait of [parseWait(text, wallNow), waitInWords(`try again in ${text}`)]) {
          if (wait === undefined) continue;
          expect(Number.isInteger(wait)).toBe(true);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(3_600_000);
        }
      }),
    );
  });

  it('is read in a time that grows with its length only', () => {
    for (const piece of ['try again in ', 'retry again again again ', 'wait 1', 'wait 1s', '1m', 'wait 1 s, ', '9']) {
      expectLinear({
        size: 100_000,
        prepare: (size) => {
          const text = piece.repeat(size / piece.length);
          return () => {
            waitInWords(text);
            parseWait(text, 0);
          };
        },
      });
    }
  });
});
