import type { Budget, BudgetPeriod, BudgetScope, BudgetSpan, BudgetSpend, BudgetStore } from '../budget-store.ts';
import { SqlCollection, type StoreContext } from './collection.ts';
import { bigintColumn, flagColumn, jsonColumn, numberColumn, textColumn } from './columns.ts';
import { asBigInt, type SqlRunner } from './database.ts';
import { asStore } from './store-error.ts';

/** Periods that one statement asks for or adds to. */
const MAX_SPANS = 200;

interface SpendRow {
  readonly budget_id: string;
  readonly period_start: number;
  readonly spent_nanos: number | bigint;
  readonly alerted_percent: number;
}

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
    spends: (spans) => asStore(() => spendsOf(database, spans)),
    addSpend(amounts) {
      const now = clock.wallNow();
      return asStore(() =>
        database.transaction(async (transaction) => {
          const known = await existing(transaction, amounts);
          const sums = summed(amounts.filter(({ budgetId }) => known.has(budgetId)));
          for (const part of chunks(sums)) await add(transaction, part, now);
          return spendsOf(transaction, sums);
        }),
      );
    },
    async markAlerted({ budgetId, periodStart }, percent) {
      const sql = `UPDATE budget_spend SET alerted_percent = ?
        WHERE budget_id = ? AND period_start = ? AND alerted_percent < ?`;
      return (await asStore(() => database.run(sql, [percent, budgetId, periodStart, percent]))) > 0;
    },
    forgetSpends(ms) {
      return asStore(() => database.run('DELETE FROM budget_spend WHERE period_start > 0 AND period_start < ?', [ms]));
    },
  };
}

type Amount = BudgetSpan & { readonly nanos: bigint };

/** One amount for each period, in an order that is always the same: two writers never wait for each other crosswise. */
function summed(amounts: readonly Amount[]): readonly Amount[] {
  const sums = new Map<string, Amount>();
  for (const amount of amounts) {
    const key = `${amount.budgetId} ${amount.periodStart}`;
    const nanos = (sums.get(key)?.nanos ?? 0n) + amount.nanos;
    sums.set(key, { ...amount, nanos });
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, amount]) => amount);
}

async function existing(runner: SqlRunner, spans: readonly BudgetSpan[]): Promise<ReadonlySet<string>> {
  const ids = [...new Set(spans.map(({ budgetId }) => budgetId))];
  const found = new Set<string>();
  for (const part of chunks(ids)) {
    const sql = `SELECT id FROM budgets WHERE id IN (${part.map(() => '?').join(', ')})`;
    for (const { id } of await runner.all<{ readonly id: string }>(sql, part)) found.add(id);
  }
  return found;
}

async function add(transaction: SqlRunner, amounts: readonly Amount[], now: number): Promise<void> {
  const sql = `INSERT INTO budget_spend (budget_id, period_start, spent_nanos, updated_at)
    VALUES ${amounts.map(() => '(?, ?, ?, ?)').join(', ')}
    ON CONFLICT (budget_id, period_start) DO UPDATE
    SET spent_nanos = budget_spend.spent_nanos + excluded.spent_nanos, updated_at = excluded.updated_at`;
  await transaction.run(
    sql,
    amounts.flatMap(({ budgetId, periodStart, nanos }) => [budgetId, periodStart, nanos, now]),
  );
}

async function spendsOf(runner: SqlRunner, spans: readonly BudgetSpan[]): Promise<readonly BudgetSpend[]> {
  const found: BudgetSpend[] = [];
  for (const part of chunks(spans)) {
    const sql = `SELECT budget_id, period_start, spent_nanos, alerted_percent FROM budget_spend
      WHERE ${part.map(() => '(budget_id = ? AND period_start = ?)').join(' OR ')}`;
    const parameters = part.flatMap(({ budgetId, periodStart }) => [budgetId, periodStart]);
    for (const row of await runner.all<SpendRow>(sql, parameters)) {
      found.push({
        budgetId: row.budget_id,
        periodStart: row.period_start,
        spentNanos: asBigInt(row.spent_nanos),
        alertedPercent: row.alerted_percent,
      });
    }
  }
  return found;
}

function chunks<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / MAX_SPANS) }, (_, index) =>
    items.slice(index * MAX_SPANS, (index + 1) * MAX_SPANS),
  );
}
