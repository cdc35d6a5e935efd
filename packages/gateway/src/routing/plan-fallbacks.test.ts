import { describe, expect, it } from 'vitest';
import type { Failure, FailureKind } from '../resilience/failure.ts';
import { makePickFacts } from './pick-facts.fixture.ts';
import type { PickFacts } from './pick-facts.ts';
import type { Pickers } from './pickers.ts';
import { deadlineMs, failed, follow, makePlan, retry, takeTurns } from './plan.fixture.ts';
import type { Fallbacks, PlanInput } from './plan.ts';
import { makeResolution, makeRoute, makeTarget, member } from './target.fixture.ts';
import type { Resolution, Target } from './target.ts';

/** The route of another model: its tiers, under its own id. */
function other(model: string, tiers: readonly (readonly string[])[] = [[`${model}-1`]]): Resolution {
  return makeResolution(makeRoute(tiers, { id: `model ${model}` }), model);
}

const large = other('large');
const mild = other('mild');
const spare = other('spare', [['spare-1', 'spare-2'], ['spare-3']]);

/** What follows `model`, by kind of failure. */
const chains = (byKind: Partial<Record<FailureKind | 'any', readonly Resolution[]>>): Fallbacks => {
  return (failure: Failure | undefined) => byKind[failure?.kind ?? 'any'] ?? [];
};

const own = makeResolution(makeRoute([['a', 'b'], ['c']]));
const alone = makeResolution(makeRoute([['only']]));
const many = { ...retry, maxAttempts: 12 };
const plan = (resolution: Resolution, fallbacks: Fallbacks, changes: Partial<PlanInput> = {}) =>
  makePlan({ resolution, fallbacks, retry: many, ...changes });
const without = (...ids: string[]) => ({ health: { isUsable: ({ id }: Target) => !ids.includes(id) } });

describe('models that follow', () => {
  it('come after every target of the model asked for', () => {
    const steps = follow(plan(own, chains({ any: [spare] })), [failed('headers_timeout')]);
    expect(steps).toEqual(['a', 'b', 'c', 'spare-1', 'spare-2', 'spare-3']);
  });

  it('are like later tiers: one retry alone, then the next', () => {
    const steps = follow(plan(alone, chains({ any: [large] }), { retry }), [failed('transient')]);
    expect(steps).toEqual(['only', '75 only', 'large-1']);
    expect(follow(plan(alone, chains({ any: [large] })), [failed('rate_limited', 2_000)]).slice(0, 2)).toEqual([
      'only',
      'large-1',
    ]);
  });

  it('are asked under their own names, by their own routes', () => {
    const started = plan(alone, chains({ any: [large] }), { strategies: { of: () => expect.fail('one target only') } });
    expect(started.next(undefined, 0, deadlineMs)).toMatchObject({
      resolution: alone,
      upstreamModel: 'model',
      isFallbackModel: false,
      hasAlternative: true,
    });
    expect(started.next(failed('headers_timeout'), 0, deadlineMs)).toMatchObject({
      resolution: large,
      upstreamModel: 'large',
      isFallbackModel: true,
      hasAlternative: false,
    });
  });

  it('are chosen among by what is known of the request, but for the model', () => {
    const turns = takeTurns();
    const seen: unknown[] = [];
    const of: Pickers['of'] = (route, tier) => {
      const { eligible, pick } = turns.of(route, tier);
      return {
        eligible,
        pick(facts) {
          seen.push(facts.requestedModel, facts.inputTokens);
          return pick(facts);
        },
      };
    };
    // Found out when it is asked for, as facts may be.
    const facts = Object.create(makePickFacts({ requestedModel: 'model' }), {
      inputTokens: { get: () => 7 },
    }) as PickFacts;
    follow(plan(alone, chains({ any: [spare] }), { strategies: { of }, facts }), [failed('headers_timeout')]);
    expect(seen).toEqual(['spare', 7, 'spare', 7]);
  });

  it('are no more attempts than there may be in all', () => {
    const steps = follow(plan(own, chains({ any: [spare] }), { retry: { ...retry, maxAttempts: 4 } }), [
      failed('headers_timeout'),
    ]);
    expect(steps).toEqual(['a', 'b', 'c', 'spare-1']);
  });

  it('are tried once each, even when they name each other or the model asked for', () => {
    const loop = [large, other('model'), large, { ...alone }, mild];
    const steps = follow(
      plan(alone, () => loop),
      [failed('headers_timeout')],
    );
    expect(steps.filter((step) => step === 'large-1')).toHaveLength(1);
    expect(steps).toEqual(['only', 'large-1', 'model-1', 'mild-1']);
  });

  it('are not asked for what the caller did wrong, or does not wait for', () => {
    for (const kind of ['caller_fault', 'cancelled', 'total_timeout', 'content_refused'] as const)
      expect(follow(plan(own, chains({ any: [spare] })), [failed(kind)])).toEqual(['a']);
  });

  it('are not asked where a request stays with its first target', () => {
    const stays = makeResolution(makeRoute([['a', 'b']], { staysWithFirst: true }));
    for (const kind of ['headers_timeout', 'context_exceeded'] as const)
      expect(
        follow(
          plan(stays, () => [large]),
          [failed(kind)],
        ),
      ).toEqual(['a']);
    expect(plan(stays, () => [large], without('a', 'b')).next(undefined, 0, deadlineMs)).toBeUndefined();
  });

  it('are passed over when nothing of them is usable', () => {
    const fallbacks = chains({ any: [large, mild] });
    expect(follow(plan(alone, fallbacks, without('large-1')), [failed('headers_timeout')])).toEqual(['only', 'mild-1']);
  });
});

describe('a context that is too long', () => {
  it('goes to the models of its chain at once, not to the same model elsewhere', () => {
    const fallbacks = chains({ context_exceeded: [large, mild], any: [spare] });
    expect(follow(plan(own, fallbacks), [failed('context_exceeded')])).toEqual(['a', 'large-1', 'mild-1']);
  });

  it('never comes back to the model that it left', () => {
    const fallbacks = chains({ context_exceeded: [large] });
    const failures = [failed('transient'), failed('context_exceeded'), failed('transient')];
    expect(follow(plan(own, fallbacks), failures)).toEqual(['a', 'b', 'large-1', '75 large-1', '150 large-1']);
  });

  it('tries the same model elsewhere where no chain is given, or nothing of it is usable', () => {
    expect(follow(plan(own, chains({})), [failed('context_exceeded')])).toEqual(['a', 'b', 'c']);
    const fallbacks = chains({ context_exceeded: [large] });
    expect(follow(plan(own, fallbacks, without('large-1')), [failed('context_exceeded')])).toEqual(['a', 'b', 'c']);
  });

  it('takes the place of a chain under way, and of what was to follow', () => {
    const fallbacks = chains({ any: [mild, spare], context_exceeded: [large] });
    const failures = [failed('headers_timeout'), failed('context_exceeded'), failed('headers_timeout')];
    expect(follow(plan(alone, fallbacks), failures)).toEqual(['only', 'mild-1', 'large-1']);
  });
});

describe('refused content', () => {
  it('is shown to nobody else, unless that is configured', () => {
    expect(follow(plan(own, chains({ any: [spare] })), [failed('content_refused')])).toEqual(['a']);
    const fallbacks = chains({ any: [spare], content_refused: [mild] });
    expect(follow(plan(own, fallbacks), [failed('content_refused')])).toEqual(['a', 'mild-1']);
  });

  it('stays with the models that may see it when one of those fails', () => {
    const fallbacks = chains({ any: [spare], content_refused: [mild, large] });
    const failures = [failed('content_refused'), failed('headers_timeout')];
    expect(follow(plan(own, fallbacks), failures)).toEqual(['a', 'mild-1', 'large-1']);
  });
});

describe('a model without a usable target', () => {
  it('is followed by the models that may answer in its place', () => {
    const started = plan(own, chains({ any: [large] }), without('a', 'b', 'c'));
    expect(started.next(undefined, 0, deadlineMs)).toMatchObject({
      resolution: large,
      isFallbackModel: true,
      isLastResort: false,
    });
    const nothing = makeResolution(makeRoute([]));
    expect(follow(plan(nothing, chains({ any: [large] })), [failed('headers_timeout')])).toEqual(['large-1']);
  });

  it('is tried as a last resort before the models that follow are', () => {
    const health = (worth: readonly string[]) => ({
      isUsable: () => false,
      leastBad: (targets: readonly Target[]) => targets.find(({ id }) => worth.includes(id)),
    });
    const firstOf = (worth: readonly string[]) =>
      plan(own, chains({ any: [large, mild] }), { health: health(worth) }).next(undefined, 0, deadlineMs);
    expect(firstOf(['b', 'mild-1'])).toMatchObject({ routeTarget: { target: { id: 'b' } }, isLastResort: true });
    expect(firstOf(['mild-1'])).toMatchObject({ resolution: mild, isLastResort: true, isFallbackModel: true });
    expect(firstOf([])).toBeUndefined();
  });

  it('is told by its own models when the least bad target is looked for', () => {
    const tiers = [[member(makeTarget('x'), 'own-name')], [member(makeTarget('y'))]];
    const models: unknown[] = [];
    const health = {
      isUsable: () => false,
      leastBad(targets: readonly Target[], upstreamModelOf: (target: Target) => string | undefined) {
        models.push(...targets.map(upstreamModelOf), upstreamModelOf(makeTarget('stranger')));
        return undefined;
      },
    };
    plan(makeResolution(makeRoute([], { tiers })), chains({}), { health }).next(undefined, 0, deadlineMs);
    expect(models).toEqual(['own-name', 'model', undefined]);
  });

  it('is not followed when the caller named none, or asks for what nobody there offers', () => {
    const unnamed: Resolution = { ...own, requestedModel: undefined };
    expect(plan(unnamed, chains({ any: [large] })).next(undefined, 0, deadlineMs)).toBeUndefined();
    const offers = ({ id }: Target) => id === 'large-1';
    expect(plan(own, chains({ any: [large] }), { offers }).next(undefined, 0, deadlineMs)).toBeUndefined();
  });
});

it('asks which models follow only when it has to know', () => {
  const asked: unknown[] = [];
  const fallbacks: Fallbacks = (failure) => {
    asked.push(failure?.kind);
    return [large];
  };
  const started = plan(own, fallbacks);
  expect(started.next(undefined, 0, deadlineMs)?.hasAlternative).toBe(true);
  expect(asked).toEqual([]);
  started.next(failed('context_exceeded'), 0, deadlineMs);
  expect(asked).toEqual(['context_exceeded']);
  started.next(failed('headers_timeout'), 0, deadlineMs);
  expect(asked).toEqual(['context_exceeded']);
});
