import { expect, it } from 'vitest';
import { failureTraits } from '../resilience/failure-table.ts';
import { createPickers } from '../routing/pickers.ts';
import type { PlanInput } from '../routing/plan.ts';
import { makeSurroundings } from '../routing/surroundings.fixture.ts';
import { makeResolution, makeRoute, makeTarget, member } from '../routing/target.fixture.ts';
import type { Route, StrategyName, Target } from '../routing/target.ts';
import { sharesOf } from './route-shares.ts';

interface Scene {
  readonly strategy?: StrategyName;
  readonly tiers: readonly (readonly Target[])[];
  readonly out?: readonly string[];
  readonly ramps?: Readonly<Record<string, number>>;
}

function planOf({ strategy = 'weighted', tiers, out = [], ramps = {} }: Scene): PlanInput {
  const route: Route = makeRoute([], {
    strategy,
    tiers: tiers.map((tier) => tier.map((target) => member(target, 'm'))),
  });
  return {
    resolution: makeResolution(route),
    retry: { maxAttempts: 3, initialDelayMs: 1, maxDelayMs: 1, backoffMultiplier: 1 },
    strategies: createPickers(makeSurroundings()),
    health: { isUsable: ({ id }) => !out.includes(id), rampShare: ({ id }) => ramps[id] ?? 1 },
    random: () => 0.5,
    failureTraits,
  };
}

/** Configured and effective shares by target. */
const shares = (scene: Scene) =>
  Object.fromEntries(sharesOf(planOf(scene)).map((one) => [one.target, [one.configured_share, one.effective_share]]));

const a = makeTarget('a', { weight: 3 });
const b = makeTarget('b');
const c = makeTarget('c');

it('are those of the weights while everybody is well', () => {
  expect(shares({ tiers: [[a, b]] })).toEqual({ a: [0.75, 0.75], b: [0.25, 0.25] });
  const told = shares({ tiers: [[a, b]], strategy: 'sticky' });
  expect(told['a']![1]).toBeCloseTo(0.75, 1);
});

it('go to the others of the tier when somebody is out, and to the next tier when all are', () => {
  expect(shares({ tiers: [[a, b], [c]], out: ['a'] })).toEqual({ a: [0.75, 0], b: [0.25, 1], c: [1, 0] });
  expect(shares({ tiers: [[a, b], [c]], out: ['a', 'b'] })).toEqual({ a: [0.75, 0], b: [0.25, 0], c: [1, 1] });
});

it('are a canary’s own', () => {
  const canary = makeTarget('c', { canaryPercent: 5 });
  expect(shares({ tiers: [[a, b, canary]] })).toEqual({ a: [0.713, 0.713], b: [0.237, 0.237], c: [0.05, 0.05] });
  expect(shares({ tiers: [[a, b, canary]], out: ['c'] })).toMatchObject({ a: [0.713, 0.75], c: [0.05, 0] });
});

it('are small for who has just come back, and the next tier has the rest', () => {
  const told = shares({ tiers: [[b], [c]], ramps: { b: 0.1 } });
  expect(told['b']![1]).toBeCloseTo(0.1, 1);
  expect(told['c']![1]).toBeCloseTo(0.9, 1);
});

it('are the same every time, and move no turn', () => {
  const plan = planOf({ tiers: [[a, b, c]], strategy: 'round_robin' });
  const first = sharesOf(plan);
  expect(sharesOf(plan)).toEqual(first);
  const picker = plan.strategies.of(plan.resolution.route, 0);
  picker.eligible.fill(1);
  expect(
    picker.pick({
      stickyHash: undefined,
      inputTokens: 0,
      outputTokens: 0,
      searchUnits: 0,
      now: 0,
      stream: false,
      requestedModel: 'm',
      needs: 0,
    }),
  ).toBe(0);
});
