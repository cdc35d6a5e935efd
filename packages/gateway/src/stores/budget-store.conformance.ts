import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Budget, BudgetStore } from './budget-store.ts';
import type { NewItem } from './collection.ts';
import { createManualClock, type ManualClock } from './manual-clock.fixture.ts';
import type { TenantStore } from './tenant-store.ts';

/** Two empty stores over the same record, as two replicas have them, and those of whom budgets are. */
export interface BudgetStoreUnderTest {
  readonly budgets: BudgetStore;
  readonly second: BudgetStore;
  readonly owners: TenantStore;
  readonly clear: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const budget = (name: string, changes: Partial<NewItem<Budget>> = {}): NewItem<Budget> => ({
  name,
  scope: 'tenant',
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
    beforeEach(async () => {
      await underTest.clear();
      for (const id of ['a', 'b', 'c']) await makeTenant(id);
    });
    const makeTenant = (id: string) =>
      underTest.owners.tenants.create({ id, name: id, settings: {}, isActive: true, organisationId: null });

    test('keeps a budget, however large', async () => {
      const given = budget('a', { capNanos: 2n ** 63n - 1n, thresholds: [], isHard: false });
      const made = await budgets.create(given);
      expect(made).toEqual({ ...given, id: made.id, createdAt: clock.wallNow(), updatedAt: clock.wallNow() });
      expect(await budgets.get(made.id)).toEqual(made);
      clock.advance(1);
      const changed = await budgets.update(made.id, { capNanos: 1n, isActive: false });
      expect(changed).toEqual({ ...made, capNanos: 1n, isActive: false, updatedAt: clock.wallNow() });
      expect(await budgets.list({ where: { scope: 'tenant', scopeId: 'a' } })).toEqual([changed]);
      expect(await budgets.list({ where: { scope: 'team' } })).toEqual([]);
    });

    test('has one budget for a scope, model and period', async () => {
      await budgets.create(budget('a'));
      await expect(budgets.create(budget('b', { scopeId: 'a' }))).rejects.toMatchObject({ code: 'already_exists' });
      await budgets.create(budget('b', { scopeId: 'a', period: 'month' }));
      await budgets.create(budget('c', { scopeId: 'a', model: 'm' }));
      await budgets.create(budget('d', { scope: 'global', scopeId: '' }));
      expect(await budgets.list()).toHaveLength(4);
    });

    test('has none of somebody who does not exist', async () => {
      for (const scope of ['organisation', 'team', 'tenant', 'key'] as const) {
        const lost = budgets.create(budget('lost', { scope }));
        await expect(lost).rejects.toMatchObject({ kind: 'invalid_request', param: 'scope_id' });
      }
      expect(await budgets.list()).toEqual([]);
    });

    test('keeps those of organisations and teams from being deleted as well', async () => {
      const { organisations, teams } = underTest.owners;
      const named = { name: 'n', settings: {}, isActive: true };
      const organisation = await organisations.create(named);
      const team = await teams.create({ ...named, organisationId: organisation.id });
      const ofTeam = await budgets.create(budget('t', { scope: 'team', scopeId: team.id }));
      const inUse = { status: 409, code: 'in_use' };
      await expect(teams.delete(team.id)).rejects.toMatchObject(inUse);
      await budgets.delete(ofTeam.id);
      expect(await teams.delete(team.id)).toBe(true);
      const ofOrganisation = await budgets.create(budget('o', { scope: 'organisation', scopeId: organisation.id }));
      await expect(organisations.delete(organisation.id)).rejects.toMatchObject(inUse);
      await budgets.delete(ofOrganisation.id);
      expect(await organisations.delete(organisation.id)).toBe(true);
    });

    // Whether an owner has budgets was asked before its deletion began.
    test('has none of an owner that is deleted at the same moment', async () => {
      for (let round = 0; round < 20; round++) {
        const id = `tenant-${round}`;
        await makeTenant(id);
        const [made, deleted] = await Promise.allSettled([
          underTest.second.create(budget(id)),
          underTest.owners.tenants.delete(id),
        ]);
        expect([made.status, deleted.status].toSorted()).toEqual(['fulfilled', 'rejected']);
        const isThere = (await underTest.owners.tenants.get(id)) !== undefined;
        expect(await budgets.list({ where: { scopeId: id } })).toHaveLength(isThere ? 1 : 0);
      }
    });

    test('lets one of many tell of a threshold', async () => {
      const { id } = await budgets.create(budget('a'));
      const span = { budgetId: id, periodStart: 1_000 };
      const stores = [budgets, underTest.second, budgets, underTest.second];
      const first = await Promise.all(stores.map((store) => store.markAlerted(span, 50)));
      expect(first.filter((before) => before === 0)).toHaveLength(1);
      expect(first.filter((before) => before === undefined)).toHaveLength(3);
      expect(await budgets.markAlerted(span, 80)).toBe(50);
      expect(await underTest.second.markAlerted(span, 50)).toBeUndefined();
      expect(await underTest.second.markAlerted({ ...span, periodStart: 2_000 }, 50)).toBe(0);
      const other = await budgets.create(budget('b'));
      expect(await budgets.markAlerted({ ...span, budgetId: other.id }, 50)).toBe(0);
      // Of several at once each share is for one of them to tell, whichever comes first.
      const third = await budgets.create(budget('c'));
      const ownSpan = { ...span, budgetId: third.id };
      const percents = [50, 80, 100, 50, 80, 100];
      const before = await Promise.all(
        percents.map((percent, index) => stores[index % stores.length]!.markAlerted(ownSpan, percent)),
      );
      const told = percents.flatMap((percent, index) =>
        [50, 80, 100].filter((share) => share <= percent && share > (before[index] ?? Number.POSITIVE_INFINITY)),
      );
      expect(told.toSorted((a, b) => a - b)).toEqual([50, 80, 100]);
    });

    test('cannot say who is to tell of a budget that is gone', async () => {
      await expect(budgets.markAlerted({ budgetId: 'gone', periodStart: 0 }, 50)).rejects.toThrow();
    });
  });
}
