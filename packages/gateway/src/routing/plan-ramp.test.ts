import { describe, expect, it } from 'vitest';
import { deadlineMs, failed, follow, makePlan } from './plan.fixture.ts';
import { makeResolution, makeRoute } from './target.fixture.ts';
import type { Resolution, Target } from './target.ts';

/** Targets that come back get a fifth of their traffic; chance is given. */
function plan(resolution: Resolution, comingBack: readonly string[], chance: number) {
  const rampShare = ({ id }: Target) => (comingBack.includes(id) ? 0.2 : 1);
  return makePlan({ resolution, random: () => chance, health: { isUsable: () => true, rampShare } });
}

const first = (resolution: Resolution, comingBack: readonly string[], chance: number) =>
  plan(resolution, comingBack, chance).next(undefined, 0, deadlineMs)?.routeTarget.target.id;

const pool = makeResolution(makeRoute([['a', 'b']]));
const tiers = makeResolution(makeRoute([['a'], ['b']]));

describe('a target that has just come back', () => {
  it.each([
    ['gets its share of a tier', pool],
    ['gets its share before a later tier', tiers],
  ])('%s', (_what, resolution) => {
    expect(first(resolution, ['a'], 0.19)).toBe('a');
    expect(first(resolution, ['a'], 0.2)).toBe('b');
    expect(first(resolution, [], 0.99)).toBe('a');
  });

  it('gets everything when there is nobody else, or nobody who is any better', () => {
    expect(first(makeResolution(makeRoute([['a']])), ['a'], 0.9)).toBe('a');
    expect(first(tiers, ['a', 'b'], 0.9)).toBe('a');
    expect(first(pool, ['a', 'b'], 0.9)).toBe('a');
  });

  it('gets its share at random', () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const rampShare = ({ id }: Target) => (id === 'a' ? 0.2 : 1);
    const health = { isUsable: () => true, rampShare };
    const picks = Array.from({ length: 5_000 }, () =>
      makePlan({ resolution: tiers, random, health }).next(undefined, 0, deadlineMs),
    );
    const share = picks.filter((step) => step?.routeTarget.target.id === 'a').length / picks.length;
    expect(share).toBeGreaterThan(0.17);
    expect(share).toBeLessThan(0.23);
  });

  it('is tried after a failure when nobody else is left', () => {
    expect(follow(plan(pool, ['b'], 0.9), [failed('headers_timeout')])).toEqual(['a', 'b']);
    expect(follow(plan(tiers, ['b'], 0.9), [failed('headers_timeout')])).toEqual(['a', 'b']);
    const three = makeResolution(makeRoute([['a', 'b'], ['c']]));
    expect(follow(plan(three, ['b'], 0.9), [failed('headers_timeout')])).toEqual(['a', 'c', 'b']);
    expect(follow(plan(tiers, ['a'], 0.9), [failed('transient')])).toEqual(['b', 'a', '75 b']);
  });
});
