import { describe, expect, it } from 'vitest';
import { createRetryBudgets, type RetryBudget } from '../resilience/retry-budget.ts';
import { deadlineMs, failed, follow, makePlan, retry } from './plan.fixture.ts';
import { makeResolution, makeRoute } from './target.fixture.ts';

const withFallback = makeResolution(makeRoute([['primary'], ['fallback']]));
const pool = makeResolution(makeRoute([['a', 'b', 'c', 'd']]));

function budgetOf(floor: number, percent = 0) {
  return createRetryBudgets({ percent, floor }).of('route');
}

describe('the budget of a route', () => {
  it('is asked for every attempt but the first', () => {
    expect(follow(makePlan({ resolution: withFallback, budget: budgetOf(2) }), [failed('transient')])).toHaveLength(3);
    expect(follow(makePlan({ resolution: withFallback, budget: budgetOf(1) }), [failed('transient')])).toHaveLength(2);
    expect(follow(makePlan({ resolution: withFallback, budget: budgetOf(0) }), [failed('transient')])).toEqual([
      'primary',
    ]);
  });

  it('is overdrawn for targets that have not failed since they answered, and for nobody twice', () => {
    const trusts = (...ids: string[]) => ({ isTrusted: ({ id }: { readonly id: string }) => ids.includes(id) });
    const input = { resolution: pool, retry: { ...retry, maxAttempts: 9 } };
    const tried = (budget: RetryBudget, ...ids: string[]) =>
      follow(makePlan({ ...input, budget, ...trusts(...ids) }), [failed('transient')]);
    expect(tried(budgetOf(0), 'b')).toEqual(['a', 'b']);
    expect(tried(budgetOf(0), 'c')).toEqual(['a']);
    // What was overdrawn is missing to others.
    const shared = budgetOf(2);
    expect(tried(shared, 'b', 'c', 'd')).toEqual(['a', 'b', 'c', 'd']);
    expect(tried(shared)).toEqual(['a']);
  });

  it('is not touched by what was never sent', () => {
    expect(follow(makePlan({ resolution: pool, budget: budgetOf(0) }), [failed('target_busy')])).toEqual([
      'a',
      'b',
      'c',
      'd',
    ]);
    const mixed = [failed('target_busy'), failed('transient'), failed('transient')];
    expect(follow(makePlan({ resolution: pool, budget: budgetOf(1) }), mixed)).toEqual(['a', 'b', 'c']);
  });

  it('is not touched by those who follow a refusal: it multiplies no load on what is failing', () => {
    const refusals = ['model_gone', 'credential_refused', 'quota_exhausted', 'context_exceeded'] as const;
    for (const kind of refusals)
      expect(follow(makePlan({ resolution: withFallback, budget: budgetOf(0) }), [failed(kind)])).toHaveLength(2);
  });

  it('counts a request once, whatever becomes of it', () => {
    const budget = budgetOf(0, 100);
    expect(follow(makePlan({ resolution: withFallback, budget }), [failed('transient')])).toHaveLength(2);
    const health = { isUsable: () => false };
    expect(makePlan({ resolution: pool, budget, health }).next(undefined, 0, deadlineMs)).toBeUndefined();
    // The second request tried nothing and left its share to others.
    expect(follow(makePlan({ resolution: withFallback, budget }), [failed('transient')])).toHaveLength(3);
  });

  it('leaves a slow answer its time when nothing else may be tried for it', () => {
    const first = (floor: number) =>
      makePlan({ resolution: withFallback, budget: budgetOf(floor) }).next(undefined, 0, deadlineMs);
    expect([first(1)?.hasAlternative, first(0)?.hasAlternative]).toEqual([true, false]);
  });
});

it('keeps attempts within the share of requests while everything fails', () => {
  const budget = createRetryBudgets().of('route');
  let attempts = 0;
  const requests = 2_000;
  for (let request = 0; request < requests; request++) {
    let nowMs = request * 25;
    const plan = makePlan({ resolution: withFallback, budget });
    let step = plan.next(undefined, nowMs, nowMs + deadlineMs);
    while (step !== undefined) {
      attempts++;
      nowMs += step.delayMs;
      step = plan.next(failed('overloaded'), nowMs, nowMs + deadlineMs);
    }
  }
  expect(attempts).toBeLessThanOrEqual(requests * 1.2 + 10);
  expect(attempts).toBeGreaterThan(requests * 1.15);
});
