import { expect, it } from 'vitest';
import { IdleLimit } from './idle-limit.ts';

it('is the longest until the upstream has closed a connection, and then less than the upstream waits', () => {
  const limit = new IdleLimit({ now: () => 0 }, 60_000);
  expect(limit.of(undefined)).toBe(60_000);
  limit.noteClosed(30_000);
  expect(limit.of(undefined)).toBe(29_000);
  limit.noteClosed(5_000);
  expect(limit.of(undefined)).toBe(4_000);
});

it('is a second less than the upstream says, and never longer than ten minutes', () => {
  const limit = new IdleLimit({ now: () => 0 }, 60_000);
  limit.noteClosed(5_000);
  expect(limit.of(75)).toBe(74_000);
  expect(limit.of(1)).toBe(0);
  expect(limit.of(100_000)).toBe(600_000);
});

it('is not raised by a connection that was closed later', () => {
  const limit = new IdleLimit({ now: () => 0 }, 60_000);
  limit.noteClosed(10_000);
  limit.noteClosed(20_000);
  limit.noteClosed(600_000);
  expect(limit.of(undefined)).toBe(9_000);
});

it('is not lowered below its least by an upstream that closes everything as it stops', () => {
  const limit = new IdleLimit({ now: () => 0 }, 60_000);
  limit.noteClosed(3);
  expect(limit.of(undefined)).toBe(4_000);
});

it('forgets after ten minutes, unless the upstream did it again meanwhile', () => {
  let now = 1_000;
  const limit = new IdleLimit({ now: () => now }, 60_000);
  limit.noteClosed(5_000);
  now += 599_999;
  expect(limit.of(undefined)).toBe(4_000);
  limit.noteClosed(5_000);
  now += 599_999;
  expect(limit.of(undefined)).toBe(4_000);
  now += 1;
  expect(limit.of(undefined)).toBe(60_000);
  limit.noteClosed(20_000);
  expect(limit.of(undefined)).toBe(19_000);
});

it('keeps connections no longer than it was told to, however short that is', () => {
  const limit = new IdleLimit({ now: () => 0 }, 20);
  limit.noteClosed(5);
  expect(limit.of(undefined)).toBe(20);
});
