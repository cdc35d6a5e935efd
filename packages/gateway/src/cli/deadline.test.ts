import { expect, it } from 'vitest';
import type { Clock } from '../canonical/clock.ts';
import { createDeadline } from './deadline.ts';

/** A clock that runs what is scheduled when the test says so. */
function createTestClock() {
  let now = 0;
  const scheduled = new Map<() => void, number>();
  const clock: Clock = {
    now: () => now,
    wallNow: () => now,
    schedule(callback, delayMs) {
      scheduled.set(callback, now + delayMs);
      return () => scheduled.delete(callback);
    },
  };
  const advance = (ms: number) => {
    now += ms;
    for (const [callback, at] of [...scheduled]) {
      if (at > now) continue;
      scheduled.delete(callback);
      callback();
    }
  };
  return { clock, advance, scheduled };
}

it('aborts when its time is over, counted from the last restart', () => {
  const { clock, advance } = createTestClock();
  const deadline = createDeadline(clock, 100, new AbortController().signal);
  advance(99);
  deadline.restart(50);
  advance(49);
  expect(deadline.signal.aborted).toBe(false);
  advance(1);
  expect(deadline.signal.aborted).toBe(true);
  expect(deadline.isOver).toBe(true);
});

it('aborts with its parent, which is not its time being over', () => {
  const { clock } = createTestClock();
  const parent = new AbortController();
  const deadline = createDeadline(clock, 100, parent.signal);
  parent.abort();
  expect(deadline.signal.aborted).toBe(true);
  expect(deadline.isOver).toBe(false);
  expect(createDeadline(clock, 100, parent.signal).signal.aborted).toBe(true);
});

it('leaves nothing behind when cancelled', () => {
  const { clock, scheduled } = createTestClock();
  const parent = new AbortController();
  const deadline = createDeadline(clock, 100, parent.signal);
  deadline.cancel();
  parent.abort();
  expect(scheduled.size).toBe(0);
  expect(deadline.signal.aborted).toBe(false);
});
