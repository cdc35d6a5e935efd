import { expect, it } from 'vitest';
import type { LimitRule } from '../limit-store.ts';
import { TokenBucket } from './token-bucket.ts';

const ruleOf = (capacity: number, refillPerSecond: number): Extract<LimitRule, { algorithm: 'token_bucket' }> => ({
  id: 'r',
  algorithm: 'token_bucket',
  capacity,
  refillPerSecond,
});

function take(bucket: TokenBucket, cost: number, now: number): number {
  const waitMs = bucket.offer(cost, now);
  if (waitMs > 0) bucket.withdraw();
  else bucket.commit(now);
  return waitMs;
}

it('does not count the time before a reload at the rate after it', () => {
  const bucket = new TokenBucket(ruleOf(10, 1), 0);
  expect(take(bucket, 10, 0)).toBe(0);
  // Two tokens came since, not twenty, and they stay when the rate falls.
  bucket.adopt(ruleOf(10, 10), 2_000);
  expect(bucket.remaining(2_000)).toBe(2);
  bucket.adopt(ruleOf(10, 0.1), 2_000);
  expect(bucket.remaining(2_000)).toBe(2);
  expect(take(bucket, 3, 2_000)).toBe(10_000);
});

it('does not tell a reset that is a millisecond late', () => {
  const bucket = new TokenBucket(ruleOf(3, 0.05), 17);
  expect(take(bucket, 1, 17)).toBe(0);
  // A twentieth of a token each second: 20 seconds but 9 milliseconds are left.
  expect(bucket.resetMs(26)).toBe(19_991);
});

it('does not lose the last part of a token of millions', () => {
  const bucket = new TokenBucket(ruleOf(9_048_775, 2 / 60), 0);
  expect(take(bucket, 1_000_000, 0)).toBe(0);
  expect(take(bucket, 1, 9)).toBe(0);
  expect(bucket.resetMs(9)).toBe(86_400_000);
  const waitMs = take(bucket, 9_048_775, 9);
  expect(waitMs).toBe((1_000_001 * 60_000) / 2 - 9);
  expect(take(bucket, 9_048_775, 9 + waitMs)).toBe(0);
});

it('tells the wait of a rate that is next to nothing without counting it off', () => {
  const bucket = new TokenBucket(ruleOf(1, 1e-30), 0);
  expect(take(bucket, 1, 0)).toBe(0);
  expect(take(bucket, 1, 1)).toBeGreaterThan(1e30);
  expect(bucket.resetMs(1)).toBe(86_400_000);
  const slow = new TokenBucket(ruleOf(1, 1e-9), 0);
  expect(take(slow, 1, 0)).toBe(0);
  expect(take(slow, 1, 1)).toBeGreaterThan(9e11);
});
