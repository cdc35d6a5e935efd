import { expect, it } from 'vitest';
import { RateLimitLeft } from './rate-limit-left.ts';

it('knows nothing until it is told', () => {
  const left = new RateLimitLeft();
  left.began(1_000_000, 0);
  expect(left.shareAfter(10, 0)).toBeUndefined();
  left.read({ requests: { limit: 10 }, tokens: { remaining: Number.NaN } }, 0);
  expect(left.shareAfter(10, 0)).toBeUndefined();
});

it('tells the share of the scarcer that would be left', () => {
  const left = new RateLimitLeft();
  left.read({ requests: { limit: 10, remaining: 6, resetMs: 1_000 } }, 0);
  expect(left.shareAfter(10, 0)).toBeCloseTo(0.5);
  left.read({ tokens: { limit: 1_000, remaining: 300, resetMs: 1_000 } }, 0);
  expect(left.shareAfter(100, 0)).toBeCloseTo(0.2);
  expect(left.shareAfter(400, 0)).toBeCloseTo(-0.1);
});

it('takes off what was sent since, until it is told anew', () => {
  const left = new RateLimitLeft();
  left.read({ requests: { limit: 10, remaining: 6, resetMs: 1_000 } }, 0);
  left.began(1, 1);
  left.began(1, 1);
  expect(left.shareAfter(1, 1)).toBeCloseTo(0.3);
  left.read({ requests: { limit: 10, remaining: 5, resetMs: 1_000 } }, 2);
  expect(left.shareAfter(1, 2)).toBeCloseTo(0.4);
});

it('is full after the reset, counts from there, and is full again every minute that nobody tells anything', () => {
  const left = new RateLimitLeft();
  left.read({ requests: { limit: 4, remaining: 0, resetMs: 1_000 } }, 0);
  expect(left.shareAfter(1, 999)).toBeLessThan(0);
  expect(left.shareAfter(1, 1_000)).toBeCloseTo(0.75);
  for (let count = 0; count < 4; count++) left.began(1, 1_000);
  expect(left.shareAfter(1, 1_000)).toBeLessThan(0);
  expect(left.shareAfter(1, 61_000)).toBeCloseTo(0.75);
});

it('without a limit tells only that nothing is left', () => {
  const left = new RateLimitLeft();
  left.read({ requests: { remaining: 1 } }, 0);
  expect(left.shareAfter(1, 0)).toBeUndefined();
  left.began(1, 0);
  expect(left.shareAfter(1, 0)).toBe(-1);
  expect(left.shareAfter(1, 60_000)).toBeUndefined();
  left.began(1, 60_000);
  expect(left.shareAfter(1, 60_000)).toBeUndefined();
});
