import { describe, expect, it } from 'vitest';
import type { Principal } from './canonical/exchange.ts';
import { createChatExchange } from './exchange.fixture.ts';
import { createExchangeBudget } from './exchange-budget.ts';
import { createBudgetPolicy } from './policies/budget.ts';
import { createTokenBudgets, tokenClaimOf } from './policies/token-budget.ts';
import { compile } from './routing/catalog.fixture.ts';
import { makeConfig } from './routing/gateway-config.fixture.ts';
import { makeResolution, makeRoute } from './routing/target.fixture.ts';
import { createManualClock } from './stores/manual-clock.fixture.ts';
import { createMemorySpendStore } from './stores/memory/spend-store.ts';
import type { SpendClaim, SpendStore } from './stores/spend-store.ts';

const dollars: SpendClaim = {
  cap: { id: 'money', window: { kind: 'total' }, capNanos: 10_000_000, isHard: true, thresholds: [] },
  key: '',
};
const budget = { tokens: 1_000, since: 0 };
const tokens = tokenClaimOf('k1', budget, 'open');
const prices = { tokens: { input: 0, output: 10_000_000_000 }, longContext: [] };

/** Budgets of tokens and of money, counted here, or elsewhere, where what is asked for waits for `answer`. */
function setUp(whereCounted: 'here' | 'elsewhere') {
  const clock = createManualClock();
  const memory = createMemorySpendStore({ clock, onCrossing: () => undefined });
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const store: SpendStore = {
    ...memory,
    reserve(claims, estimate) {
      asked.push(claims[0]!.cap.id);
      if (whereCounted === 'here') return memory.reserve(claims, estimate);
      return new Promise((resolve) => waiting.push(() => resolve(memory.reserve(claims, estimate))));
    },
  };
  const budgets = createExchangeBudget({
    policy: createBudgetPolicy({
      store,
      unknownPrice: 'deny',
      onRefused: () => undefined,
      onUnknownCost: () => undefined,
    }),
    tokens: createTokenBudgets({ store, claimOf: () => tokens }),
    budgetsOf: () => ({ ofAll: [dollars], ofModels: [] }),
    priceOf: () => ({ prices, source: 'configured' }),
    clock,
    catalog: compile(makeConfig({})),
    offers: () => true,
  });
  const ask = async () => {
    const exchange = createChatExchange();
    const principal = { kind: 'key', name: 'app', identity: 'h', tenant: undefined, keyId: 'k1' } as const;
    exchange.principal = { ...principal, tokenBudget: budget } satisfies Principal;
    exchange.estimatedUsage = { input: 0, output: 100 };
    await budgets.reserve(exchange, makeResolution(makeRoute([['only']])));
    return exchange;
  };
  const held = () => memory.read([tokens, dollars]).map(({ reservedNanos }) => reservedNanos);
  const spend = (claim: SpendClaim, nanos: number) => memory.add([{ ...claim, start: 0, nanos }]);
  return {
    asked,
    ask,
    budgets,
    held,
    spend,
    answer: () => {
      for (const give of waiting.splice(0)) give();
    },
  };
}

describe('tokens and money of one request', () => {
  it('are set aside both or none', async () => {
    const { ask, held, spend } = setUp('here');
    await ask();
    expect(held()).toEqual([100, 1_000_000]);
    spend(dollars, 9_000_000);
    // Nobody ends a copy that is not sent.
    await expect(ask()).rejects.toMatchObject({ kind: 'budget_exceeded' });
    expect(held()).toEqual([100, 1_000_000]);
  });

  it('are asked for at the same time where somebody else counts them', async () => {
    const { answer, ask, asked, held } = setUp('elsewhere');
    const asking = ask();
    expect(asked).toEqual([tokens.cap.id, dollars.cap.id]);
    answer();
    await asking;
    expect(held()).toEqual([100, 1_000_000]);
  });

  it.each([
    ['tokens', tokens, 1_000],
    ['money', dollars, 10_000_000],
  ])('are given back elsewhere where %s refuse', async (_name, claim, nanos) => {
    const { answer, ask, held, spend } = setUp('elsewhere');
    spend(claim, nanos);
    const asking = ask();
    answer();
    await expect(asking).rejects.toMatchObject({ kind: 'budget_exceeded' });
    expect(held()).toEqual([0, 0]);
  });

  it('are asked for one after the other once tokens have refused', async () => {
    const { answer, ask, asked, spend } = setUp('elsewhere');
    spend(tokens, 1_000);
    for (let count = 0; count < 2; count++) {
      const asking = ask();
      answer();
      await expect(asking).rejects.toThrow('token budget');
    }
    expect(asked).toEqual([tokens.cap.id, dollars.cap.id, tokens.cap.id]);
  });

  it('were asked for one after the other once tokens had no room for a second attempt', async () => {
    const { answer, ask, asked, budgets, spend } = setUp('elsewhere');
    spend(tokens, 850);
    const [exchange] = await Promise.all([ask(), answer()]);
    const second = budgets.reserveSecond(exchange);
    answer();
    await expect(second).rejects.toThrow('token budget');
    expect(budgets.isPassing(exchange)).toBe(true);
    asked.length = 0;
    const next = ask();
    expect(asked).toEqual([tokens.cap.id, dollars.cap.id]);
    answer();
    await expect(next).rejects.toThrow('token budget');
  });
});
