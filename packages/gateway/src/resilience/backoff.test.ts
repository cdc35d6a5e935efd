import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BackoffSettings, createBackoff } from './backoff.ts';

const usual = { initialDelayMs: 100, maxDelayMs: 5_000, backoffMultiplier: 2 };

/** The first waits of a sequence, each told of the one before. */
function waits(settings: BackoffSettings, random: () => number, count: number): number[] {
  const backoff = createBackoff(settings, random);
  const list: number[] = [];
  for (let index = 0; index < count; index++) list.push(backoff(index, list.at(-1) ?? 0));
  return list;
}

describe('waits by strategy', () => {
  it.each([
    ['jittered', [75, 150, 300, 600, 1_200, 2_400, 3_750, 3_750]],
    ['full_jitter', [50, 100, 200, 400, 800, 1_600, 2_500, 2_500]],
    ['decorrelated', [200, 350, 575, 912.5, 1_418.75, 2_178.125, 3_317.1875, 5_000]],
    ['exponential', [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]],
    ['fixed', [100, 100, 100, 100, 100, 100, 100, 100]],
  ] as const)('%s, at the middle of chance', (strategy, expected) => {
    expect(waits({ ...usual, strategy }, () => 0.5, 8)).toEqual(expected);
  });

  it('are jittered when nothing is configured', () => {
    expect(waits(usual, () => 0, 3)).toEqual([50, 100, 200]);
    expect(waits(usual, () => 0.5, 3)).toEqual(waits({ ...usual, strategy: 'jittered' }, () => 0.5, 3));
  });
});

const settings = fc.record({
  initialDelayMs: fc.integer({ min: 0, max: 10_000 }),
  maxDelayMs: fc.integer({ min: 0, max: 60_000 }),
  backoffMultiplier: fc.double({ min: 1, max: 1e6, noNaN: true }),
});
const chances = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
  minLength: 1,
  maxLength: 40,
});

/** What a wait may be: by the rule of its strategy, told again in other words. */
const bounds = {
  jittered: (whole: number, _initial: number, _last: number) => [whole / 2, whole],
  full_jitter: (whole: number) => [0, whole],
  decorrelated: (_whole: number, initial: number, last: number) => [initial, Math.max(3 * last, 3 * initial)],
  exponential: (whole: number) => [whole, whole],
  fixed: (_whole: number, initial: number) => [initial, initial],
} as const;

describe('laws of waits', () => {
  it.each(Object.keys(bounds) as (keyof typeof bounds)[])('%s stays within its bounds and the cap', (strategy) => {
    fc.assert(
      fc.property(settings, chances, (some, list) => {
        let draw = 0;
        const random = () => list[draw++ % list.length]!;
        let last = 0;
        const backoff = createBackoff({ ...some, strategy }, random);
        for (let before = 0; before < 400; before++) {
          let whole = some.initialDelayMs;
          for (let step = 0; step < before && whole > 0 && whole < some.maxDelayMs; step++)
            whole *= some.backoffMultiplier;
          const [least, most] = bounds[strategy](Math.min(whole, some.maxDelayMs), some.initialDelayMs, last);
          const wait = backoff(before, last);
          expect(wait).toBeGreaterThanOrEqual(Math.min(least!, some.maxDelayMs) * (1 - 1e-9));
          expect(wait).toBeLessThanOrEqual(Math.min(most!, some.maxDelayMs) * (1 + 1e-9));
          last = wait;
        }
      }),
      { numRuns: 50 },
    );
  });

  it('without chance, jittered waits never shrink at a multiplier of two', () => {
    fc.assert(
      fc.property(settings, chances, ({ initialDelayMs, maxDelayMs }, list) => {
        let draw = 0;
        const random = () => list[draw++ % list.length]!;
        const list8 = waits({ initialDelayMs, maxDelayMs: maxDelayMs + 2 ** 30, backoffMultiplier: 2 }, random, 8);
        expect(list8).toEqual(list8.toSorted((left, right) => left - right));
      }),
    );
  });
});
