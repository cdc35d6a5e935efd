import type { Database, SqlCell, SqlValue } from './database.ts';
import type { rollupSums } from './ledger-rollup.ts';
import { tokenColumns } from './ledger-totals.ts';
import type { WindowPart } from './ledger-window.ts';

/** What rows of a report may be told apart by, besides the time. */
export type SumGroup = 'provider' | 'model' | 'tenant_id' | 'team_id' | 'organisation_id' | 'key_id';

/** Which rows a report is about; absent ones are all. */
export interface SumFilter {
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly tenant?: string | undefined;
  readonly team?: string | undefined;
  readonly organisation?: string | undefined;
  readonly key?: string | undefined;
  readonly outcome?: string | undefined;
}

export interface SumAsk {
  /** What is summed up. */
  readonly columns: readonly SumColumn[];
  readonly parts: readonly WindowPart[];
  readonly groups: readonly SumGroup[];
  /** Milliseconds of the steps of a time series; undefined for the whole window at once. */
  readonly step?: number;
  readonly filter: SumFilter;
  /** Rows at most: the most expensive ones, or the first ones of a time series. */
  readonly limit: number;
  /** The row behind which they are read, in the order of their times and groups. Absent: as `limit` says. */
  readonly behind?: SumRow | 'nothing';
}

export type SumColumn = (typeof rollupSums)[number] | keyof typeof extremes;

/** Columns that are no sums. */
const extremes = { duration_min_us: 'MIN', duration_max_us: 'MAX' } as const;

/** One row of sums, its groups and its time among them; only the columns that were asked for are there. */
export type SumRow = Readonly<Partial<Record<SumColumn, number | bigint | null>>> &
  Readonly<Partial<Record<SumGroup, string>>> & {
    /** Beginning of the step. */
    readonly step_at?: number;
  };

/** Whether only the sums by key tell these apart. Windows must be divided for those then. */
export function needsKeySums(groups: readonly SumGroup[], filter: SumFilter): boolean {
  const { key, team, organisation } = filter;
  return [key, team, organisation].some((one) => one !== undefined) || groups.some((group) => keyGroups.has(group));
}

const keyGroups: ReadonlySet<SumGroup> = new Set(['key_id', 'team_id', 'organisation_id']);

/** Sums over the parts of a window: from the tables of sums where they fit, from rows at the edges. */
export async function readSums(database: Database, ask: SumAsk): Promise<readonly SumRow[]> {
  const { sql, parameters } = sumStatement(ask);
  return database.report<SumRow & Record<string, SqlCell>>(sql, parameters);
}

/** The same, however many rows there are: so many at once. */
export async function* readAllSums(database: Database, ask: Omit<SumAsk, 'behind'>): AsyncGenerator<SumRow> {
  let behind: SumAsk['behind'] = 'nothing';
  while (behind !== undefined) {
    const rows: readonly SumRow[] = await readSums(database, { ...ask, behind });
    yield* rows;
    behind = rows.length < ask.limit ? undefined : rows.at(-1);
  }
}

/** Exported for its plan to be looked at. */
export function sumStatement({ behind, columns, parts, groups, step, filter, limit }: SumAsk): {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
} {
  const parameters: SqlValue[] = [];
  const names = [...(step === undefined ? [] : ['step_at' as const]), ...groups];
  const selects = parts.flatMap((part) =>
    part.width === 1
      ? [rowSelect(part, false), rowSelect(part, true)].map((select) => write(select))
      : [write(rollupSelect(part, needsKeySums(groups, filter)))],
  );
  const grouping = names.length === 0 ? '' : `GROUP BY ${names.join(', ')}`;
  const dearest = step === undefined ? `SUM(${columns[0]}) DESC` : 'step_at';
  const order = behind === undefined ? dearest : names.join(', ');
  const sql = `SELECT ${[...names, ...columns.map(merged)].join(', ')} FROM (${selects.join(' UNION ALL ')}) AS parts
    ${rest()} ${grouping} ${names.length === 0 ? '' : `ORDER BY ${order} LIMIT ${Math.trunc(limit)}`}`;
  return { sql, parameters };

  function rest(): string {
    if (behind === undefined || behind === 'nothing' || names.length === 0) return '';
    parameters.push(...names.map((name) => behind[name]!));
    return `WHERE (${names.join(', ')}) > (${names.map(() => '?').join(', ')})`;
  }

  function write({ table, column, time, from, where }: Select): string {
    const keys: string[] = [];
    if (step !== undefined) {
      keys.push(`${time} - ${time} % ? AS step_at`);
      parameters.push(step);
    }
    for (const group of groups) keys.push(`${from[group]} AS ${group}`);
    const conditions: string[] = [];
    for (const [condition, ...values] of [...where, ...filters(from, filter)]) {
      conditions.push(condition);
      parameters.push(...values);
    }
    const groupBy = names.length === 0 ? '' : `GROUP BY ${keys.map((_, index) => index + 1).join(', ')}`;
    return `SELECT ${[...keys, ...columns.map(column)].join(', ')} FROM ${table} WHERE ${conditions.join(' AND ')} ${groupBy}`;
  }
}

type Condition = readonly [sql: string, ...values: SqlValue[]];

interface Select {
  readonly table: string;
  /** How a column is made of the table's. */
  readonly column: (name: SumColumn) => string;
  /** The column that says when. */
  readonly time: string;
  /** Where each group is found. */
  readonly from: Readonly<Record<SumGroup | 'outcome', string>>;
  readonly where: readonly Condition[];
}

/** How rows of sums are put together. */
function merged(name: SumColumn): string {
  const how = name in extremes ? extremes[name as keyof typeof extremes] : 'SUM';
  return `${how}(${name}) AS ${name}`;
}

const plainGroups = {
  provider: 'provider',
  model: 'model',
  tenant_id: 'tenant_id',
  team_id: 'team_id',
  organisation_id: 'organisation_id',
  key_id: 'key_id',
  outcome: 'outcome',
} as const;

function rollupSelect({ width, from, to }: WindowPart, isByKey: boolean): Select {
  return {
    table: isByKey ? 'usage_key_rollups' : 'usage_rollups',
    column: merged,
    time: 'bucket',
    from: plainGroups,
    where: [
      ['width = ?', width],
      ['bucket >= ?', from],
      ['bucket < ?', to],
    ],
  };
}

/** Rows at the edge of a window: the exchanges, then the attempts that are told apart from theirs. */
function rowSelect({ from, to }: WindowPart, ofAttempts: boolean): Select {
  const groups = Object.entries(plainGroups).map(([name]) => {
    const table = ofAttempts && (name === 'provider' || name === 'model') ? 'attempt' : 'exchange';
    return [name, `${table}.${name}`] as const;
  });
  const window: readonly Condition[] = [
    ['exchange.ended_at >= ?', from],
    ['exchange.ended_at < ?', to],
  ];
  return {
    table: ofAttempts
      ? `usage_records AS exchange JOIN attempt_records AS attempt
          ON attempt.spool_id = exchange.spool_id AND attempt.sequence = exchange.sequence`
      : 'usage_records AS exchange',
    column: (name) => `${(ofAttempts ? attemptSums : exchangeSums)[name]} AS ${name}`,
    time: 'exchange.ended_at',
    from: Object.fromEntries(groups) as unknown as Select['from'],
    where: ofAttempts ? [...window, ['exchange.has_attempt_records = 1']] : window,
  };
}

const isRequest = 'exchange.shadow_of IS NULL';
const saysAll = 'exchange.has_attempt_records = 0';
const when = (condition: string, value: string) => `SUM(CASE WHEN ${condition} THEN ${value} ELSE 0 END)`;

type SumTable = Readonly<Record<SumColumn, string>>;

const exchangeSums: SumTable = {
  requests: when(isRequest, '1'),
  shared_requests: when(isRequest, 'exchange.is_shared'),
  attempts: when(saysAll, 'exchange.attempts'),
  failed_attempts: '0',
  estimated_attempts: when(saysAll, 'exchange.is_estimated'),
  unpriced_attempts: when(`${saysAll} AND exchange.unknown_cost IS NOT NULL`, '1'),
  cost_nanos: when(saysAll, 'COALESCE(exchange.cost_nanos, 0)'),
  ...tokenSums((name) => when(saysAll, `exchange.${name}`)),
  duration_us: when(isRequest, 'exchange.duration_us'),
  duration_min_us: `MIN(CASE WHEN ${isRequest} THEN exchange.duration_us END)`,
  duration_max_us: `MAX(CASE WHEN ${isRequest} THEN exchange.duration_us END)`,
};

const attemptSums: SumTable = {
  requests: '0',
  shared_requests: '0',
  attempts: 'COUNT(*)',
  failed_attempts: when(`attempt.outcome <> 'ok'`, '1'),
  estimated_attempts: 'SUM(attempt.is_estimated)',
  unpriced_attempts: when('attempt.unknown_cost IS NOT NULL', '1'),
  cost_nanos: 'SUM(COALESCE(attempt.cost_nanos, 0))',
  ...tokenSums((name) => `SUM(attempt.${name})`),
  duration_us: '0',
  duration_min_us: 'CAST(NULL AS BIGINT)',
  duration_max_us: 'CAST(NULL AS BIGINT)',
};

type TokenColumn = (typeof tokenColumns)[number];

function tokenSums(write: (name: TokenColumn) => string): Readonly<Record<TokenColumn, string>> {
  return Object.fromEntries(tokenColumns.map((name) => [name, write(name)])) as Record<TokenColumn, string>;
}

/** The column of each filter, in rows and in their sums. */
export const filterGroups: Readonly<Record<keyof SumFilter, SumGroup | 'outcome'>> = {
  provider: 'provider',
  model: 'model',
  tenant: 'tenant_id',
  team: 'team_id',
  organisation: 'organisation_id',
  key: 'key_id',
  outcome: 'outcome',
};

function filters(from: Select['from'], filter: SumFilter): Condition[] {
  return Object.entries(filterGroups).flatMap(([name, group]): Condition[] => {
    const value = filter[name as keyof SumFilter];
    return value === undefined ? [] : [[`${from[group]} = ?`, value]];
  });
}
