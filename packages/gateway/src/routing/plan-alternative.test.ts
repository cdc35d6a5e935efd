import { describe, expect, it } from 'vitest';
import { createRetryBudgets } from '../resilience/retry-budget.ts';
import { deadlineMs, failed, makePlan, retry } from './plan.fixture.ts';
import type { PlanInput } from './plan.ts';
import { makeResolution, makeRoute, makeTarget, member } from './target.fixture.ts';
import type { Target } from './target.ts';

const own = makeResolution(makeRoute([['a', 'b'], ['c']]));

function begun(changes: Partial<PlanInput> = {}) {
  const plan = makePlan({ resolution: own, ...changes });
  return { plan, first: plan.next(undefined, 0, deadlineMs)! };
}

describe('an attempt beside the one that runs', () => {
  it('goes to another target of the tier, then to the next tier, then nowhere', () => {
    const { plan } = begun({ retry: { ...retry, maxAttempts: 9 } });
    const ids = [1, 2, 3].map(() => plan.alternative(0)?.routeTarget.target.id);
    expect(ids).toEqual(['b', 'c', undefined]);
  });

  it('starts at once and counts like any other', () => {
    const { plan } = begun({ retry: { ...retry, maxAttempts: 2 } });
    expect(plan.alternative(0)).toMatchObject({ delayMs: 0, attemptsLeft: 0, hasAlternative: false });
    expect(plan.alternative(0)).toBeUndefined();
    expect(plan.next(failed('transient'), 0, deadlineMs)).toBeUndefined();
  });

  it('takes from the budget', () => {
    const budget = createRetryBudgets({ percent: 0, floor: 0 }).of('route');
    expect(begun({ budget }).plan.alternative(0)).toBeUndefined();
  });

  it('is made at no target that is out, comes back slowly, or is the last resort', () => {
    const isUsable = ({ id }: Target) => id === 'a';
    expect(begun({ health: { isUsable } }).plan.alternative(0)).toBeUndefined();
    const rampShare = ({ id }: Target) => (id === 'a' ? 1 : 0.1);
    expect(begun({ health: { isUsable: () => true, rampShare } }).plan.alternative(0)).toBeUndefined();
    const leastBad = (targets: readonly Target[]) => targets[0];
    expect(begun({ health: { isUsable: () => false, leastBad } }).plan.alternative(0)).toBeUndefined();
  });

  it('is not made for a request that stays with its target, and not before there is another', () => {
    const resolution = makeResolution(makeRoute([['a', 'b']], { staysWithFirst: true }));
    expect(begun({ resolution }).plan.alternative(0)).toBeUndefined();
    expect(makePlan({ resolution: own }).alternative(0)).toBeUndefined();
  });

  it('is made at no other model', () => {
    const resolution = makeResolution(makeRoute([['only']]));
    const other = makeResolution(makeRoute([['other']], { id: 'other' }), 'other');
    expect(begun({ resolution, fallbacks: () => [other] }).plan.alternative(0)).toBeUndefined();
  });
});

describe('when both fail', () => {
  const two = makeResolution(makeRoute([['a', 'b']]));

  it('the plan goes on from the one that is named', () => {
    const { plan, first } = begun({ resolution: two });
    const second = plan.alternative(0)!;
    plan.note(failed('transient'), 0, first);
    expect(plan.next(failed('credential_refused'), 0, deadlineMs, second)).toMatchObject({
      routeTarget: first.routeTarget,
    });
  });

  it('what a target of the two asked for is remembered', () => {
    const { plan, first } = begun({ resolution: two });
    const second = plan.alternative(0)!;
    plan.note(failed('rate_limited', 3_000), 0, second);
    expect(plan.next(failed('rate_limited', 5_000), 0, deadlineMs, first)).toMatchObject({
      delayMs: 3_000,
      routeTarget: second.routeTarget,
    });
  });

  it('nothing is used up by one that was never sent', () => {
    const { plan, first } = begun({ retry: { ...retry, maxAttempts: 2 } });
    const second = plan.alternative(0)!;
    plan.note(failed('target_busy'), 0, second);
    expect(plan.next(failed('headers_timeout'), 0, deadlineMs, first)).toMatchObject({
      routeTarget: { target: { id: 'c' } },
      attemptsLeft: 0,
    });
  });
});

describe('a target that is to be asked in another way', () => {
  it('is asked once more, at once, whatever it failed with', () => {
    const { plan, first } = begun();
    expect(plan.repeat(0)).toMatchObject({ routeTarget: first.routeTarget, delayMs: 0, attemptsLeft: 1 });
    expect(plan.next(failed('headers_timeout'), 0, deadlineMs)).toMatchObject({
      routeTarget: { target: { id: 'b' } },
      attemptsLeft: 0,
    });
    expect(plan.repeat(0)).toBeUndefined();
  });

  it('is the one that is named, when two were asked', () => {
    const { plan, first } = begun();
    plan.alternative(0);
    expect(plan.repeat(0, first)?.routeTarget).toBe(first.routeTarget);
  });

  it('is not asked more often than it allows itself, or the budget does', () => {
    const tiers = [[member(makeTarget('once', { maxAttempts: 1 }))]];
    expect(begun({ resolution: makeResolution(makeRoute([], { tiers })) }).plan.repeat(0)).toBeUndefined();
    const budget = createRetryBudgets({ percent: 0, floor: 0 }).of('route');
    expect(begun({ budget }).plan.repeat(0)).toBeUndefined();
    expect(makePlan({ resolution: own }).repeat(0)).toBeUndefined();
  });
});
