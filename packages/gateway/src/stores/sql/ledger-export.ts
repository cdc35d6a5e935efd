import { formatDollars } from '../../canonical/nano-dollars.ts';
import type { Database, SqlValue } from './database.ts';
import { rollupWidths } from './ledger-rollups.ts';
import { filterGroups, type SumFilter } from './ledger-sums.ts';
import type { LedgerFloors } from './ledger-window.ts';

export interface ExportAsk {
  /** Milliseconds since 1970; the end is exclusive. */
  readonly from: number;
  readonly to: number;
  readonly filter: SumFilter;
  /** `csv` with a head, `json` as one array, `jsonl` as an object for each line. */
  readonly format: 'csv' | 'json' | 'jsonl';
}

/** Rows read at once; more are never held. */
const PAGE = 1_000;

/**
 * The rows of exchanges that ended in a window, the oldest first, as pieces of text. It holds one page at a time, and
 * reads the next when it is asked for it. Rows that come in while it runs are in it if they ended after what it told.
 */
export async function* exportUsage(database: Database, ask: ExportAsk): AsyncGenerator<string> {
  const { begin, between, end, write } = formats[ask.format];
  let last: ExportRow | undefined;
  let isFirst = true;
  yield begin;
  do {
    const rows: readonly ExportRow[] = await readPage(database, ask, last);
    let text = '';
    for (const row of rows) {
      text += (isFirst ? '' : between) + write(row);
      isFirst = false;
    }
    if (text !== '') yield text;
    last = rows.length < PAGE ? undefined : rows.at(-1);
  } while (last !== undefined);
  yield end;
}

/** Whether rows of a window are gone: sums, which are kept for longer, know of some that ended before rows are all there. */
export async function hasLostRows(
  database: Database,
  { filter, from, to }: ExportAsk,
  floors: Pick<LedgerFloors, 'rows' | 'hours'>,
): Promise<boolean> {
  const [, hour, day] = rollupWidths;
  const parameters: SqlValue[] = [];
  // Days are wide: they stand in where hours are gone as well.
  const sums = [[hour, floors.rows] as const, [day, Math.min(floors.rows, floors.hours)] as const];
  const ended = sums.map(([width, floor]) => {
    parameters.push(width, from - (from % width), Math.min(to, floor - width + 1));
    return '(width = ? AND bucket >= ? AND bucket < ?)';
  });
  const conditions = [`(${ended.join(' OR ')})`, ...filtersOf(filter, parameters)];
  const sql = `SELECT bucket FROM usage_rollups WHERE ${conditions.join(' AND ')} LIMIT 1`;
  return (await database.report(sql, parameters)).length > 0;
}

/** Conditions for what is asked for; their values are added to the parameters. */
function filtersOf(filter: SumFilter, parameters: SqlValue[]): readonly string[] {
  return Object.entries(filterGroups).flatMap(([name, column]) => {
    const value = filter[name as keyof SumFilter];
    if (value === undefined) return [];
    parameters.push(value);
    return [`${column} = ?`];
  });
}

interface ExportRow {
  readonly spool_id: number;
  readonly sequence: number;
  readonly ended_at: number;
  readonly request_id: string;
  readonly organisation_id: string;
  readonly tenant_id: string;
  readonly team_id: string;
  readonly key_id: string;
  readonly principal: string;
  readonly operation: string;
  readonly requested_model: string | null;
  readonly provider: string;
  readonly target_id: string;
  readonly model: string;
  readonly outcome: string;
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
  readonly audio_input_tokens: number;
  readonly audio_output_tokens: number;
  readonly image_input_tokens: number;
  readonly image_output_tokens: number;
  readonly is_estimated: number;
  readonly cost_nanos: number | bigint | null;
  readonly unknown_cost: string | null;
  readonly service_tier: string | null;
  readonly shadow_of: string | null;
  readonly is_shared: number;
}

const columns: readonly (keyof ExportRow)[] = [
  'spool_id',
  'sequence',
  'ended_at',
  'request_id',
  'organisation_id',
  'tenant_id',
  'team_id',
  'key_id',
  'principal',
  'operation',
  'requested_model',
  'provider',
  'target_id',
  'model',
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
  'audio_input_tokens',
  'audio_output_tokens',
  'is_estimated',
  'cost_nanos',
  'unknown_cost',
  'shadow_of',
  'is_shared',
  'image_input_tokens',
  'image_output_tokens',
  'service_tier',
];

function readPage(
  database: Database,
  { from, to, filter }: ExportAsk,
  last: ExportRow | undefined,
): Promise<readonly ExportRow[]> {
  const conditions = ['ended_at >= ?', 'ended_at < ?'];
  const parameters: SqlValue[] = [last?.ended_at ?? from, to];
  if (last !== undefined) {
    conditions.push('(ended_at > ? OR spool_id > ? OR (spool_id = ? AND sequence > ?))');
    parameters.push(last.ended_at, last.spool_id, last.spool_id, last.sequence);
  }
  conditions.push(...filtersOf(filter, parameters));
  return database.report<ExportRow>(
    `SELECT ${columns.join(', ')} FROM usage_records WHERE ${conditions.join(' AND ')}
      ORDER BY ended_at, spool_id, sequence LIMIT ${PAGE}`,
    parameters,
  );
}

/** A row as it is told; null for what is not known or not there. */
type Told = string | number | boolean | null;

/** What is told of a row, in this order. */
const told: Readonly<Record<string, (row: ExportRow) => Told>> = {
  time: (row) => new Date(row.ended_at).toISOString(),
  request_id: (row) => row.request_id,
  organisation: (row) => row.organisation_id || null,
  tenant: (row) => row.tenant_id || null,
  team: (row) => row.team_id || null,
  key: (row) => row.key_id || null,
  principal: (row) => row.principal,
  operation: (row) => row.operation,
  requested_model: (row) => row.requested_model,
  provider: (row) => row.provider || null,
  target: (row) => row.target_id || null,
  model: (row) => row.model,
  outcome: (row) => row.outcome,
  status: (row) => row.status,
  failure: (row) => row.failure,
  attempts: (row) => row.attempts,
  duration_ms: (row) => row.duration_us / 1_000,
  first_byte_ms: (row) => (row.first_byte_us === null ? null : row.first_byte_us / 1_000),
  input_tokens: (row) => row.input_tokens,
  output_tokens: (row) => row.output_tokens,
  cached_tokens: (row) => row.cached_tokens,
  cache_write_tokens: (row) => row.cache_write_tokens,
  reasoning_tokens: (row) => row.reasoning_tokens,
  audio_input_tokens: (row) => row.audio_input_tokens,
  audio_output_tokens: (row) => row.audio_output_tokens,
  is_estimated: (row) => row.is_estimated === 1,
  // Dollars in decimal, exactly: no reader makes another number of a text.
  cost: (row) => (row.cost_nanos === null ? null : formatDollars(Number(row.cost_nanos))),
  unknown_cost: (row) => row.unknown_cost,
  shadow_of: (row) => row.shadow_of,
  is_shared: (row) => row.is_shared === 1,
  image_input_tokens: (row) => row.image_input_tokens,
  image_output_tokens: (row) => row.image_output_tokens,
  service_tier: (row) => row.service_tier,
};
const toldEntries = Object.entries(told);

interface Format {
  readonly begin: string;
  readonly between: string;
  readonly end: string;
  readonly write: (row: ExportRow) => string;
}

const formats: Readonly<Record<ExportAsk['format'], Format>> = {
  json: { begin: '[\n', between: ',\n', end: '\n]\n', write: jsonOf },
  // A line of its own ends each row: an empty one would be a row to who reads it.
  jsonl: { begin: '', between: '', end: '', write: (row) => `${jsonOf(row)}\n` },
  csv: {
    begin: `${Object.keys(told).join(',')}\r\n`,
    between: '',
    end: '',
    write: (row) => `${toldEntries.map(([, tell]) => csvCell(tell(row))).join(',')}\r\n`,
  },
};

function jsonOf(row: ExportRow): string {
  return JSON.stringify(Object.fromEntries(toldEntries.map(([name, tell]) => [name, tell(row)])));
}

/**
 * Where a spreadsheet would begin a formula: at the beginning of a text, and where it may begin a cell of its own, for many are
 * set to divide at semicolons or tabs and heed no quotes then. Wide characters are read as the usual ones.
 */
const formulas = /(^|[;\t\r\n])(?=[=+\-@\t\r＝＋－＠])/g;

/** RFC 4180; texts that a spreadsheet would run as a formula are kept from it, for callers choose some of them. */
function csvCell(value: Told): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const safe = value.replace(formulas, "$1'");
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
