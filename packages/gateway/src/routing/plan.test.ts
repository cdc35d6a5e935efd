import { describe, expect, it } from 'vitest';
import type { Failure } from '../resilience/failure.ts';
import { noTargetError, retryAfterMsOf } from './no-target-error.ts';
import { makePickFacts } from './pick-facts.fixture.ts';
import type { PickFacts } from './pick-facts.ts';
import { deadlineMs, failed, follow, makePlan, retry, takeTurns } from './plan.fixture.ts';
import type { PlanInput } from './plan.ts';
import { makeResolution, makeRoute, makeTarget, member } from './target.fixture.ts';
import type { Resolution, Target } from './target.ts';

const plan = (resolution: Resolution, changes: Partial<PlanInput> = {}) => makePlan({ resolution, ...changes });

const withFallback = () => makeResolution(makeRoute([['primary'], ['fallback']]));
const alone = () => makeResolution(makeRoute([['only']]));
const pool = () => makeResolution(makeRoute([['a', 'b', 'c']]));

describe('what a failure of a primary with one fallback leads to', () => {
  it.each<[why: string, failure: Failure, steps: string[]]>([
    [
      '429 with Retry-After: the fallback need not be waited for',
      failed('rate_limited', 2_000),
      ['primary', 'fallback'],
    ],
    ['429 without: once more, then the fallback', failed('rate_limited'), ['primary', '75 primary', 'fallback']],
    ['500: on the same target first', failed('transient'), ['primary', '75 primary', 'fallback']],
    ['503 for ever', failed('overloaded'), ['primary', '75 primary', 'fallback']],
    ['a reset before headers', failed('connect_failed'), ['primary', '75 primary', 'fallback']],
    ['silence: once only', failed('headers_timeout'), ['primary', 'fallback']],
    ['no first token: once only', failed('first_token_timeout'), ['primary', 'fallback']],
    ['a context that is too long for it', failed('context_exceeded'), ['primary', 'fallback']],
    ['refused content', failed('content_refused'), ['primary']],
    ['a fault of the caller', failed('caller_fault'), ['primary']],
    ["the gateway's own key refused", failed('credential_refused'), ['primary', 'fallback']],
    ['quota used up', failed('quota_exhausted'), ['primary', 'fallback']],
    ['the client left', failed('cancelled'), ['primary']],
  ])('%s', (_why, failure, steps) => {
    const tried = follow(plan(withFallback()), [failure]);
    expect(tried.slice(0, steps.length)).toEqual(steps);
    expect(tried.length).toBeLessThanOrEqual(3);
    expect(tried.filter((step) => step === 'primary' || step.endsWith(' primary')).length).toBeLessThanOrEqual(2);
  });

  it('tries a silent target once, even when attempts are left', () => {
    expect(follow(plan(withFallback()), [failed('headers_timeout')])).toEqual(['primary', 'fallback']);
  });
});

describe('a target that is alone', () => {
  it('is tried as often as attempts allow, after waits that grow', () => {
    expect(follow(plan(alone()), [failed('transient')])).toEqual(['only', '75 only', '150 only']);
  });

  it('is left alone as long as it asked', () => {
    expect(follow(plan(alone()), [failed('rate_limited', 2_000), failed('transient')])).toEqual([
      'only',
      '2000 only',
      '150 only',
    ]);
  });

  it('ends the plan when it asks for more than the deadline or half a minute', () => {
    expect(follow(plan(alone()), [failed('rate_limited', 2_000)], 1_500)).toEqual(['only']);
    expect(follow(plan(alone()), [failed('overloaded', 31_000)])).toEqual(['only']);
  });

  it('is not tried more often than it allows itself', () => {
    const route = makeRoute([], { tiers: [[member(makeTarget('only', { maxAttempts: 1 }))]] });
    expect(follow(plan(makeResolution(route)), [failed('transient')])).toEqual(['only']);
  });
});

describe('a tier of several', () => {
  it('prefers targets that were not tried, at once', () => {
    expect(follow(plan(pool()), [failed('transient')])).toEqual(['a', 'b', 'c']);
  });

  it('starts over when everybody was tried and attempts are left, least wait first', () => {
    const resolution = makeResolution(makeRoute([['a', 'b']]));
    const failures = [failed('rate_limited', 3_000), failed('rate_limited', 1_000), failed('transient')];
    expect(follow(plan(resolution), failures)).toEqual(['a', 'b', '1000 b']);
  });

  it('does not go back to one that must not be retried', () => {
    const resolution = makeResolution(makeRoute([['a', 'b']]));
    expect(follow(plan(resolution), [failed('credential_refused'), failed('transient')])).toEqual(['a', 'b', '75 b']);
  });

  it('leaves an attempt for the next tier', () => {
    const resolution = makeResolution(makeRoute([['a', 'b'], ['c']]));
    expect(follow(plan(resolution), [failed('transient')])).toEqual(['a', 'b', 'c']);
  });

  it('goes on to the next tier when it was tried whole, however many attempts are left', () => {
    const resolution = makeResolution(makeRoute([['a', 'b'], ['c']]));
    const many = { ...retry, maxAttempts: 9 };
    expect(follow(plan(resolution, { retry: many }), [failed('transient')]).slice(0, 3)).toEqual(['a', 'b', 'c']);
  });

  it('does not count an attempt that the own limits refused', () => {
    const resolution = makeResolution(makeRoute([['a', 'b', 'c', 'd', 'e']]));
    expect(follow(plan(resolution), [failed('target_busy')])).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});

describe('health', () => {
  const without = (...ids: string[]) => ({ health: { isUsable: (target: Target) => !ids.includes(target.id) } });

  it('skips targets that are out', () => {
    expect(follow(plan(pool(), without('a')), [failed('transient')])).toEqual(['b', 'c', '75 b']);
    expect(follow(plan(withFallback(), without('primary')), [failed('caller_fault')])).toEqual(['fallback']);
  });

  it('offers the least bad target once when all are out', () => {
    const health = { isUsable: () => false, leastBad: (targets: readonly Target[]) => targets[1] };
    const started = plan(withFallback(), { health });
    const step = started.next(undefined, 0, deadlineMs);
    expect(step).toMatchObject({ routeTarget: { target: { id: 'fallback' } }, attemptsLeft: 0, hasAlternative: false });
    expect(started.next(failed('transient'), 0, deadlineMs)).toBeUndefined();
  });

  it('is empty when no target is worth a try', () => {
    expect(plan(pool(), { health: { isUsable: () => false } }).next(undefined, 0, deadlineMs)).toBeUndefined();
    const error = noTargetError(pool());
    expect(error).toMatchObject({ kind: 'no_target', status: 503, retryAfterMs: 30_000 });
    expect(retryAfterMsOf(pool())).toBe(30_000);
  });

  it('says when a step is the last resort', () => {
    const target = (id: string) => makeTarget(id);
    const tiers = [[member(target('a'))], [member(target('b'))]];
    const resolution = makeResolution(makeRoute([], { tiers }));
    const health = { isUsable: () => false, leastBad: () => tiers[1]![0]!.target };
    const started = plan(resolution, { health });
    expect(started.next(undefined, 0, deadlineMs)).toMatchObject({
      routeTarget: { target: { id: 'b' } },
      isLastResort: true,
      attemptsLeft: 0,
    });
    // Not even when it has come back meanwhile.
    health.isUsable = () => true;
    expect(started.next(failed('transient'), 0, deadlineMs)).toBeUndefined();
    expect(plan(resolution).next(undefined, 0, deadlineMs)?.isLastResort).toBe(false);
  });

  it('stays with the first target where its route says so', () => {
    const route = makeRoute([['a', 'b'], ['c']], { staysWithFirst: true });
    const resolution = makeResolution(route);
    const strategies = takeTurns();
    expect(follow(plan(resolution, { strategies }), [failed('transient')])).toEqual(['a', '75 a', '150 a']);
    // Load is shared all the same.
    const next = plan(resolution, { strategies });
    expect(next.next(undefined, 0, deadlineMs)).toMatchObject({
      routeTarget: { target: { id: 'b' } },
      hasAlternative: false,
    });
    expect(next.next(failed('headers_timeout'), 0, deadlineMs)).toBeUndefined();
  });

  it('says whether another target is left', () => {
    const started = plan(withFallback());
    expect(started.next(undefined, 0, deadlineMs)).toMatchObject({ hasAlternative: true, attemptsLeft: 2 });
    expect(started.next(failed('headers_timeout'), 0, deadlineMs)).toMatchObject({
      hasAlternative: false,
      attemptsLeft: 1,
    });
    const single = plan(withFallback(), { retry: { ...retry, maxAttempts: 1 } });
    expect(single.next(undefined, 0, deadlineMs)).toMatchObject({ hasAlternative: false, attemptsLeft: 0 });
    expect(plan(withFallback(), without('fallback')).next(undefined, 0, deadlineMs)?.hasAlternative).toBe(false);
  });
});

describe('the model of an attempt', () => {
  const models = new Map([['asked', 'own-name']]);

  it.each([
    ['what the route says', member(makeTarget('t', { models }), 'fixed'), 'asked', 'fixed'],
    ["the target's own name for it", member(makeTarget('t', { models })), 'asked', 'own-name'],
    ['what the caller asked for', member(makeTarget('t', { models, defaultModel: 'default' })), 'other', 'other'],
    ['the default when nobody asked', member(makeTarget('t', { defaultModel: 'default' })), undefined, 'default'],
  ])('is %s', (_why, routeTarget, requestedModel, expected) => {
    const resolution: Resolution = { ...makeResolution(makeRoute([], { tiers: [[routeTarget]] })), requestedModel };
    expect(plan(resolution).next(undefined, 0, deadlineMs)?.upstreamModel).toBe(expected);
  });

  it('is found anew at each target', () => {
    const tiers = [['one', 'two'].map((id) => member(makeTarget(id, { defaultModel: `${id}-model` })))];
    const started = plan({ ...makeResolution(makeRoute([], { tiers })), requestedModel: undefined });
    expect(started.next(undefined, 0, deadlineMs)?.upstreamModel).toBe('one-model');
    expect(started.next(failed('transient'), 0, deadlineMs)?.upstreamModel).toBe('two-model');
  });

  it('is missing where nobody names one: such targets are skipped', () => {
    const tiers = [[member(makeTarget('none')), member(makeTarget('some', { defaultModel: 'm' }))]];
    const some = { ...makeResolution(makeRoute([], { tiers })), requestedModel: undefined };
    expect(follow(plan(some), [failed('headers_timeout')])).toEqual(['some']);
    const none = { ...makeResolution(makeRoute([['a'], ['b']])), requestedModel: undefined };
    expect(plan(none).next(undefined, 0, deadlineMs)).toBeUndefined();
    expect(noTargetError(none)).toMatchObject({ kind: 'model_required', param: 'model' });
  });
});

it('skips targets that do not offer the operation', () => {
  const offers = (target: Target) => target.id === 'fallback';
  expect(follow(plan(withFallback(), { offers }), [failed('headers_timeout')])).toEqual(['fallback']);
  expect(noTargetError(withFallback(), () => false).kind).toBe('operation_unsupported');
});

it('says which configuration keeps a route from answering', () => {
  const excluded = [makeTarget('azure', { enabled: false }), makeTarget('groq', { unusable: 'GROQ_KEY is not set' })];
  const error = noTargetError(makeResolution(makeRoute([], { excluded })));
  expect(error.message).toContain('azure: disabled; groq: GROQ_KEY is not set');
});

it('hands out no attempt when no time is left for one', () => {
  const started = plan(withFallback());
  started.next(undefined, 0, 1_000);
  expect(started.next(failed('headers_timeout'), 1_000, 1_000)).toBeUndefined();
});

it('waits the first delay each time when nothing says how waits grow', () => {
  const resolution = alone();
  expect(follow(plan(resolution, { backoff: undefined }), [failed('transient')])).toEqual([
    'only',
    '100 only',
    '100 only',
  ]);
});

it('asks the strategy of a tier with the facts of the request, which are collected once, and only for a choice', () => {
  const facts = makePickFacts({ inputTokens: 7 });
  let collected = 0;
  const seen: unknown[] = [];
  const turns = takeTurns();
  const strategies = {
    of(...place: Parameters<typeof turns.of>) {
      const { eligible, pick } = turns.of(...place);
      return {
        eligible,
        pick(given: PickFacts) {
          seen.push(given);
          return pick(given);
        },
      };
    },
  };
  const collect = () => {
    collected++;
    return facts;
  };
  follow(plan(alone(), { strategies, facts: collect }), [failed('transient')]);
  expect([collected, seen.length]).toEqual([0, 0]);
  follow(plan(pool(), { strategies, facts: collect }), [failed('transient')]);
  expect([collected, seen]).toEqual([1, [facts, facts, facts]]);
  follow(plan(pool(), { strategies, facts }), [failed('caller_fault')]);
  expect(seen.at(-1)).toBe(facts);
});

it('asks after the health of a target and of the model that it gets', () => {
  const asked: unknown[] = [];
  const tiers = [[member(makeTarget('one'), 'own-name')], [member(makeTarget('two'))]];
  const isUsable = ({ id }: Target, model: string | undefined) => {
    asked.push([id, model]);
    return id === 'two';
  };
  expect(plan(makeResolution(makeRoute([], { tiers })), { health: { isUsable } }).next(undefined, 0, 9)).toMatchObject({
    upstreamModel: 'model',
    isFallbackModel: false,
  });
  expect(asked.slice(0, 2)).toEqual([
    ['one', 'own-name'],
    ['two', 'model'],
  ]);
});
