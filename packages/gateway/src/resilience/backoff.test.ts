import { expect, test } from 'vitest';
import { fullJitterDelay } from './backoff.ts';

const settings = { initialDelayMs: 100, maxDelayMs: 5000, multiplier: 2 };

test('the ceiling doubles up to the maximum', () => {
  const ceilings = [1, 2, 3, 6, 7, 5000].map((attempt) => fullJitterDelay({ ...settings, attempt, random: () => 1 }));
  expect(ceilings).toEqual([100, 200, 400, 3200, 5000, 5000]);
});

test('the delay is anywhere below the ceiling', () => {
  expect(fullJitterDelay({ ...settings, attempt: 3, random: () => 0 })).toBe(0);
  expect(fullJitterDelay({ ...settings, attempt: 3, random: () => 0.25 })).toBe(100);
});

test('a maximum below the initial delay wins', () => {
  expect(fullJitterDelay({ ...settings, maxDelayMs: 50, attempt: 1, random: () => 1 })).toBe(50);
});
