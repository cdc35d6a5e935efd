import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCanaryPicker } from '../canary.ts';
import { makePickFacts } from '../pick-facts.fixture.ts';
import type { PickFacts } from '../pick-facts.ts';
import { makeMember, makeSurroundings } from '../surroundings.fixture.ts';
import type { Strategy, TierPicker } from './define-strategy.ts';
import { DrawAhead } from './draw-ahead.ts';
import { strategies } from './registry.gen.ts';

/** A member of a tier of which anything may be known. */
const anyMember = fc.record({
  weight: fc.nat(3),
  canaryPercent: fc.option(fc.nat(100), { nil: undefined, freq: 4 }),
  inFlight: fc.nat(5),
  ms: fc.option(fc.nat(2_000)),
  remaining: fc.option(fc.nat(3)),
  price: fc.option(fc.nat(3), { nil: undefined }),
  fits: fc.boolean(),
});
type AnyMember = typeof anyMember extends fc.Arbitrary<infer Drawn> ? Drawn : never;

const anyTier = fc.oneof(
  fc.array(anyMember, { minLength: 1, maxLength: 6 }),
  fc.array(anyMember, { minLength: 9, maxLength: 20 }),
);

/** One pick: who may not be picked, and what is known of the request. */
const anyPick = fc.record({
  out: fc.uniqueArray(fc.nat(19), { maxLength: 5 }),
  stickyHash: fc.option(fc.nat(), { nil: undefined }),
});
const anyPicks = fc.array(anyPick, { maxLength: 12 });
type AnyPick = typeof anyPick extends fc.Arbitrary<infer Drawn> ? Drawn : never;

const factsOf = ({ stickyHash }: AnyPick): PickFacts => makePickFacts({ stickyHash });

function start(strategy: Strategy, drawn: readonly AnyMember[], seed: number): TierPicker {
  const members = drawn.map(({ weight, canaryPercent }, index) => makeMember(`t${index}`, { weight, canaryPercent }));
  const at = (targetId: string) => drawn[Number(targetId.slice(1))]!;
  const surroundings = makeSurroundings(
    {
      inFlight: (targetId) => at(targetId).inFlight,
      prices: { costOf: ({ targetId }) => at(targetId).price, fits: ({ targetId }) => at(targetId).fits },
    },
    { seed },
  );
  for (const member of members) {
    const { ms, remaining } = at(member.targetId);
    const observation = surroundings.observations.of(member, 'model');
    const facts = makePickFacts();
    if (ms !== null) {
      observation.began(facts, 0);
      observation.ended({ stream: facts.stream, hadFirstToken: false, outcome: 'answered', ms }, 0);
    }
    if (remaining !== null) observation.rateLimits({ requests: { limit: 3, remaining } }, 0);
  }
  return createCanaryPicker(strategy, members, surroundings);
}

function play(picker: TierPicker, picks: readonly AnyPick[]): number[] {
  return picks.map((pick) => {
    picker.eligible.fill(1);
    for (const index of pick.out) if (index < picker.eligible.length) picker.eligible[index] = 0;
    return picker.pick(factsOf(pick));
  });
}

function rehearse(picker: TierPicker, picks: readonly AnyPick[]): number[] {
  const undo = picker.mark!();
  const picked = play(picker, picks);
  undo();
  return picked;
}

describe.each(strategies)('$name', (strategy) => {
  it('tells what it will pick', () => {
    fc.assert(
      fc.property(anyTier, anyPicks, anyPicks, fc.nat(), (drawn, before, next, seed) => {
        const picker = start(strategy, drawn, seed);
        play(picker, before);
        const told = rehearse(picker, next);
        expect(rehearse(picker, next)).toEqual(told);
        expect(play(picker, next)).toEqual(told);
      }),
    );
  });

  it('picks as it would have without being asked, whatever it was asked', () => {
    fc.assert(
      fc.property(anyTier, anyPicks, anyPicks, anyPicks, fc.nat(), (drawn, before, asked, after, seed) => {
        const [rehearsed, left] = [start(strategy, drawn, seed), start(strategy, drawn, seed)];
        play(rehearsed, before);
        play(left, before);
        rehearse(rehearsed, asked);
        for (const pick of asked) for (const index of drawn.keys()) rehearsed.figureOf!(index, factsOf(pick));
        expect(play(rehearsed, after)).toEqual(play(left, after));
      }),
    );
  });
});

/** What each strategy says of three members, the last of which has no weight. */
const figures: Readonly<Record<string, readonly [name: string, values: readonly (number | undefined)[]]>> = {
  cost_optimized: ['cost_usd', [2e-9, undefined, 1e-9]],
  latency_optimized: ['expected_ms', [200, undefined, undefined]],
  least_loaded: ['in_flight', [1, 0, 4]],
  priority: ['order', [0, 1, 2]],
  quota_aware: ['quota_share', [0, undefined, undefined]],
  random: ['weight', [1, 2, 0]],
  round_robin: ['turn', [2, 0, 1]],
  sticky: ['turn', [2, 0, 1]],
  weighted: ['weight', [1, 2, 0]],
};

it.each(strategies)('$name says by what it compares', (strategy) => {
  const known = { canaryPercent: undefined, remaining: null, ms: null, fits: true, price: undefined };
  const drawn = [
    { ...known, weight: 1, inFlight: 1, ms: 200, remaining: 1, price: 2 },
    { ...known, weight: 2, inFlight: 0 },
    { ...known, weight: 0, inFlight: 4, price: 1 },
  ];
  const picker = start(strategy, drawn, 1);
  const [name, values] = figures[strategy.name]!;
  if (name === 'turn') play(picker, [{ out: [], stickyHash: undefined }]);
  const told = drawn.map((_member, index) => picker.figureOf!(index, makePickFacts()));
  expect(told.map((figure) => figure.name)).toEqual(drawn.map(() => name));
  expect(told.map(({ value }) => value)).toEqual(values);
  const heedsWeight = strategy.name !== 'priority' && strategy.name !== 'round_robin';
  expect(told.map(({ remark }) => remark)).toEqual([undefined, undefined, heedsWeight ? 'no_weight' : undefined]);
});

it('a target whose model does not fit is said to be unfit for the cheapest', () => {
  const cheapest = strategies.find(({ name }) => name === 'cost_optimized')!;
  const one = { canaryPercent: undefined, remaining: null, ms: null, weight: 1, inFlight: 0, price: 1 };
  const picker = start(cheapest, [{ ...one, fits: false }], 1);
  expect(picker.figureOf!(0, makePickFacts())).toMatchObject({ remark: 'model_unfit' });
});

it('sticky tells the order in which a hash would take its targets', () => {
  const sticky = strategies.find(({ name }) => name === 'sticky')!;
  const one = { canaryPercent: undefined, remaining: null, ms: null, weight: 1, inFlight: 0, price: 1, fits: true };
  const picker = start(sticky, [one, one, one, one], 1);
  const facts = makePickFacts({ stickyHash: 7 });
  const order: number[] = [];
  while (order.length < 4) order.push(...play(picker, [{ out: order, stickyHash: 7 }]));
  expect(order.map((index) => picker.figureOf!(index, facts).value)).toEqual([0, 1, 2, 3]);
});

it('a canary tells its share, the others their figure', () => {
  const turns = strategies.find(({ name }) => name === 'round_robin')!;
  const one = { remaining: null, ms: null, weight: 1, inFlight: 0, price: 1, fits: true };
  const picker = start(
    turns,
    [
      { ...one, canaryPercent: 10 },
      { ...one, canaryPercent: undefined },
    ],
    1,
  );
  expect(picker.figureOf!(0, makePickFacts())).toEqual({ name: 'canary_percent', value: 10 });
  expect(picker.figureOf!(1, makePickFacts())).toEqual({ name: 'turn', value: 1 });
});

it('numbers that were put back are drawn again, and then no longer', () => {
  let last = 0;
  const draws = new DrawAhead(() => {
    last += 1;
    return last;
  });
  expect(draws.next()).toBe(1);
  const undo = draws.mark();
  expect([draws.next(), draws.next(), draws.next()]).toEqual([2, 3, 4]);
  undo();
  expect(draws.next()).toBe(2);
  const undoAgain = draws.mark();
  expect([draws.next(), draws.next(), draws.next()]).toEqual([3, 4, 5]);
  undoAgain();
  expect([draws.next(), draws.next(), draws.next(), draws.next()]).toEqual([3, 4, 5, 6]);
});
