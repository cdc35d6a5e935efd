import type { Budget, BudgetPeriod, BudgetScope, BudgetStore } from '../budget-store.ts';
import { SqlCollection, type StoreContext } from './collection.ts';
import { bigintColumn, flagColumn, jsonColumn, numberColumn, textColumn } from './columns.ts';
import { asStore } from './store-error.ts';

/** Budgets in a database. */
export function createSqlBudgetStore(context: StoreContext): BudgetStore {
  const budgets = new SqlCollection<Budget>(context, {
    table: 'budgets',
    topic: 'budgets',
    unique: 'There is a budget for the same scope, model and period already. Change that one.',
    missing: 'The budget refers to something that does not exist.',
    inUse: 'Something refers to this budget.',
    columns: {
      id: textColumn('id'),
      name: textColumn('name'),
      scope: textColumn<BudgetScope>('scope_kind'),
      scopeId: textColumn('scope_id'),
      model: textColumn('model'),
      period: textColumn<BudgetPeriod>('period'),
      capNanos: bigintColumn('cap_nanos'),
      thresholds: jsonColumn<readonly number[]>('thresholds'),
      isHard: flagColumn('is_hard'),
      isActive: flagColumn('is_active'),
      createdAt: numberColumn('created_at'),
      updatedAt: numberColumn('updated_at'),
    },
  });
  const { database, clock } = context;

  return {
    create: (budget) => budgets.create(budget),
    get: (id) => budgets.get(id),
    list: (query) => budgets.list(query),
    update: (id, changes) => budgets.update(id, changes),
    delete: (id) => budgets.delete(id),
    markAlerted({ budgetId, periodStart }, percent) {
      const sql = `INSERT INTO budget_alerts (budget_id, period_start, alerted_percent, updated_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (budget_id, period_start) DO UPDATE
        SET alerted_percent = excluded.alerted_percent, updated_at = excluded.updated_at
        WHERE budget_alerts.alerted_percent < excluded.alerted_percent`;
      const values = [budgetId, periodStart, percent, clock.wallNow()];
      return asStore(() =>
        database.transaction(async (transaction) => {
          if ((await transaction.run(sql, values)) === 0) return false;
          const earlier = 'DELETE FROM budget_alerts WHERE budget_id = ? AND period_start < ?';
          await transaction.run(earlier, [budgetId, periodStart]);
          return true;
        }),
      );
    },
  };
}
