import type { Budget, BudgetPeriod, BudgetScope, BudgetSpan, BudgetStore } from '../budget-store.ts';
import { checkOwner } from './budget-owners.ts';
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

  return {
    create: (budget) => budgets.insert(budget, {}, (transaction) => checkOwner(transaction, budget)),
    get: (id) => budgets.get(id),
    list: (query) => budgets.list(query),
    update: (id, changes) => budgets.update(id, changes),
    delete: (id) => budgets.delete(id),
    markAlerted: (span, percent) => asStore(() => markAlerted(context, span, percent)),
  };
}

async function markAlerted(
  { database, clock }: StoreContext,
  { budgetId, periodStart }: BudgetSpan,
  percent: number,
): Promise<number | undefined> {
  // What was read may be another's by the time of the change. It ends, because the percentage only rises.
  for (;;) {
    const [known] = await database.all<{ readonly alerted_percent: number }>(
      'SELECT alerted_percent FROM budget_alerts WHERE budget_id = ? AND period_start = ?',
      [budgetId, periodStart],
    );
    if (known === undefined) {
      const sql = `INSERT INTO budget_alerts (budget_id, period_start, alerted_percent, updated_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (budget_id, period_start) DO NOTHING`;
      if ((await database.run(sql, [budgetId, periodStart, percent, clock.wallNow()])) === 0) continue;
      await database.run('DELETE FROM budget_alerts WHERE budget_id = ? AND period_start < ?', [budgetId, periodStart]);
      return 0;
    }
    if (known.alerted_percent >= percent) return undefined;
    const sql = `UPDATE budget_alerts SET alerted_percent = ?, updated_at = ?
      WHERE budget_id = ? AND period_start = ? AND alerted_percent = ?`;
    const values = [percent, clock.wallNow(), budgetId, periodStart, known.alerted_percent];
    if ((await database.run(sql, values)) > 0) return known.alerted_percent;
  }
}
