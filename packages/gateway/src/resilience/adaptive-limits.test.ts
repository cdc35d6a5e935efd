import { expect, it } from 'vitest';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import { createMemorySlotStore } from '../stores/memory/slot-store.ts';
import { adaptiveBounds, createAdaptiveLimits } from './adaptive-limits.ts';

const config = { minLimit: 1, maxLimit: 100, initialLimit: 10 };
const pushedBack = (startedAt: number) => ({ outcome: 'pushed_back', startedAt, latencyMs: undefined }) as const;

it('learns of each target apart', () => {
  const clock = createManualClock();
  const limits = createAdaptiveLimits({ clock });
  expect([limits.limitOf('a', config), limits.limitOf('b', config)]).toEqual([10, 10]);
  limits.noteStart('a');
  limits.noteEnd('a', pushedBack(clock.now()));
  expect([limits.limitOf('a', config), limits.limitOf('b', config)]).toEqual([8, 10]);
});

it('knows nothing of targets that nobody asked for', () => {
  const limits = createAdaptiveLimits({ clock: createManualClock() });
  limits.noteStart('a');
  limits.noteEnd('a', pushedBack(0));
  expect(limits.limitOf('a', config)).toBe(10);
});

it('keeps what it learned over a reload, for the targets that are left', () => {
  const clock = createManualClock();
  const limits = createAdaptiveLimits({ clock });
  for (const id of ['a', 'b']) {
    limits.limitOf(id, config);
    limits.noteEnd(id, pushedBack(clock.now()));
  }
  limits.retain(new Set(['a', 'c']));
  expect([limits.limitOf('a', config), limits.limitOf('b', config)]).toEqual([8, 10]);
  expect(limits.limitOf('a', { ...config, maxLimit: 5 })).toBe(5);
});

it('keeps so many targets at most', () => {
  const clock = createManualClock();
  const limits = createAdaptiveLimits({ clock, maxTargets: 2 });
  for (const id of ['a', 'b', 'c']) {
    limits.limitOf(id, config);
    limits.noteEnd(id, pushedBack(clock.now()));
  }
  expect(limits.limitOf('c', config)).toBe(8);
  expect(limits.limitOf('b', config)).toBe(8);
  expect(limits.limitOf('a', config)).toBe(10);
});

it('never exceeds a bulkhead', () => {
  expect(adaptiveBounds(config, undefined)).toBe(config);
  expect(adaptiveBounds(config, { maxConcurrent: 100 })).toBe(config);
  expect(adaptiveBounds({ ...config, minLimit: 9 }, { maxConcurrent: 5 })).toEqual({
    minLimit: 5,
    maxLimit: 5,
    initialLimit: 5,
  });
  expect(adaptiveBounds(config, { maxConcurrent: 50 })).toEqual({ ...config, maxLimit: 50 });
});

it('sizes a pool of slots', () => {
  const clock = createManualClock();
  const limits = createAdaptiveLimits({ clock });
  const slots = createMemorySlotStore({ clock });
  const pool = { id: 'target/a', maxConcurrent: 100, maxQueue: 0, timeoutMs: 1_000 };
  const never = new AbortController().signal;
  const acquire = () => slots.acquire({ ...pool, maxConcurrent: limits.limitOf('a', config) }, never);
  for (let held = 0; held < 10; held += 1) expect(acquire()).toMatchObject({});
  expect(acquire()).toBe('full');
  limits.noteEnd('a', pushedBack(clock.now()));
  expect(acquire()).toBe('full');
  expect(slots.counts('target/a')).toEqual({ inFlight: 10, queued: 0 });
});
