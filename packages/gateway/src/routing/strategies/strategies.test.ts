import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makePickFacts } from '../pick-facts.fixture.ts';
import type { PickFacts } from '../pick-facts.ts';
import { makeMember, makeSurroundings } from '../surroundings.fixture.ts';
import type { Strategy, TierPicker } from './define-strategy.ts';
import leastLoaded from './least-loaded.ts';
import priority from './priority.ts';
import random from './random.ts';
import { strategies } from './registry.gen.ts';
import roundRobin from './round-robin.ts';
import weighted from './weighted.ts';

const surroundings = makeSurroundings();
const membersOf = (weights: readonly number[]) => weights.map((weight, index) => makeMember(`t${index}`, { weight }));

function picks(
  picker: TierPicker,
  count: number,
  usable?: readonly boolean[],
  facts: PickFacts = makePickFacts(),
): number[] {
  return Array.from({ length: count }, () => {
    picker.eligible.fill(1);
    usable?.forEach((flag, index) => {
      picker.eligible[index] = flag ? 1 : 0;
    });
    return picker.pick(facts);
  });
}

const countsOf = (indices: readonly number[], size: number) =>
  Array.from({ length: size }, (_value, index) => indices.filter((picked) => picked === index).length);

/** A member of a tier of which anything may be known. */
const anyMember = fc.record({
  weight: fc.nat(3),
  eligible: fc.boolean(),
  inFlight: fc.nat(5),
  isFast: fc.option(fc.boolean()),
  remaining: fc.option(fc.nat(3)),
  price: fc.option(fc.nat(3), { nil: undefined }),
  fits: fc.boolean(),
});

type AnyMember = typeof anyMember extends fc.Arbitrary<infer Drawn> ? Drawn : never;

/** Picks with everything known that was drawn, and what of it could be picked. */
function play(strategy: Strategy, drawn: readonly AnyMember[], facts: PickFacts, seed: number): number[] {
  const members = membersOf(drawn.map(({ weight }) => weight));
  const at = (targetId: string) => drawn[Number(targetId.slice(1))]!;
  const known = makeSurroundings(
    {
      inFlight: (targetId) => at(targetId).inFlight,
      prices: {
        costOf: ({ targetId }) => at(targetId).price,
        fits: ({ targetId }) => at(targetId).fits,
      },
    },
    { seed },
  );
  for (const member of members) {
    const { isFast, remaining } = at(member.targetId);
    const observation = known.observations.of(member, 'model');
    if (isFast !== null) {
      observation.began(facts, 0);
      const ms = isFast ? 10 : 1_000;
      observation.ended({ stream: facts.stream, hadFirstToken: false, outcome: 'answered', ms }, 0);
    }
    if (remaining !== null) observation.rateLimits({ requests: { limit: 3, remaining } }, 0);
  }
  const picker = strategy.createPicker(members, known);
  return picks(
    picker,
    20,
    drawn.map(({ eligible }) => eligible),
    facts,
  );
}
const anyFacts = fc
  .record({ stickyHash: fc.option(fc.nat(), { nil: undefined }), stream: fc.boolean() })
  .map((changes) => makePickFacts(changes));

describe.each(strategies)('every strategy: $name', (strategy) => {
  it('picks only what may be picked, and something when anything may', () => {
    const tiers = [
      fc.array(anyMember, { minLength: 1, maxLength: 6 }),
      fc.array(anyMember, { minLength: 9, maxLength: 30 }),
    ];
    fc.assert(
      fc.property(fc.oneof(...tiers), anyFacts, fc.nat(), (drawn, facts, seed) => {
        const isAny = drawn.some(({ eligible }) => eligible);
        for (const index of play(strategy, drawn, facts, seed))
          expect(isAny ? drawn[index]?.eligible : index === -1).toBe(true);
      }),
    );
  });
});

/** The others go by the order of the file, or by turns. */
const byWeight = strategies.filter(({ name }) => name !== 'priority' && name !== 'round_robin');

describe.each(byWeight)('every strategy that looks at weights: $name', (strategy) => {
  it('picks who has no weight only when nobody with one may be', () => {
    fc.assert(
      fc.property(fc.array(anyMember, { minLength: 1, maxLength: 12 }), anyFacts, fc.nat(), (drawn, facts, seed) => {
        const hasWeight = drawn.some(({ eligible, weight }) => eligible && weight > 0);
        for (const index of play(strategy, drawn, facts, seed))
          if (hasWeight) expect(drawn[index]!.weight).toBeGreaterThan(0);
      }),
    );
  });
});

describe('weighted', () => {
  it('gives 2 to 1 over 300 requests, interleaved', () => {
    const indices = picks(weighted.createPicker(membersOf([2, 1]), surroundings), 300);
    expect(countsOf(indices, 2)).toEqual([200, 100]);
    expect(indices.slice(0, 6)).toEqual([0, 1, 0, 0, 1, 0]);
  });

  it('is exact over any cycle, wherever the cycle begins', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
        fc.nat(50),
        (weights, start) => {
          const cycle = weights.reduce((sum, weight) => sum + weight, 0);
          const indices = picks(weighted.createPicker(membersOf(weights), surroundings), start + cycle);
          expect(countsOf(indices.slice(start), weights.length)).toEqual(weights);
        },
      ),
    );
  });
});

describe('round robin', () => {
  it('takes turns and skips who may not be picked', () => {
    const picker = roundRobin.createPicker(membersOf([5, 1, 1]), surroundings);
    expect(picks(picker, 4)).toEqual([0, 1, 2, 0]);
    expect(picks(picker, 4, [true, false, true])).toEqual([2, 0, 2, 0]);
  });
});

describe('least loaded', () => {
  it('picks the target with the fewest attempts for its weight', () => {
    const inFlight = (id: string) => ({ t0: 4, t1: 1, t2: 3 })[id] ?? 0;
    expect(picks(leastLoaded.createPicker(membersOf([1, 1, 1]), { ...surroundings, inFlight }), 2)).toEqual([1, 1]);
    expect(picks(leastLoaded.createPicker(membersOf([5, 1, 1]), { ...surroundings, inFlight }), 1)).toEqual([0]);
  });

  it('lets equals take turns', () => {
    expect(picks(leastLoaded.createPicker(membersOf([1, 1, 1]), surroundings), 4)).toEqual([0, 1, 2, 0]);
  });
});

it('random follows the weights', () => {
  const chances = Array.from({ length: 300 }, (_value, index) => index / 300);
  const picker = random.createPicker(membersOf([2, 0, 1]), { ...surroundings, random: () => chances.pop()! });
  expect(countsOf(picks(picker, 300), 3)).toEqual([200, 0, 100]);
});

it('priority picks the first', () => {
  const picker = priority.createPicker(membersOf([1, 9]), surroundings);
  expect(picks(picker, 2)).toEqual([0, 0]);
  expect(picks(picker, 1, [false, true])).toEqual([1]);
});
