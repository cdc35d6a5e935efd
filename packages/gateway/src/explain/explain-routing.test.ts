import fc from 'fast-check';
import { expect, it } from 'vitest';
import { failureTraits } from '../resilience/failure-table.ts';
import { createHealthRegistry } from '../resilience/health.ts';
import { makePickFacts } from '../routing/pick-facts.fixture.ts';
import { createPickers, type Pickers } from '../routing/pickers.ts';
import { failed } from '../routing/plan.fixture.ts';
import { createPlan, type PlanInput } from '../routing/plan.ts';
import { strategies } from '../routing/strategies/registry.gen.ts';
import { makeSurroundings } from '../routing/surroundings.fixture.ts';
import { makeResolution, makeRoute, makeTarget, member } from '../routing/target.fixture.ts';
import type { StrategyName, Target } from '../routing/target.ts';
import { explainRouting } from './explain-routing.ts';
import { isBlocking, type Reason, reasonCodes } from './reason.ts';

const anyTarget = fc.record({
  weight: fc.integer({ min: 0, max: 3 }),
  canaryPercent: fc.option(fc.nat(100), { nil: undefined, freq: 5 }),
  isOut: fc.boolean(),
  isBusy: fc.boolean(),
  offers: fc.boolean(),
});

/** Everything that decides where a request goes. */
const anyWorld = fc.record({
  /** Of the model asked for, and of the one that follows it. */
  models: fc.array(fc.array(fc.array(anyTarget, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 2,
  }),
  strategy: fc.constantFrom(...strategies.map(({ name }) => name)),
  stickyHash: fc.option(fc.nat(), { nil: undefined }),
  seed: fc.nat(),
  maxAttempts: fc.integer({ min: 1, max: 4 }),
  stays: fc.boolean(),
});
type World = typeof anyWorld extends fc.Arbitrary<infer Value> ? Value : never;

const busy: Reason = { code: 'bulkhead_full', message: 'It is full.' };
const registry = createHealthRegistry({
  clock: { now: () => 0, wallNow: () => 0 },
  random: () => 0.5,
  onChange: () => {},
});

/** Pickers each of which has its own chance: what one draws ahead does not change what another one draws. */
function separatePickers(seed: number): Pickers {
  const byTier = new Map<string, Pickers>();
  return {
    of(route, tierIndex) {
      const key = `${route.id} ${tierIndex}`;
      const pickers = byTier.get(key) ?? createPickers(makeSurroundings({}, { seed }));
      byTier.set(key, pickers);
      return pickers.of(route, tierIndex);
    },
  };
}

function build({ models, strategy, stickyHash, seed, maxAttempts, stays }: World) {
  const worlds = new Map<Target, (typeof models)[0][0][0]>();
  const resolutions = models.map((tiers, model) =>
    makeResolution(
      makeRoute([], {
        id: `route-${model}`,
        strategy: strategy as StrategyName,
        staysWithFirst: stays,
        tiers: tiers.map((targets, tier) =>
          targets.map((one, index) => {
            const { canaryPercent, weight } = one;
            const changes = { weight, ...(canaryPercent !== undefined && { canaryPercent }) };
            const target = makeTarget(`${model}.${tier}.${index}`, changes);
            worlds.set(target, one);
            return member(target, 'model');
          }),
        ),
      }),
      `model-${model}`,
    ),
  );
  const of = (target: Target) => worlds.get(target)!;
  const plan: PlanInput = {
    resolution: resolutions[0]!,
    retry: { maxAttempts, initialDelayMs: 1, maxDelayMs: 1, backoffMultiplier: 1 },
    strategies: separatePickers(seed),
    health: { isUsable: (target) => !of(target).isOut },
    random: () => 0.5,
    failureTraits,
    offers: (target) => of(target).offers,
    facts: makePickFacts({ stickyHash }),
    fallbacks: () => resolutions.slice(1),
  };
  const explain = () =>
    explainRouting({
      plan,
      registry,
      refusalOf: ({ target }) => (of(target).isBusy ? busy : undefined),
      mayUse: () => true,
      nowMs: 0,
    });
  /** Whom a request would really be sent to, and who comes after, without the limit of attempts. */
  const send = (attempts = maxAttempts): string[] => {
    const retry = { ...plan.retry, maxAttempts: attempts };
    const real = createPlan({ ...plan, retry });
    const asked: string[] = [];
    for (let step = real.next(undefined, 0, 1e9); step !== undefined; ) {
      const isBusy = of(step.routeTarget.target).isBusy;
      if (!isBusy) asked.push(step.routeTarget.target.id);
      step = real.next(failed(isBusy ? 'target_busy' : 'headers_timeout'), 0, 1e9);
    }
    return asked;
  };
  return { explain, send };
}

it('tells whom a request is sent to, and who comes after, whatever was asked before', () => {
  fc.assert(
    fc.property(anyWorld, fc.nat(3), (world, times) => {
      const { explain, send } = build(world);
      for (let request = 0; request < 5; request++) {
        for (let asked = 0; asked < times; asked++) explain();
        const { explanation } = explain();
        const { fallback_chain: chain, selected_target: selected } = explanation;
        const told = [...(selected === null ? [] : [selected]), ...chain.map(({ target }) => target)];
        expect(told).toEqual(send(Number.POSITIVE_INFINITY));
      }
    }),
  );
});

it('changes nothing: requests go as they would have gone', () => {
  fc.assert(
    fc.property(anyWorld, (world) => {
      const [asked, left] = [build(world), build(world)];
      for (let request = 0; request < 8; request++) {
        asked.explain();
        expect(asked.send()).toEqual(left.send());
      }
    }),
  );
});

it('changes nothing where chance decides in two tiers, one of which is drawn from more often (regression)', () => {
  const one = { weight: 1, canaryPercent: undefined, isOut: false, isBusy: false, offers: true };
  const first = [
    { ...one, isBusy: true },
    { ...one, isBusy: true },
  ];
  const world = { strategy: 'random', stickyHash: undefined, seed: 0, maxAttempts: 1, stays: false } as const;
  const [asked, left] = [1, 2].map(() => build({ ...world, models: [[first], [[one, one, one]]] }));
  for (let request = 0; request < 50; request++) {
    asked!.explain();
    expect(asked!.send()).toEqual(left!.send());
  }
});

it('has a reason for everybody who is not chosen, and none for who is', () => {
  fc.assert(
    fc.property(anyWorld, (world) => {
      const { explanation } = build(world).explain();
      const chosen = explanation.candidates.filter((candidate) => candidate.chosen);
      expect(chosen.map(({ target }) => target)).toEqual(
        explanation.selected_target === null ? [] : [explanation.selected_target],
      );
      for (const { chosen: isChosen, reasons_not: reasons, usable } of explanation.candidates) {
        expect(reasons.length > 0).toBe(!isChosen);
        if (!isChosen) expect(reasons.some(isBlocking)).toBe(!usable);
        for (const { code, message } of reasons) {
          expect(reasonCodes).toContain(code);
          expect(message).toMatch(/^[A-Z].*\.$/);
        }
      }
    }),
  );
});

it('marks those that as many attempts as allowed do not reach', () => {
  const one = { weight: 1, canaryPercent: undefined, isOut: false, isBusy: false, offers: true };
  const world = { strategy: 'round_robin', stickyHash: undefined, seed: 1, maxAttempts: 2, stays: false } as const;
  const { explanation } = build({ ...world, models: [[[one, one]], [[one]]] }).explain();
  expect(explanation).toMatchObject({
    selected_target: '0.0.0',
    fallback_model: null,
    fallback_chain: [
      { attempt: 2, target: '0.0.1', tier: 1 },
      { attempt: 3, target: '1.0.0', tier: 1, fallback_model: 'model-1', beyond_max_attempts: true },
    ],
  });
  expect(explanation.fallback_chain[0]).not.toHaveProperty('beyond_max_attempts');
});

it('tells of the fallback that answers, and of why those before it do not', () => {
  const one = { weight: 1, canaryPercent: undefined, isOut: false, isBusy: false, offers: true };
  const world = { strategy: 'round_robin', stickyHash: undefined, seed: 1, maxAttempts: 2, stays: false } as const;
  const { explanation } = build({ ...world, models: [[[{ ...one, isBusy: true }]], [[one]]] }).explain();
  expect(explanation).toMatchObject({
    selected_target: '1.0.0',
    fallback_model: 'model-1',
    decision: expect.stringContaining('its fallback model-1 is asked'),
    candidates: [
      { target: '0.0.0', reasons_not: [{ code: 'bulkhead_full' }] },
      { target: '1.0.0', fallback_model: 'model-1', chosen: true },
    ],
  });
});

it('tells of the least bad one when everybody is out', () => {
  const route = makeRoute([['a', 'b']]);
  const plan: PlanInput = {
    resolution: makeResolution(route),
    retry: { maxAttempts: 3, initialDelayMs: 1, maxDelayMs: 1, backoffMultiplier: 1 },
    strategies: createPickers(makeSurroundings()),
    health: { isUsable: () => false, leastBad: (targets) => targets[1] },
    random: () => 0.5,
    failureTraits,
  };
  const { explanation } = explainRouting({ plan, registry, refusalOf: () => undefined, mayUse: () => true, nowMs: 0 });
  expect(explanation).toMatchObject({
    selected_target: 'b',
    last_resort: true,
    fallback_chain: [],
    candidates: [{ chosen: false }, { chosen: true, reasons_not: [], despite: [{ code: 'ejected' }] }],
    decision: expect.stringContaining('every target is out'),
  });
});

it('says what the caller would be told when nobody is left', () => {
  const out = { weight: 1, canaryPercent: undefined, isOut: true, isBusy: false, offers: true };
  const world = { strategy: 'round_robin', stickyHash: undefined, seed: 1, maxAttempts: 2, stays: false } as const;
  expect(build({ ...world, models: [[[out]]] }).explain().explanation).toMatchObject({
    selected_target: null,
    error: { status: 503, code: 'no_target_available' },
  });
  const without = { ...out, isOut: false, offers: false };
  expect(build({ ...world, models: [[[without]]] }).explain().explanation).toMatchObject({
    error: { status: 501, code: 'operation_unsupported' },
    candidates: [{ reasons_not: [{ code: 'no_path_for_operation' }] }],
  });
});
