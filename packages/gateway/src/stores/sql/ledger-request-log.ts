import { GatewayError } from '../../canonical/gateway-error.ts';
import type { LedgerOutcome } from '../../ledger/ledger-row.ts';
import type { Database, SqlValue } from './database.ts';
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
  const { count, page } = requestLogStatements(ask);
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
export function requestLogStatements({
  filter,
  limit,
  offset,
}: RequestLogAsk): Readonly<Record<'count' | 'page', Statement>> {
  const { conditions, parameters } = conditionsOf(filter);
  const from = `FROM usage_records${conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`}`;
  return {
    count: {
      sql: `SELECT COUNT(*) AS count FROM (SELECT 1 AS one ${from} LIMIT ${REQUEST_LOG_REACH + 1}) AS counted`,
      parameters,
    },
    page: {
      sql: `SELECT ${columns.join(', ')} ${from}
        ORDER BY ended_at DESC, spool_id DESC, sequence DESC LIMIT ? OFFSET ?`,
      parameters: [...parameters, limit, offset],
    },
  };
}

/** Terms that are always true beside another one tell the database which partial index serves the question. */
function conditionsOf(filter: RequestLogFilter): {
  readonly conditions: readonly string[];
  readonly parameters: readonly SqlValue[];
} {
  const conditions: string[] = [];
  const parameters: SqlValue[] = [];
  const add = (condition: string, ...values: SqlValue[]): void => {
    conditions.push(condition);
    parameters.push(...values);
  };
  const { from, keyId, model, outcome, provider, status, tenantId, to } = filter;
  if (keyId !== undefined) add("key_id <> '' AND key_id = ?", keyId);
  if (tenantId !== undefined) add("tenant_id <> '' AND tenant_id = ?", tenantId);
  if (model !== undefined) add('requested_model = ?', model);
  if (provider !== undefined) add('provider = ?', provider);
  if (outcome === 'completed') add('outcome = ?', outcome);
  else if (outcome !== undefined) add("outcome <> 'completed' AND outcome = ?", outcome);
  if (status !== undefined) {
    const isUnusual = status.from > 200 || status.to < 200;
    add(`${isUnusual ? 'status <> 200 AND ' : ''}status BETWEEN ? AND ?`, status.from, status.to);
  }
  if (from !== undefined) add('ended_at >= ?', from);
  if (to !== undefined) add('ended_at < ?', to);
  return { conditions, parameters };
}
