import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AnswerPace } from './answer-pace.ts';

/** A target that answered once in so many milliseconds, at time 0. */
function paced(ms: number): AnswerPace {
  const pace = new AnswerPace();
  answer(pace, ms, 0);
  return pace;
}

function answer(pace: AnswerPace, ms: number, now: number): void {
  pace.began(now);
  pace.answered(ms, now);
}

it('knows nothing before the first answer, and expects little of who is being asked', () => {
  const pace = new AnswerPace();
  expect(pace.expectedMs(0)).toBe(0);
  pace.began(0);
  expect(pace.expectedMs(10)).toBe(1_000);
  expect(pace.expectedMs(7_000)).toBe(7_000);
  pace.abandoned();
  expect(pace.expectedMs(8_000)).toBe(0);
});

it('jumps up to a slow answer and comes down over seconds', () => {
  const pace = paced(100);
  answer(pace, 2_000, 100);
  expect(pace.expectedMs(100)).toBe(2_000);
  const seen: number[] = [];
  for (let now = 200; now <= 30_000; now += 100) {
    answer(pace, 100, now);
    seen.push(pace.expectedMs(now));
  }
  expect(seen).toEqual([...seen].sort((left, right) => right - left));
  expect(seen[0]).toBeGreaterThan(1_900);
  expect(seen.at(-1)).toBeLessThan(250);
});

it('goes back to what is usual while nobody asks, and forgets it after ten minutes', () => {
  const pace = new AnswerPace();
  for (let now = 0; now <= 300_000; now += 100) answer(pace, 400, now);
  answer(pace, 9_000, 300_000);
  expect(pace.expectedMs(300_000)).toBeGreaterThan(8_900);
  expect(pace.expectedMs(360_000)).toBeGreaterThan(300);
  expect(pace.expectedMs(360_000)).toBeLessThan(500);
  expect(pace.expectedMs(900_001)).toBe(0);
});

it('takes a failure for slow, however fast it was, and asks again after a while', () => {
  const pace = paced(100);
  pace.began(10);
  pace.failed(2, 10);
  expect(pace.expectedMs(10)).toBe(5_000);
  expect(pace.expectedMs(60_000)).toBeLessThan(150);
  pace.broke(20_000, 60_000);
  expect(pace.expectedMs(60_000)).toBe(20_000);
});

it('takes silence for slowness while requests wait', () => {
  const pace = paced(100);
  pace.began(1_000);
  pace.began(2_000);
  expect(pace.expectedMs(4_000)).toBe(3_000);
  pace.answered(100, 4_000);
  expect(pace.expectedMs(4_100)).toBeLessThan(200);
  // The other still waits.
  expect(pace.expectedMs(9_000)).toBe(5_000);
});

it('answers who looked at the clock before the last answer as of that answer', () => {
  const pace = paced(100);
  answer(pace, 2_000, 60_000);
  expect(pace.expectedMs(0)).toBe(2_000);
});

it('expects a time between the shortest and the longest that it saw, failures apart', () => {
  const answers = fc.array(fc.record({ ms: fc.integer({ min: 1, max: 60_000 }), gapMs: fc.nat(30_000) }), {
    minLength: 1,
  });
  fc.assert(
    fc.property(answers, (seen) => {
      const pace = new AnswerPace();
      let now = 0;
      for (const { ms, gapMs } of seen) {
        now += gapMs;
        answer(pace, ms, now);
      }
      const all = seen.map(({ ms }) => ms);
      const expected = pace.expectedMs(now);
      expect(expected).toBeGreaterThanOrEqual(Math.min(...all) - 1e-6);
      expect(expected).toBeLessThanOrEqual(Math.max(...all) + 1e-6);
      expect(expected).toBeGreaterThanOrEqual(all.at(-1)! - 1e-6);
    }),
  );
});
