import { expect, it } from 'vitest';
import { scheduleNoSooner } from './clock.ts';

/** A clock whose timers ring a fraction of a millisecond early, as those of Node may. */
function createEarlyClock() {
  let now = 10.7;
  const pending: { callback: () => void; at: number }[] = [];
  return {
    now: () => now,
    wallNow: () => now,
    schedule(callback: () => void, delayMs: number) {
      const timer = { callback, at: now + Math.max(0.2, Math.trunc(delayMs)) };
      pending.push(timer);
      return () => void pending.splice(pending.indexOf(timer), 1);
    },
    ring() {
      const timer = pending.shift();
      if (timer === undefined) return false;
      now = Math.max(now, timer.at);
      timer.callback();
      return true;
    },
  };
}

it('a wait that ended a fraction early found its target still left alone', () => {
  const clock = createEarlyClock();
  let rangAt = 0;
  scheduleNoSooner(
    clock,
    () => {
      rangAt = clock.now();
    },
    100.6,
  );
  while (clock.ring());
  expect(rangAt).toBeGreaterThanOrEqual(10.7 + 100.6);
  expect(rangAt).toBeLessThan(10.7 + 103);
});

it('what is cancelled does not run, also after it rang early', () => {
  const clock = createEarlyClock();
  const cancel = scheduleNoSooner(clock, () => expect.unreachable(), 5.9);
  expect(clock.ring()).toBe(true);
  cancel();
  expect(clock.ring()).toBe(false);
});
