import { describe, expect, it } from 'vitest';
import type { Principal } from '../canonical/exchange.ts';
import type { Budget } from '../stores/budget-store.ts';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import { createMemorySpendStore } from '../stores/memory/spend-store.ts';
import type { SpendStore } from '../stores/spend-store.ts';
import { type BudgetCost, claimsOn, createBudgetPolicy } from './budget.ts';
import { createBudgetIndex } from './budget-index.ts';

const budgetOf = (differences: Partial<Budget> = {}): Budget => ({
  id: 'b1',
  name: 'Everything',
  scope: 'global',
  scopeId: '',
  model: '',
  period: 'day',
  capNanos: 1_000_000_000n,
  thresholds: [100, 80],
  isHard: true,
  isActive: true,
  createdAt: 0,
  updatedAt: 0,
  ...differences,
});

const principal: Principal = {
  kind: 'key',
  name: 'app',
  identity: 'k1',
  tenant: 'acme',
  keyId: 'k1',
  team: 't1',
  organisation: 'o1',
};

function setUp(budgets: readonly Budget[], unknownPrice: 'deny' | 'allow' = 'deny', isLate = false) {
  const clock = createManualClock();
  const memory = createMemorySpendStore({ clock, onCrossing: () => undefined });
  const store: SpendStore = isLate ? { ...memory, reserve: async (...asked) => memory.reserve(...asked) } : memory;
  const heard: string[] = [];
  const claims = claimsOn(createBudgetIndex(budgets, 'open')(principal), new Set(['m']));
  const policy = createBudgetPolicy({
    store,
    unknownPrice,
    onRefused: ({ id }) => heard.push(`${id} refused`),
    onUnknownCost: () => heard.push('unknown'),
  });
  return {
    // A function that is async, so that what is thrown at once and what is thrown later are the same here.
    reserve: async (estimate: BudgetCost) => policy.reserve({ claims, model: 'm', estimate }),
    spent: () => memory.read(claims).map(({ reservedNanos, spentNanos }) => [spentNanos, reservedNanos]),
    heard,
  };
}

const cost = (knownNanos: number): BudgetCost => ({ knownNanos, unknownCost: undefined });
const unknownCost = (knownNanos = 0): BudgetCost => ({ knownNanos, unknownCost: 'no_price' });

describe.each([false, true])('a budget whose store answers late: %s', (isLate) => {
  it('lets pass what there is room for, and counts what it cost', async () => {
    const { heard, reserve, spent } = setUp([budgetOf()], 'deny', isLate);
    const hold = await reserve(cost(900_000_000));
    await expect(reserve(cost(200_000_000))).rejects.toMatchObject({
      kind: 'budget_exceeded',
      status: 429,
      code: 'budget_exceeded',
      message: expect.stringMatching(
        /^The daily budget b1 of \$1 has \$0\.1 left, and this request may cost \$0\.2\. There is more in \d+ seconds\.$/,
      ),
      headers: { 'X-Budget-Id': 'b1', 'X-Budget-Limit': '1', 'X-Budget-Remaining': '0.1' },
    });
    hold.settle(cost(40_000_000));
    hold.settle(cost(40_000_000));
    expect(spent()).toEqual([[40_000_000, 0]]);
    (await reserve(cost(960_000_000))).settle(cost(960_000_000));
    await expect(reserve(cost(1))).rejects.toMatchObject({
      message: expect.stringContaining('is spent. There is more in'),
    });
    expect(heard).toEqual(['b1 refused', 'b1 refused']);
  });
});

describe('a budget', () => {
  it('of all time says that it does not begin anew', async () => {
    const { reserve } = setUp([budgetOf({ period: 'total', capNanos: 0n })]);
    await expect(reserve(cost(1))).rejects.toThrow('does not begin anew');
  });

  it('told who may cost more than all of it to come again', async () => {
    const { reserve } = setUp([budgetOf()]);
    await expect(reserve(cost(1_000_000_001))).rejects.toMatchObject({
      message: expect.stringContaining('It never has room for that.'),
      retryAfterMs: undefined,
    });
    (await reserve(cost(1_000_000_000))).settle(cost(1_000_000_000));
    await expect(reserve(cost(1))).rejects.toMatchObject({ retryAfterMs: expect.any(Number) });
    await expect(reserve(cost(1_000_000_001))).rejects.toMatchObject({ retryAfterMs: undefined });
  });

  it('refuses prices that nobody knows, if it is to', async () => {
    const { reserve } = setUp([budgetOf()]);
    await expect(reserve(unknownCost())).rejects.toMatchObject({ kind: 'price_unknown', status: 403 });
    const soft = setUp([budgetOf({ isHard: false })]);
    (await soft.reserve(unknownCost())).settle(cost(7));
    expect(soft.spent()).toEqual([[7, 0]]);
  });

  it('lets them pass and says so, while anything is left', async () => {
    const { heard, reserve, spent } = setUp([budgetOf()], 'allow');
    (await reserve(unknownCost())).settle(unknownCost());
    expect([heard, spent()]).toEqual([['unknown'], [[0, 0]]]);
    (await reserve(cost(1_000_000_000))).settle(cost(1_000_000_000));
    await expect(reserve(unknownCost())).rejects.toThrow('is spent');
  });

  it('counts the estimate of what nobody knows the cost of, or what is known where that is more', async () => {
    const { heard, reserve, spent } = setUp([budgetOf()]);
    (await reserve(cost(70))).settle(unknownCost(5));
    (await reserve(cost(70))).settle(unknownCost(90));
    (await reserve(cost(500))).settle(cost(0));
    expect([heard, spent()]).toEqual([['unknown', 'unknown'], [[160, 0]]]);
  });
});

describe('the budgets that hold', () => {
  const named = (id: string, differences: Partial<Budget>) => budgetOf({ id, ...differences });
  const budgetsOf = createBudgetIndex(
    [
      named('global', {}),
      named('organisation', { scope: 'organisation', scopeId: 'o1' }),
      named('team', { scope: 'team', scopeId: 't1', period: 'month' }),
      named('tenant', { scope: 'tenant', scopeId: 'acme', period: 'total' }),
      named('key', { scope: 'key', scopeId: 'k1', capNanos: 10n ** 30n }),
      named('key-model', { scope: 'key', scopeId: 'k1', model: 'm' }),
      named('other', { scope: 'key', scopeId: 'k2' }),
      named('off', { scope: 'team', scopeId: 't1', isActive: false }),
    ],
    'closed',
  );
  const ids = (asked: Principal, ...names: string[]) =>
    claimsOn(budgetsOf(asked), new Set(names)).map(({ cap }) => cap.id);

  it('are those of everybody and of all whom the key belongs to', () => {
    expect(ids(principal, 'm')).toEqual(['global', 'organisation', 'team', 'tenant', 'key', 'key-model']);
    expect(ids(principal, 'other')).toEqual(['global', 'organisation', 'team', 'tenant', 'key']);
  });

  it('are not those of a tenant that the caller only names', () => {
    const stranger: Principal = { kind: 'anonymous', name: 'n', identity: 'i', tenant: 'acme' };
    expect(ids(stranger, 'm')).toEqual(['global']);
  });

  it('are those of both organisations of a key that has two from before', () => {
    expect(ids({ ...principal, organisation: 'o0', otherOrganisation: 'o1' }, 'm')).toContain('organisation');
  });

  it('become caps: windows, exact numbers, thresholds in order', () => {
    const claims = claimsOn(budgetsOf(principal), new Set(['m']));
    expect(claims[2]?.cap).toEqual({
      id: 'team',
      window: { kind: 'calendar', period: 'month' },
      capNanos: 1_000_000_000,
      isHard: true,
      thresholds: [80, 100],
      whenStoreIsAway: 'closed',
    });
    expect(claims[3]?.cap.window).toEqual({ kind: 'total' });
    expect(claims[4]?.cap.capNanos).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('are the same object from request to request where no model has its own', () => {
    const general = createBudgetIndex([budgetOf()], 'open');
    const own = general(principal);
    expect(claimsOn(own, new Set(['a']))).toBe(claimsOn(own, new Set(['b'])));
  });
});
