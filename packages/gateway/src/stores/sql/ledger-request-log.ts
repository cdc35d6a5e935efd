import { GatewayError } from '../../canonical/gateway-error.ts';
import type { LedgerOutcome } from '../../ledger/ledger-row.ts';
import type { Database, SqlDialect, SqlValue } from './database.ts';
import { kindColumns } from './ledger-kinds.ts';
import { SqlError } from './sql-error.ts';

/** Rows that a list reaches: whoever looks for older ones says until when. */
export const REQUEST_LOG_REACH = 10_000;
/** Milliseconds for a page; filters that no index serves may have much to look through. */
const TIMEOUT_MS = 10_000;

/** Which exchanges are asked for; what is absent does not narrow. */
export interface RequestLogFilter {
  readonly keyId?: string | undefined;
  readonly tenantId?: string | undefined;
  /** The model as the caller named it. */
  readonly model?: string | undefined;
  /** Of the target that answered, or the last one asked. */
  readonly provider?: string | undefined;
  /** Statuses that the caller got, both ends included. */
  readonly status?: { readonly from: number; readonly to: number } | undefined;
  readonly outcome?: LedgerOutcome | undefined;
  /** When they ended, in milliseconds since 1970; `to` is exclusive. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface RequestLogAsk {
  readonly filter: RequestLogFilter;
  /** Rows left out before the page; with `limit` at most `REQUEST_LOG_REACH`. */
  readonly offset: number;
  readonly limit: number;
}

export interface RequestLogPage {
  /** The newest first. */
  readonly rows: readonly LoggedRequest[];
  /** All that there are, counted up to `REQUEST_LOG_REACH`. */
  readonly total: number;
  /** There are more than were counted. */
  readonly isMore: boolean;
}

/** One exchange as the database has it. Empty texts stand for nobody and nothing. */
export interface LoggedRequest {
  readonly spool_id: number;
  readonly sequence: number;
  readonly ended_at: number;
  readonly request_id: string;
  readonly key_id: string;
  readonly tenant_id: string;
  readonly team_id: string;
  readonly organisation_id: string;
  readonly principal: string;
  readonly operation: string;
  readonly is_stream: number;
  readonly requested_model: string | null;
  readonly model: string;
  readonly target_model: string | null;
  readonly response_model: string | null;
  readonly provider: string;
  readonly target_id: string;
  readonly outcome: LedgerOutcome;
  readonly status: number;
  readonly failure: string | null;
  readonly attempts: number;
  readonly duration_us: number;
  readonly first_byte_us: number | null;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cached_tokens: number;
  readonly cache_write_tokens: number;
  readonly reasoning_tokens: number;
  readonly is_estimated: number;
  readonly cost_nanos: number | bigint | null;
  readonly unknown_cost: string | null;
  readonly service_tier: string | null;
  readonly shadow_of: string | null;
  readonly is_shared: number;
}

const columns: readonly (keyof LoggedRequest)[] = [
  'spool_id',
  'sequence',
  'ended_at',
  'request_id',
  'key_id',
  'tenant_id',
  'team_id',
  'organisation_id',
  'principal',
  'operation',
  'is_stream',
  'requested_model',
  'model',
  'target_model',
  'response_model',
  'provider',
  'target_id',
  'outcome',
  'status',
  'failure',
  'attempts',
  'duration_us',
  'first_byte_us',
  'input_tokens',
  'output_tokens',
  'cached_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'is_estimated',
  'cost_nanos',
  'unknown_cost',
  'service_tier',
  'shadow_of',
  'is_shared',
];

/**
 * One page of the exchanges that ended, the newest first. However many there are, no more than `REQUEST_LOG_REACH` are
 * counted. Throws GatewayError `store_unavailable` where it takes too long, otherwise what the database throws.
 */
export async function readRequestLog(database: Database, ask: RequestLogAsk): Promise<RequestLogPage> {
  const { count, page } = requestLogStatements(ask, database.dialect);
  const limits = { timeoutMs: TIMEOUT_MS };
  const counting = database.report<{ readonly count: number }>(count.sql, count.parameters, limits);
  const reading = database.report<LoggedRequest>(page.sql, page.parameters, limits);
  try {
    const [[counted], rows] = await Promise.all([counting, reading]);
    const found = counted?.count ?? 0;
    return { rows, total: Math.min(found, REQUEST_LOG_REACH), isMore: found > REQUEST_LOG_REACH };
  } catch (error) {
    if (!(error instanceof SqlError) || error.kind !== 'timeout') throw error;
    const message = 'There is too much to look through for these filters. Narrow the time with `from` and `to`.';
    throw new GatewayError('store_unavailable', message, { cause: error });
  }
}

interface Statement {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

/** Exported for their plans to be looked at. */
export function requestLogStatements(
  { filter, limit, offset }: RequestLogAsk,
  dialect: SqlDialect,
): Readonly<Record<'count' | 'page', Statement>> {
  const kinds = kindsOf(filter);
  const window = windowOf(filter);
  const reach = offset + limit;
  const counted = rowsOf(dialect, { kinds, window, order: '', count: REQUEST_LOG_REACH + 1 });
  const ofPage = kinds.isEmpty ? window : windowOfPage(filter, { kinds, window, count: reach });
  const onPage = rowsOf(dialect, { kinds, window: ofPage, order: newestFirst, count: reach });
  return {
    count: {
      sql: `SELECT COUNT(*) AS count FROM (SELECT 1 AS one ${counted.sql} LIMIT ${REQUEST_LOG_REACH + 1}) AS counted`,
      parameters: counted.parameters,
    },
    // Only the rows of the page are joined with what is known of their kinds, by a CROSS JOIN in this order.
    page: {
      sql: `SELECT ${told} FROM (
          SELECT entry.* ${onPage.sql} ${newestFirst} LIMIT ? OFFSET ?
        ) AS page CROSS JOIN usage_kinds AS kind WHERE kind.id = page.kind_id ${newestFirst}`,
      parameters: [...onPage.parameters, limit, offset],
    },
  };
}

const newestFirst = 'ORDER BY ended_at DESC, spool_id DESC, sequence DESC';
const ofKinds: ReadonlySet<string> = new Set(kindColumns);
const told = columns.map((name) => `${ofKinds.has(name) ? 'kind' : 'page'}.${name}`).join(', ');

/** A part of a statement whose conditions all hold. */
class Conditions {
  readonly parameters: SqlValue[] = [];
  readonly #all: string[] = [];

  add(condition: string, ...values: readonly SqlValue[]): void {
    this.#all.push(condition);
    this.parameters.push(...values);
  }

  get sql(): string {
    return this.#all.length === 0 ? 'TRUE' : this.#all.join(' AND ');
  }

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }
}

interface RowsWanted {
  readonly kinds: Conditions;
  readonly window: Conditions;
  /** The order in which rows are taken, and how many of them are enough. */
  readonly order: string;
  readonly count: number;
}

/**
 * Rows as `entry`, within a window. What they are narrowed by besides is their kinds, each of which has its rows in the
 * order of their times, so they are looked up kind by kind. SQLite takes the tables of a CROSS JOIN in their order, and
 * row by row; PostgreSQL would read all rows if it held them to be few, or all of a kind, were it not told how many are
 * enough of each.
 */
function rowsOf(dialect: SqlDialect, { count, kinds, order, window }: RowsWanted): Statement {
  if (kinds.isEmpty) return { sql: `FROM usage_rows AS entry WHERE ${window.sql}`, parameters: window.parameters };
  if (dialect === 'sqlite') {
    return {
      sql: `FROM usage_kinds AS kind CROSS JOIN usage_rows AS entry
        WHERE entry.kind_id = kind.id AND ${window.sql} AND ${kinds.sql}`,
      parameters: [...window.parameters, ...kinds.parameters],
    };
  }
  return {
    sql: `FROM usage_kinds AS kind CROSS JOIN LATERAL (
        SELECT * FROM usage_rows WHERE kind_id = kind.id AND ${window.sql} ${order} LIMIT ?
      ) AS entry WHERE ${kinds.sql}`,
    parameters: [...window.parameters, count, ...kinds.parameters],
  };
}

/** When the rows ended that are asked for. */
function windowOf({ from, to }: RequestLogFilter): Conditions {
  const window = new Conditions();
  if (from !== undefined) window.add('ended_at >= ?', from);
  if (to !== undefined) window.add('ended_at < ?', to);
  return window;
}

/**
 * When the newest `count` of them ended, or earlier: a kind that has as many tells it by the oldest of its newest
 * ones, since no row that is older can be among the newest of all. So of each kind hardly more rows are read than the
 * page reaches.
 */
function windowOfPage(
  { from = 0, to }: RequestLogFilter,
  { count, kinds, window: all }: Omit<RowsWanted, 'order'>,
): Conditions {
  const window = new Conditions();
  const floor = `SELECT MAX(reached.ended_at) FROM (
    SELECT (SELECT ended_at FROM usage_rows WHERE kind_id = kind.id AND ${all.sql}
      ORDER BY ended_at DESC LIMIT 1 OFFSET ?) AS ended_at
    FROM usage_kinds AS kind WHERE ${kinds.sql}) AS reached`;
  // One bound: of two, SQLite would take the first to find rows by.
  window.add(
    `ended_at >= COALESCE((${floor}), ?)`,
    ...all.parameters,
    Math.max(count - 1, 0),
    ...kinds.parameters,
    from,
  );
  if (to !== undefined) window.add('ended_at < ?', to);
  return window;
}

/** What all rows of a kind have in common. An empty text in a row is nobody, for whom no list can be asked. */
function kindsOf({ keyId, model, outcome, provider, status, tenantId }: RequestLogFilter): Conditions {
  const kinds = new Conditions();
  if (keyId !== undefined) kinds.add("kind.key_id <> '' AND kind.key_id = ?", keyId);
  if (tenantId !== undefined) kinds.add("kind.tenant_id <> '' AND kind.tenant_id = ?", tenantId);
  if (model !== undefined) kinds.add('kind.requested_model = ?', model);
  if (provider !== undefined) kinds.add('kind.provider = ?', provider);
  if (outcome !== undefined) kinds.add('kind.outcome = ?', outcome);
  if (status !== undefined) kinds.add('kind.status BETWEEN ? AND ?', status.from, status.to);
  return kinds;
}
