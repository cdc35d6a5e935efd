import { describe, expect, it } from 'vitest';
import { createBackoff } from '../resilience/backoff.ts';
import { deadlineMs, failed, follow, makePlan, retry } from './plan.fixture.ts';
import type { PlanInput } from './plan.ts';
import { makeResolution, makeRoute } from './target.fixture.ts';

const withFallback = makeResolution(makeRoute([['primary'], ['fallback']]));
const alone = makeResolution(makeRoute([['only']]));
const plan = (resolution = alone, changes: Partial<PlanInput> = {}) => makePlan({ resolution, ...changes });

describe('a target that asks to wait, with another behind it', () => {
  it.each([
    [0, ['primary', '75 primary', 'fallback']],
    [50, ['primary', '75 primary', 'fallback']],
    [250, ['primary', '250 primary', 'fallback']],
    // The last attempt goes to who said when to come again.
    [251, ['primary', 'fallback', '251 primary']],
    [2_000, ['primary', 'fallback', '2000 primary']],
  ])('for %d ms', (askedMs, steps) => {
    const failures = [failed('rate_limited', askedMs), failed('transient'), failed('transient')];
    expect(follow(plan(withFallback), failures)).toEqual(steps);
  });

  it('is waited for as long as the back-off would last anyway', () => {
    const slow = { ...retry, initialDelayMs: 4_000 };
    const failures = [failed('rate_limited', 2_900), failed('transient')];
    expect(follow(plan(withFallback, { retry: slow }), failures)).toEqual(['primary', '3000 primary', 'fallback']);
    expect(follow(plan(withFallback, { retry: slow }), [failed('rate_limited', 3_001)])[1]).toBe('fallback');
  });

  it('is waited for once only', () => {
    const patient = { ...retry, maxAttempts: 6 };
    expect(follow(plan(withFallback, { retry: patient }), [failed('rate_limited', 200)]).slice(0, 3)).toEqual([
      'primary',
      '200 primary',
      'fallback',
    ]);
  });

  it('is left at once when the one behind it is the last that may be tried', () => {
    const short = { ...retry, maxAttempts: 2 };
    expect(follow(plan(withFallback, { retry: short }), [failed('rate_limited', 10)])).toEqual(['primary', 'fallback']);
  });

  it('is left for another of its own tier, however short the wait', () => {
    const pool = makeResolution(makeRoute([['a', 'b']]));
    expect(follow(plan(pool), [failed('rate_limited', 1)]).slice(0, 2)).toEqual(['a', 'b']);
  });
});

describe('a target that asks to wait, alone', () => {
  it('is tried twice in a second and a half at most when it asks for two', () => {
    let nowMs = 0;
    const started = plan();
    started.next(undefined, nowMs, deadlineMs);
    const again = started.next(failed('rate_limited', 2_000), nowMs, deadlineMs);
    nowMs += again!.delayMs;
    expect(nowMs).toBeGreaterThanOrEqual(1_800);
    expect(nowMs).toBeLessThan(2_500);
  });

  it('is waited for as long as is configured', () => {
    const asked = [failed('overloaded', 31_000), failed('transient')];
    expect(follow(plan(), asked)).toEqual(['only']);
    const patient = { ...retry, maxAskedWaitMs: 31_000 };
    expect(follow(plan(alone, { retry: patient }), asked)).toEqual(['only', '31000 only', '150 only']);
    const impatient = { ...retry, maxAskedWaitMs: 0 };
    expect(follow(plan(alone, { retry: impatient }), [failed('rate_limited', 1)])).toEqual(['only']);
    expect(follow(plan(alone, { retry: impatient }), [failed('rate_limited')])).toHaveLength(3);
  });

  it('is not waited for beyond the deadline', () => {
    expect(follow(plan(), [failed('rate_limited', 2_000)], 2_000)).toEqual(['only']);
    expect(follow(plan(), [failed('rate_limited', 2_000), failed('caller_fault')], 2_001)).toEqual([
      'only',
      '2000 only',
    ]);
  });

  it('is not believed about a wait when the failure is none that says so', () => {
    expect(follow(plan(), [failed('malformed', 20_000), failed('caller_fault')])).toEqual(['only', '75 only']);
  });
});

describe('a target that health keeps others from because it asked', () => {
  const cooling = (waitMs: number | undefined) => {
    let isOut = false;
    const health = {
      isUsable: () => !isOut,
      ...(waitMs === undefined ? {} : { waitMs: () => waitMs }),
    };
    const started = plan(alone, { health });
    started.next(undefined, 0, deadlineMs);
    isOut = true;
    return started.next(failed('rate_limited', 2_000), 0, deadlineMs)?.delayMs;
  };

  it('is waited for all the same, as long as health says', () => {
    expect(cooling(1_900)).toBe(2_000);
    expect(cooling(2_700)).toBe(2_700);
  });

  it('is not waited for when it is out for more than that, or for good', () => {
    expect(cooling(3_001)).toBeUndefined();
    expect(cooling(Number.POSITIVE_INFINITY)).toBeUndefined();
    expect(cooling(undefined)).toBeUndefined();
  });

  it('is not waited for when it asked for nothing', () => {
    let isOut = false;
    const started = plan(alone, { health: { isUsable: () => !isOut, waitMs: () => 10 } });
    started.next(undefined, 0, deadlineMs);
    isOut = true;
    expect(started.next(failed('transient'), 0, deadlineMs)).toBeUndefined();
  });
});

it('of several that ask, the one that may be tried soonest is waited for, counted from when it asked', () => {
  const pool = makeResolution(makeRoute([['a', 'b']]));
  const started = plan(pool);
  started.next(undefined, 0, deadlineMs);
  expect(started.next(failed('rate_limited', 5_000), 1_000, deadlineMs)?.routeTarget.target.id).toBe('b');
  expect(started.next(failed('rate_limited', 4_500), 4_000, deadlineMs)).toMatchObject({
    delayMs: 2_000,
    routeTarget: { target: { id: 'a' } },
  });
});

it('waits grow as the strategy says, with every retry of the exchange', () => {
  const random = () => 0.5;
  const many = { ...retry, maxAttempts: 5 };
  const delays = (strategy: 'decorrelated' | 'exponential' | 'fixed') =>
    follow(plan(alone, { retry: many, backoff: createBackoff({ ...retry, strategy }, random) }), [failed('transient')]);
  // A target allows itself three attempts.
  expect(delays('exponential')).toEqual(['only', '100 only', '200 only']);
  expect(delays('decorrelated')).toEqual(['only', '200 only', '350 only']);
  expect(delays('fixed')).toEqual(['only', '100 only', '100 only']);
});
