import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { AttemptManner } from './attempt-lane.ts';
import { createChatExchange } from './exchange.fixture.ts';
import type { ExchangeInput, Upload } from './exchange.ts';
import { createHedge } from './hedge.ts';
import { createBudgetPolicy } from './policies/budget.ts';
import { createTokenBudgets, tokenClaimOf } from './policies/token-budget.ts';
import { type AttemptOutcome, refused } from './relay/attempt-outcome.ts';
import { deadlineMs, failed, makePlan } from './routing/plan.fixture.ts';
import { makeResolution, makeRoute } from './routing/target.fixture.ts';
import { holdSecond } from './second-hold.ts';
import { createManualClock } from './stores/manual-clock.fixture.ts';
import { createMemorySpendStore } from './stores/memory/spend-store.ts';
import type { SpendClaim, SpendStore } from './stores/spend-store.ts';

const tokenBudget = { tokens: 1_000, since: 0 };
const tokens = tokenClaimOf('k1', tokenBudget, 'open');
const dollars: SpendClaim = { cap: { ...tokens.cap, id: 'money' }, key: '' };
const failure = refused(failed('transient'));
const answered: AttemptOutcome = { ...failure, failure: undefined, isCommitted: true };
const turn = () => new Promise((resolve) => setImmediate(resolve));

interface Begun {
  readonly end: (outcome: AttemptOutcome) => void;
  readonly fault: (error: unknown) => void;
  readonly manner: AttemptManner;
}

/** A race of two for which 100 tokens and 100 nano-dollars are set aside each; more is set aside once `answer` is called. */
async function setUp(spent = 0, differences: Partial<ExchangeInput> = {}, upload?: Upload) {
  const clock = createManualClock();
  const memory = createMemorySpendStore({ clock, onCrossing: () => undefined });
  memory.add([{ ...dollars, start: 0, nanos: spent }]);
  const waiting: (() => void)[] = [];
  let isLate = false;
  const store: SpendStore = {
    ...memory,
    reserve: (...asked) =>
      isLate ? new Promise((give) => waiting.push(() => give(memory.reserve(...asked)))) : memory.reserve(...asked),
  };
  const heard: string[] = [];
  const policy = createBudgetPolicy({
    store,
    unknownPrice: 'deny',
    onRefused: () => heard.push('refused'),
    onUnknownCost: () => undefined,
  });
  const tokenBudgets = createTokenBudgets({ store, claimOf: () => tokens });
  const exchange = createChatExchange(clock, differences);
  exchange.upload = upload;
  exchange.principal = { kind: 'key', name: 'app', identity: 'h', tenant: undefined, keyId: 'k1', tokenBudget };
  exchange.estimatedUsage = { input: 0, output: 100 };
  exchange.tokenHold = await tokenBudgets.reserve(exchange.principal, 100);
  const estimate = { knownNanos: 100, unknownCost: undefined };
  exchange.budgetHold = await policy.reserve({ claims: [dollars], model: 'm', estimate });
  isLate = true;
  const begun: Begun[] = [];
  const hedge = createHedge({
    clock,
    attemptRing: (_exchange, _step, _deadline, manner) =>
      new Promise((end, fault) => begun.push({ end, fault, manner: manner! })),
    latencyOf: () => ({ observe: () => undefined, quantile: () => 10 }),
    budget: { reserveSecond: (one) => holdSecond(one, tokenBudgets) },
    onHedge: () => heard.push('hedged'),
    reportInternal: (error) => heard.push(String(error)),
  });
  const plan = makePlan({ resolution: makeResolution(makeRoute([['a', 'b']])) });
  const step = plan.next(undefined, clock.now(), deadlineMs)!;
  const hedging = { percentile: 95, minDelayMs: 10, maxExtraPercent: 100 };
  const race = hedge({ exchange, step, plan, deadline: deadlineMs, routeId: 'r', hedging });
  clock.advance(10);
  return {
    begun,
    exchange,
    heard,
    race,
    read: () => memory.read([tokens, dollars]).map(({ reservedNanos, spentNanos }) => [spentNanos, reservedNanos]),
    settle() {
      exchange.tokenHold?.settle(150);
      exchange.budgetHold?.settle({ knownNanos: 150, unknownCost: undefined });
    },
    async answer() {
      for (const give of waiting.splice(0)) give();
      await turn();
    },
  };
}

describe('a second attempt beside a slow one', () => {
  it.each([
    ['the first answers', [answered, failure]],
    ['the second answers', [failure, answered]],
    ['both fail', [failure, failure]],
  ])('passed caps with what it cost: %s', async (_, outcomes) => {
    const { answer, begun, heard, race, read, settle } = await setUp();
    expect(begun.length).toBe(1);
    await answer();
    expect([begun.length, heard]).toEqual([2, ['hedged']]);
    expect(read()).toEqual([
      [0, 200],
      [0, 200],
    ]);
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.isCommitted) begun[index]!.manner.onBegin();
      begun[index]!.end(outcome);
    }
    await race;
    settle();
    expect(read()).toEqual([
      [150, 0],
      [150, 0],
    ]);
  });

  it('is not made where a budget has no room for it, and what the other has is given back', async () => {
    const { answer, begun, heard, race, read } = await setUp(850);
    await answer();
    expect([begun.length, heard]).toEqual([1, []]);
    expect(read()).toEqual([
      [0, 100],
      [850, 100],
    ]);
    begun[0]!.manner.onBegin();
    begun[0]!.end(answered);
    expect(await race).toMatchObject({ isCommitted: true });
  });

  const upload: Upload = {
    head: Buffer.alloc(0),
    rest: Readable.from([]),
    length: undefined,
    maxBytes: 9,
    models: undefined,
  };
  it.each<[string, Partial<ExchangeInput>, Upload | undefined]>([
    ['a body that flows, of which it would have got the rest', { operation: 'transcription' }, upload],
    ['a forwarded POST, which may have done its work', { operation: 'proxy' }, undefined],
  ])('was made for %s', async (_, differences, flowing) => {
    const { answer, begun, heard, race } = await setUp(0, differences, flowing);
    await answer();
    expect([begun.length, heard]).toEqual([1, []]);
    begun[0]!.end(answered);
    expect(await race).toMatchObject({ isCommitted: true });
  });

  it.each<[string, (begun: Begun, leave: () => void) => void]>([
    ['the first speaks', ({ manner }) => manner.onBegin()],
    ['the first is over', ({ end }) => end(failure)],
    ['the gateway fails', ({ fault }) => fault(new Error('a fault'))],
    ['the caller leaves', (_begun, leave) => leave()],
  ])('is not made, and nothing is held for it, where meanwhile %s', async (_, happen) => {
    const { answer, begun, exchange, race, read, settle } = await setUp();
    race.catch(() => undefined);
    happen(begun[0]!, () => exchange.cancel('client_closed'));
    await turn();
    settle();
    await answer();
    expect(begun.length).toBe(1);
    expect(read()).toEqual([
      [150, 0],
      [150, 0],
    ]);
  });
});
