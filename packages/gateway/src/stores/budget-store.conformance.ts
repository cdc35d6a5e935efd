import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Budget, BudgetStore } from './budget-store.ts';
import type { NewItem } from './collection.ts';
import { createManualClock, type ManualClock } from './manual-clock.fixture.ts';

/** Two empty stores over the same record, as two replicas have them. */
export interface BudgetStoreUnderTest {
  readonly budgets: BudgetStore;
  readonly second: BudgetStore;
  readonly clear: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const budget = (name: string, changes: Partial<NewItem<Budget>> = {}): NewItem<Budget> => ({
  name,
  scope: 'key',
  scopeId: name,
  model: '',
  period: 'day',
  capNanos: 5_000_000_000n,
  thresholds: [50, 80, 100],
  isHard: true,
  isActive: true,
  ...changes,
});

/** What every budget store must do. */
export function testBudgetStore(name: string, create: (clock: ManualClock) => Promise<BudgetStoreUnderTest>): void {
  describe(name, () => {
    const clock = createManualClock();
    let underTest: BudgetStoreUnderTest;
    let budgets: BudgetStore;
    beforeAll(async () => {
      underTest = await create(clock);
      budgets = underTest.budgets;
    });
    afterAll(() => underTest.close());
    beforeEach(() => underTest.clear());

    test('keeps a budget, however large', async () => {
      const given = budget('a', { capNanos: 2n ** 63n - 1n, thresholds: [], isHard: false });
      const made = await budgets.create(given);
      expect(made).toEqual({ ...given, id: made.id, createdAt: clock.wallNow(), updatedAt: clock.wallNow() });
      expect(await budgets.get(made.id)).toEqual(made);
      clock.advance(1);
      const changed = await budgets.update(made.id, { capNanos: 1n, isActive: false });
      expect(changed).toEqual({ ...made, capNanos: 1n, isActive: false, updatedAt: clock.wallNow() });
      expect(await budgets.list({ where: { scope: 'key', scopeId: 'a' } })).toEqual([changed]);
      expect(await budgets.list({ where: { scope: 'team' } })).toEqual([]);
    });

    test('has one budget for a scope, model and period', async () => {
      await budgets.create(budget('a'));
      await expect(budgets.create(budget('b', { scopeId: 'a' }))).rejects.toMatchObject({ code: 'already_exists' });
      await budgets.create(budget('b', { scopeId: 'a', period: 'month' }));
      await budgets.create(budget('c', { scopeId: 'a', model: 'm' }));
      await budgets.create(budget('d', { scope: 'team', scopeId: 'a' }));
      expect(await budgets.list()).toHaveLength(4);
    });

    test('adds up what is spent in each period', async () => {
      const { id } = await budgets.create(budget('a'));
      const other = await budgets.create(budget('b'));
      const span = { budgetId: id, periodStart: 1_000 };
      const next = { budgetId: id, periodStart: 2_000 };
      expect(await budgets.spends([span])).toEqual([]);
      expect(await budgets.addSpend([{ ...span, nanos: 5n }])).toEqual([
        { ...span, spentNanos: 5n, alertedPercent: 0 },
      ]);
      await budgets.addSpend([
        { ...span, nanos: 2n ** 60n },
        { ...next, nanos: 3n },
        { ...span, nanos: 1n },
        { budgetId: other.id, periodStart: 0, nanos: 9n },
        { budgetId: 'gone', periodStart: 0, nanos: 9n },
      ]);
      const spent = async () => {
        const spends = await budgets.spends([span, next, { budgetId: 'gone', periodStart: 0 }]);
        return spends.map(({ spentNanos }) => spentNanos).sort((a, b) => (a < b ? -1 : 1));
      };
      expect(await spent()).toEqual([3n, 2n ** 60n + 6n]);
      expect(await budgets.addSpend([])).toEqual([]);
      await budgets.delete(id);
      expect(await spent()).toEqual([]);
    });

    test('loses nothing of what two replicas add at once', async () => {
      const made: Budget[] = [];
      for (const name of ['a', 'b', 'c']) made.push(await budgets.create(budget(name)));
      const indices = fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 6 });
      const writes = fc.array(indices, { minLength: 2, maxLength: 12 });
      let total = 0n;
      await fc.assert(
        fc.asyncProperty(writes, async (list) => {
          await Promise.all(
            list.map((parts, index) =>
              (index % 2 === 0 ? budgets : underTest.second).addSpend(
                parts.map((part) => ({ budgetId: made[part]!.id, periodStart: 0, nanos: 1n })),
              ),
            ),
          );
          total += BigInt(list.flat().length);
          const spends = await budgets.spends(made.map(({ id }) => ({ budgetId: id, periodStart: 0 })));
          expect(spends.reduce((sum, { spentNanos }) => sum + spentNanos, 0n)).toBe(total);
        }),
        { numRuns: 8 },
      );
    });

    test('adds to more periods than one statement takes', async () => {
      const { id } = await budgets.create(budget('a'));
      const amounts = Array.from({ length: 1_500 }, (_, index) => ({ budgetId: id, periodStart: index, nanos: 1n }));
      expect(await budgets.addSpend(amounts)).toHaveLength(1_500);
      expect(await budgets.spends(amounts)).toHaveLength(1_500);
    });

    test('lets one of many tell of a threshold', async () => {
      const { id } = await budgets.create(budget('a'));
      const span = { budgetId: id, periodStart: 0 };
      expect(await budgets.markAlerted(span, 50)).toBe(false);
      await budgets.addSpend([{ ...span, nanos: 1n }]);
      const stores = [budgets, underTest.second, budgets, underTest.second];
      const first = await Promise.all(stores.map((store) => store.markAlerted(span, 50)));
      expect(first.filter(Boolean)).toHaveLength(1);
      expect(await budgets.markAlerted(span, 80)).toBe(true);
      expect(await budgets.markAlerted(span, 50)).toBe(false);
      expect(await budgets.spends([span])).toMatchObject([{ alertedPercent: 80 }]);
      // More spending does not make it forget.
      expect(await budgets.addSpend([{ ...span, nanos: 1n }])).toMatchObject([{ alertedPercent: 80 }]);
    });

    test('forgets old periods, and never the one without an end', async () => {
      const { id } = await budgets.create(budget('a'));
      const spans = [0, 100, 200].map((periodStart) => ({ budgetId: id, periodStart }));
      await budgets.addSpend(spans.map((span) => ({ ...span, nanos: 1n })));
      expect(await budgets.forgetSpends(200)).toBe(1);
      expect((await budgets.spends(spans)).map(({ periodStart }) => periodStart).sort()).toEqual([0, 200]);
    });
  });
}
