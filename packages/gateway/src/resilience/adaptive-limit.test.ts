import { expect, it } from 'vitest';
import { AdaptiveLimit } from './adaptive-limit.ts';

const config = { minLimit: 2, maxLimit: 100, initialLimit: 10 };

/** A limit, and a time that passes with what happens. */
function setUp(changes: Partial<typeof config> = {}) {
  const limit = new AdaptiveLimit({ ...config, ...changes });
  let now = 0;
  return {
    limit,
    wait: (ms: number) => {
      now += ms;
    },
    /** So many attempts at once, all answered after the same time. */
    answer(count: number, latencyMs: number | undefined, wholeMs = latencyMs ?? 100) {
      const startedAt = now;
      for (let attempt = 0; attempt < count; attempt += 1) limit.noteStart();
      now += wholeMs;
      for (let attempt = 0; attempt < count; attempt += 1) limit.noteEnd({ outcome: 'ok', startedAt, latencyMs }, now);
    },
    pushBack(startedAt = now) {
      limit.noteStart();
      limit.noteEnd({ outcome: 'pushed_back', startedAt, latencyMs: undefined }, now);
    },
    now: () => now,
  };
}

it('begins where it is told, within its bounds', () => {
  expect(setUp().limit.current).toBe(10);
  expect(setUp({ initialLimit: 1 }).limit.current).toBe(2);
  expect(setUp({ initialLimit: 1000 }).limit.current).toBe(100);
  // A bulkhead may be smaller than the least that is wanted.
  expect(setUp({ minLimit: 5, maxLimit: 3 }).limit.current).toBe(3);
  expect(setUp({ minLimit: 0, maxLimit: 0 }).limit.current).toBe(1);
});

it('grows by about one for each round while it is used', () => {
  const { limit, answer } = setUp();
  // Those that end when few are left say nothing of what the target holds when it is full.
  for (let round = 0; round < 40; round += 1) answer(limit.current, undefined);
  expect(limit.current).toBeGreaterThanOrEqual(15);
  expect(limit.current).toBeLessThanOrEqual(50);
});

it('does not grow while it is not used', () => {
  const { limit, answer } = setUp();
  for (let round = 0; round < 100; round += 1) answer(7, undefined);
  expect(limit.current).toBe(10);
});

it('is cut to four fifths once for all that is pushed back at once', () => {
  const { limit, pushBack, wait, now } = setUp({ initialLimit: 50 });
  for (let attempt = 0; attempt < 20; attempt += 1) pushBack();
  expect(limit.current).toBe(40);
  wait(999);
  pushBack();
  expect(limit.current).toBe(40);
  wait(1);
  pushBack();
  expect(limit.current).toBe(32);
  wait(5_000);
  // It began before the cut, under the limit that was.
  pushBack(now() - 6_000);
  expect(limit.current).toBe(32);
});

it('does not grow on answers to what began before the last push-back', () => {
  const { limit, pushBack } = setUp({ initialLimit: 50 });
  pushBack();
  for (let attempt = 0; attempt < 40; attempt += 1) limit.noteStart();
  const answerEach = (startedAt: number) => {
    for (let attempt = 0; attempt < 80; attempt += 1) {
      limit.noteEnd({ outcome: 'ok', startedAt, latencyMs: undefined }, 10);
      limit.noteStart();
    }
  };
  answerEach(-1);
  expect(limit.current).toBe(40);
  answerEach(1);
  expect(limit.current).toBeGreaterThan(40);
});

it('learns nothing from what says nothing', () => {
  const { limit } = setUp();
  for (let attempt = 0; attempt < 10; attempt += 1) limit.noteStart();
  for (let attempt = 0; attempt < 30; attempt += 1) {
    limit.noteEnd({ outcome: 'ignored', startedAt: 0, latencyMs: 9_000 }, 1);
  }
  expect(limit.current).toBe(10);
  // More ends than beginnings, as after a reload, do not make room.
  limit.noteStart();
  limit.noteEnd({ outcome: 'ok', startedAt: 0, latencyMs: undefined }, 1);
  expect(limit.current).toBe(10);
});

it('goes down when answers take longer than usual under load, and learns what is usual anew', () => {
  const { limit, answer } = setUp({ initialLimit: 40 });
  // Latency does not follow the load here, so what is usual is settled soon.
  for (let round = 0; round < 20; round += 1) answer(limit.current, 100);
  const healthy = limit.current;
  expect(healthy).toBeGreaterThanOrEqual(40);
  let lowest = healthy;
  for (let round = 0; round < 60; round += 1) {
    answer(limit.current, 400);
    lowest = Math.min(lowest, limit.current);
  }
  expect(lowest).toBeLessThanOrEqual(healthy / 2);
  expect(lowest).toBeGreaterThan(healthy / 4);
  // Half the load did not help: it takes that long by itself.
  expect(limit.current).toBeGreaterThanOrEqual(healthy);
});

it('does not go down for slow answers without load', () => {
  const { limit, answer } = setUp({ initialLimit: 40 });
  for (let round = 0; round < 100; round += 1) answer(5, 100);
  for (let round = 0; round < 100; round += 1) {
    answer(5, 1_000);
    expect(limit.current).toBe(40);
  }
});

it('does not take for usual what happens to a target during a trial', () => {
  const { limit, answer } = setUp({ initialLimit: 40 });
  const until = (isReached: () => boolean, latencyMs: number) => {
    for (let round = 0; round < 50 && !isReached(); round += 1) answer(limit.current, latencyMs);
    expect(isReached()).toBe(true);
  };
  const isOnTrial = () => limit.current <= 25;
  until(isOnTrial, 100);
  until(() => !isOnTrial(), 2_000);
  // Several times as long as usual is a queue, whatever the trial said.
  until(isOnTrial, 450);
});

it('takes latencies of nothing', () => {
  const { limit, answer } = setUp();
  for (let round = 0; round < 200; round += 1) answer(limit.current, 0, 1);
  expect(limit.current).toBeGreaterThan(10);
});

it('takes over other bounds and keeps what it learned', () => {
  const { limit, answer } = setUp();
  for (let round = 0; round < 40; round += 1) answer(limit.current, undefined);
  const learned = limit.current;
  limit.adopt({ ...config, initialLimit: 3 });
  expect(limit.current).toBe(learned);
  limit.adopt({ ...config, maxLimit: 12 });
  expect(limit.current).toBe(12);
  limit.adopt({ ...config, minLimit: 30 });
  expect(limit.current).toBe(30);
});
