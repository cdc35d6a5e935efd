import type { BudgetScope } from '../budget-store.ts';
import type { Database } from './database.ts';
import { defaultRetention, floorsOf } from './ledger-retention.ts';
import { rollupWidths } from './ledger-rollups.ts';
import { readAllSums, type SumGroup } from './ledger-sums.ts';
import { divideWindow } from './ledger-window.ts';

export interface SpentAsk {
  /** Whose spending is told apart. */
  readonly scope: BudgetScope;
  /** Only what was asked for by these names, and what was asked for by none of these models of providers; empty: all. */
  readonly names: readonly string[];
  readonly models: readonly string[];
  /** From when on, in milliseconds since 1970: the beginning of an hour. */
  readonly from: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Sums that are read at once. */
  readonly rowsAtOnce: number;
}

/** What somebody spent. */
export interface SpentSum {
  /** Id of whom the scope names; empty for all together. */
  readonly owner: string;
  /** As callers asked for it, or as providers have it where callers named none; empty: on all models. */
  readonly model: string;
  readonly isNamed: boolean;
  readonly nanos: number;
}

const [, hour, day] = rollupWidths;

const columns: Readonly<Record<BudgetScope, SumGroup | undefined>> = {
  global: undefined,
  organisation: 'organisation_id',
  team: 'team_id',
  tenant: 'tenant_id',
  key: 'key_id',
};

/**
 * What the ledger knows to be spent: from its sums; of single models, whose sums are by the names that providers have for
 * them, from its rows, which are not kept as long.
 */
export function readSpent(database: Database, ask: SpentAsk): AsyncGenerator<SpentSum> {
  return ask.models.length === 0 ? fromSums(database, ask) : fromRows(database, ask);
}

async function* fromSums(database: Database, ask: SpentAsk): AsyncGenerator<SpentSum> {
  const { from, now, rowsAtOnce: limit, scope } = ask;
  const column = columns[scope];
  const groups = column === undefined ? [] : [column];
  const widths = { narrowest: hour, widest: day };
  const { parts } = divideWindow({ from, to: undefined }, floorsOf(defaultRetention, now), widths);
  const rows = readAllSums(database, { columns: ['cost_nanos'], parts, groups, filter: {}, limit });
  for await (const row of rows) {
    yield {
      owner: column === undefined ? '' : (row[column] ?? ''),
      model: '',
      isNamed: false,
      nanos: Number(row.cost_nanos ?? 0),
    };
  }
}

interface Row {
  readonly owner: string;
  readonly model: string;
  readonly is_named: number;
  readonly cost_nanos: number | bigint | null;
}

async function* fromRows(database: Database, ask: SpentAsk): AsyncGenerator<SpentSum> {
  const { from, models, names, rowsAtOnce, scope } = ask;
  const column = columns[scope];
  const listed = (all: readonly string[]) => all.map(() => '?').join(', ');
  // Each kind that asked for one of the models has its rows in the order of their times. SQLite looks for them by kind
  // because of the order of a CROSS JOIN.
  const half = (model: string, isNamed: 0 | 1, which: string) => `
    SELECT ${column === undefined ? `''` : `kind.${column}`} AS owner, kind.${model} AS model, ${isNamed} AS is_named,
        entry.cost_nanos
      FROM usage_kinds AS kind CROSS JOIN usage_rows AS entry
      WHERE entry.kind_id = kind.id AND entry.ended_at >= ? AND ${which}`;
  const sql = `SELECT owner, model, is_named, SUM(cost_nanos) AS cost_nanos FROM (
      ${half('requested_model', 1, `kind.requested_model IN (${listed(names)})`)}
      UNION ALL
      ${half('target_model', 0, `kind.requested_model IS NULL AND kind.target_model IN (${listed(models)})`)}
    ) AS spent WHERE (owner, model, is_named) > (?, ?, ?)
    GROUP BY owner, model, is_named ORDER BY owner, model, is_named LIMIT ${rowsAtOnce}`;
  let behind: Omit<Row, 'cost_nanos'> | undefined = { owner: '', model: '', is_named: 0 };
  while (behind !== undefined) {
    const { is_named: named, model: last, owner: lastOwner }: Omit<Row, 'cost_nanos'> = behind;
    const parameters = [from, ...names, from, ...models, lastOwner, last, named];
    const rows: readonly Row[] = await database.report<Row>(sql, parameters);
    for (const { owner, model, is_named: isNamed, cost_nanos: cost } of rows) {
      yield { owner, model, isNamed: isNamed === 1, nanos: Number(cost ?? 0) };
    }
    behind = rows.length < rowsAtOnce ? undefined : rows.at(-1);
  }
}
