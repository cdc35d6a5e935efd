import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createBackoff } from '../resilience/backoff.ts';
import type { Failure, FailureKind } from '../resilience/failure.ts';
import { failureTraits } from '../resilience/failure-table.ts';
import { failed, makePlan } from './plan.fixture.ts';
import type { PlanStep } from './plan.ts';
import { makeResolution, makeRoute, makeTarget, member } from './target.fixture.ts';
import type { Resolution, Target } from './target.ts';

const kinds = Object.keys(failureTraits) as FailureKind[];
const maxAskedWaitMs = 10_000;

/** Everything that decides a plan: routes, who is out, how attempts end, what is allowed. */
const world = fc.record({
  /** For each model the sizes of its tiers; the first is the one asked for. */
  models: fc.array(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 4,
  }),
  /** Targets that are out, by number. */
  out: fc.array(fc.boolean(), { maxLength: 36 }),
  /** Models that follow: when the context is too long, when the content is refused, otherwise. */
  long: fc.array(fc.nat(3), { maxLength: 4 }),
  refused: fc.array(fc.nat(3), { maxLength: 3 }),
  any: fc.array(fc.nat(3), { maxLength: 4 }),
  failures: fc.array(
    fc.record({
      kind: fc.oneof(fc.constantFrom(...kinds), fc.constantFrom<FailureKind>('rate_limited', 'transient')),
      askedMs: fc.option(fc.integer({ min: 0, max: 15_000 }), { nil: undefined }),
      tookMs: fc.integer({ min: 0, max: 3_000 }),
    }),
    { minLength: 1, maxLength: 40 },
  ),
  maxAttempts: fc.integer({ min: 1, max: 8 }),
  ownMaxAttempts: fc.integer({ min: 1, max: 4 }),
  deadlineMs: fc.integer({ min: 1, max: 60_000 }),
  /** Further attempts that the budget allows. */
  budget: fc.integer({ min: 0, max: 6 }),
  hasLeastBad: fc.boolean(),
});
type World = typeof world extends fc.Arbitrary<infer Value> ? Value : never;

interface Made {
  readonly step: PlanStep;
  readonly model: number;
  readonly tier: number;
  readonly id: string;
  readonly startMs: number;
  failure: Failure;
}

/** A world made real: its routes, and who is usable. */
function build({ models, out, ownMaxAttempts, long, refused, any, hasLeastBad }: World) {
  const isOut = new Set<string>();
  let count = 0;
  const resolutions = models.map((tiers, model) => {
    const route = makeRoute([], {
      id: `route-${model}`,
      tiers: tiers.map((size, tier) =>
        Array.from({ length: size }, (_none, index) => {
          const id = `${model}.${tier}.${index}`;
          if (out[count++] === true) isOut.add(id);
          return member(makeTarget(id, { maxAttempts: ownMaxAttempts }));
        }),
      ),
    });
    return makeResolution(route, `model-${model}`);
  });
  const chain = (list: readonly number[]) =>
    list.map((model) => resolutions[model]).filter((resolution) => resolution !== undefined);
  const chains = { context_exceeded: chain(long), content_refused: chain(refused), any: chain(any) };
  const chainOf = (failure: Failure | undefined): readonly Resolution[] =>
    failure?.kind === 'context_exceeded' || failure?.kind === 'content_refused' ? chains[failure.kind] : chains.any;
  const isUsable = ({ id }: Target) => !isOut.has(id);
  const leastBad = (targets: readonly Target[]) => (hasLeastBad ? targets[targets.length - 1] : undefined);
  return { resolutions, chainOf, isUsable, isOut, health: { isUsable, leastBad } };
}

/** Plays a plan to its end, each attempt failing as the world says. */
function play(given: World) {
  const { resolutions, chainOf, health, isOut } = build(given);
  let left = given.budget;
  const budget = { noteRequest: () => {}, tryTake: () => left-- > 0, overdraw: () => {}, hasRoom: () => left > 0 };
  const retry = { maxAttempts: given.maxAttempts, initialDelayMs: 100, maxDelayMs: 800, backoffMultiplier: 2 };
  const plan = makePlan({
    resolution: resolutions[0]!,
    retry: { ...retry, maxAskedWaitMs },
    backoff: createBackoff(retry, () => 0.5),
    health,
    budget,
    fallbacks: chainOf,
  });
  const made: Made[] = [];
  let nowMs = 0;
  let last: Failure | undefined;
  for (;;) {
    const step = plan.next(last, nowMs, given.deadlineMs);
    if (step === undefined) return { made, nowMs, isOut, resolutions, chainOf };
    const { kind, askedMs, tookMs } = given.failures[made.length % given.failures.length]!;
    last = failed(kind, askedMs);
    const [model, tier] = step.routeTarget.target.id.split('.').map(Number) as [number, number];
    nowMs += step.delayMs;
    made.push({ step, model, tier, id: step.routeTarget.target.id, startMs: nowMs, failure: last });
    nowMs += tookMs;
    if (made.length > 200) throw new Error('the plan does not end');
  }
}

const isSent = ({ failure }: Made) => !failureTraits[failure.kind].isUnsent;
const isSpent = ({ failure }: Made) => failureTraits[failure.kind].spendsBudget;

function check(law: (given: World, played: ReturnType<typeof play>) => void): void {
  fc.assert(
    fc.property(world, (given) => law(given, play(given))),
    { numRuns: 600 },
  );
}

it('never makes more attempts than there may be, in all, at one target, or by the budget', () => {
  check((given, { made }) => {
    // What was refused before it was sent is found out only afterwards, so the last one may be one too many by itself.
    const sent = made.filter(isSent);
    expect(sent.length).toBeLessThanOrEqual(given.maxAttempts);
    expect(made.slice(0, -1).filter(isSpent).length).toBeLessThanOrEqual(given.budget);
    for (const { id } of made)
      expect(sent.filter((one) => one.id === id).length).toBeLessThanOrEqual(given.ownMaxAttempts);
  });
});

it('asks nobody who is out, but the least bad one when everybody is, once and as the last', () => {
  check((_given, { made, isOut }) => {
    for (const [index, { id, step }] of made.entries()) {
      expect(isOut.has(id)).toBe(step.isLastResort);
      if (step.isLastResort) expect([index, made.length]).toEqual([0, 1]);
    }
  });
});

it('starts no attempt beyond the deadline, and waits neither less nor much more than it was asked to', () => {
  check(({ deadlineMs }, { made }) => {
    for (const [index, { step, startMs, id }] of made.entries()) {
      if (index > 0) expect(startMs).toBeLessThan(deadlineMs);
      const before = made.slice(0, index).findLast((one) => one.id === id);
      if (before === undefined) {
        expect(step.delayMs).toBe(0);
        continue;
      }
      const isBelieved = failureTraits[before.failure.kind].wait === 'asked';
      const askedMs = isBelieved ? (before.failure.retryAfterMs ?? 0) : 0;
      expect(startMs - before.startMs).toBeGreaterThanOrEqual(askedMs);
      expect(step.delayMs).toBeLessThanOrEqual(Math.max(800, Math.min(askedMs, maxAskedWaitMs)));
      expect(step.delayMs).toBeGreaterThanOrEqual(75);
    }
  });
});

it('comes to every model once, and never back', () => {
  check((_given, { made }) => {
    const visits = made.map(({ model }) => model).filter((model, index, all) => model !== all[index - 1]);
    const firsts = visits.filter((model, index) => visits.indexOf(model) === index);
    // Only a retry of somebody who was tried leads back; it is no first attempt there.
    for (const [index, { model, id }] of made.entries()) {
      const isFresh = !made.slice(0, index).some((one) => one.id === id);
      const last = Math.max(...made.slice(0, index).map((one) => firsts.indexOf(one.model)));
      if (isFresh && index > 0) expect(firsts.indexOf(model)).toBeGreaterThanOrEqual(last);
    }
    for (const { step, model } of made) expect(step.isFallbackModel).toBe(model !== 0);
  });
});

it('does as its rules say, told again in one place', () => {
  check((given, played) => {
    for (let index = 1; index <= played.made.length; index++) {
      const expected = allowedAfter(given, played, index);
      const next = played.made[index]?.id;
      if (next === undefined) expect(expected.mayEnd, JSON.stringify(played.made.map(({ id }) => id))).toBe(true);
      else expect(expected.ids).toContain(next);
    }
  });
});

/** Who may come after the attempts so far, and whether nobody may. */
function allowedAfter(given: World, { made, isOut, resolutions, chainOf }: ReturnType<typeof play>, count: number) {
  const before = made.slice(0, count);
  const { failure, model, tier, id, step, startMs } = before.at(-1)!;
  const { anotherModel, retryHere, tryElsewhere } = failureTraits[failure.kind];
  const endMs = startMs + given.failures[(count - 1) % given.failures.length]!.tookMs;
  const sent = before.filter(isSent).length;
  const nobody = { ids: [], mayEnd: true };
  if (step.isLastResort || sent >= given.maxAttempts || endMs >= given.deadlineMs) return nobody;
  if (before.filter(isSpent).length > given.budget) return nobody;

  const tried = new Set(before.map((one) => one.id));
  const freshIn = (one: number, from: number): string[] => {
    const tiers = resolutions[one]!.route.tiers.slice(from);
    const ids = tiers.map((members) => members.map(({ target }) => target.id));
    return (
      ids
        .map((list) => list.filter((candidate) => !tried.has(candidate) && !isOut.has(candidate)))
        .find((list) => list.length > 0) ?? []
    );
  };
  const visited = new Set(before.map((one) => one.model));
  const modelsOf = (why: Failure | undefined) =>
    chainOf(why)
      .map((one) => resolutions.indexOf(one))
      .filter((one) => !visited.has(one));
  const firstOf = (models: readonly number[]) =>
    models.map((one) => freshIn(one, 0)).find((list) => list.length > 0) ?? [];
  if (anotherModel === 'first') {
    const chained = firstOf(modelsOf(failure));
    if (chained.length > 0) return { ids: chained, mayEnd: false };
  }
  // Whoever was tried may be tried again if it can wait long enough, which is checked by another law.
  const again = before.filter((one) => failureTraits[one.failure.kind].retryHere).map((one) => one.id);
  if (!tryElsewhere) return { ids: retryHere ? [id] : [], mayEnd: true };
  const peers = resolutions[model]!.route.tiers[tier]!.map(({ target }) => target.id);
  const fresh = peers.filter((peer) => !tried.has(peer) && !isOut.has(peer));
  if (fresh.length > 0) return { ids: fresh, mayEnd: false };
  const later = freshIn(model, tier + 1);
  // Which chain is under way depends on what happened before, so any model that some chain names is allowed.
  const named = [
    ...modelsOf(undefined),
    ...modelsOf(failed('context_exceeded')),
    ...modelsOf(failed('content_refused')),
  ];
  const ids = later.length > 0 ? [...later, id] : [...named.flatMap((one) => freshIn(one, 0)), ...again];
  return { ids, mayEnd: later.length === 0 };
}
