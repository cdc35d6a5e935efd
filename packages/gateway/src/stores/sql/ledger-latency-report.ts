import type { Database, SqlValue } from './database.ts';
import { SlotCounts } from './ledger-percentiles.ts';
import { readSums, type SumRow } from './ledger-sums.ts';
import type { WindowPart, WindowParts } from './ledger-window.ts';

export interface LatencyAsk {
  /** The window as it was asked for, such as `1h`; told back. */
  readonly window: string;
  readonly parts: WindowParts;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  /** Newest requests to tell one by one. */
  readonly limit: number;
  readonly percentiles: readonly number[];
}

/** How long something took, in milliseconds; null where nothing was timed. */
export type Latencies = {
  readonly total_requests: number;
  readonly avg: number | null;
  readonly min: number | null;
  readonly max: number | null;
  /** `p50`, `p99.9`: within 2.5 %. */
  readonly [percentile: `p${string}`]: number | null;
};

export type LatencyReport = Latencies & {
  readonly window: string;
  /** ISO 8601. */
  readonly from: string;
  /** Of streams, to the first byte. */
  readonly first_byte: Latencies;
  readonly by_provider: readonly (Latencies & { readonly provider: string })[];
  readonly by_model: readonly (Latencies & { readonly model: string })[];
  readonly recent_requests: readonly RecentRequest[];
};

export interface RecentRequest {
  readonly request_id: string;
  readonly time: string;
  readonly provider: string;
  readonly model: string;
  readonly status: number;
  readonly outcome: string;
  readonly latency_ms: number;
  readonly first_byte_ms: number | null;
}

/** Models and providers together, at most. */
const MAX_GROUPS = 10_000;
/** Newest rows that are looked through for recent requests; a provider that is asked seldom may have none among them. */
const MAX_LOOKED_THROUGH = 10_000;

/** How long completed requests took. */
export async function latencyReport(database: Database, ask: LatencyAsk): Promise<LatencyReport> {
  const { parts, provider, model, window } = ask;
  const filter = { provider, model, outcome: 'completed' };
  const [sums, slots, recent] = await Promise.all([
    readSums(database, {
      columns: ['requests', 'duration_us', 'duration_min_us', 'duration_max_us'],
      parts: parts.parts,
      groups: ['provider', 'model'],
      filter,
      limit: MAX_GROUPS,
    }),
    readSlots(database, ask),
    readRecent(database, ask),
  ]);
  const all = new Timings();
  const firstBytes = new Timings();
  const byProvider = new Map<string, Timings>();
  const byModel = new Map<string, Timings>();
  const groupsOf = (row: { readonly provider?: string; readonly model?: string }) => [
    all,
    timingsOf(byProvider, row.provider ?? ''),
    timingsOf(byModel, row.model ?? ''),
  ];
  for (const row of sums) if (Number(row.requests) > 0) for (const timings of groupsOf(row)) timings.addSums(row);
  for (const row of slots) {
    const groups = row.measure === 'total' ? groupsOf(row) : [firstBytes];
    for (const timings of groups) timings.slots.add(row.slot, Number(row.requests));
  }
  const named = <Name extends string>(name: Name, groups: ReadonlyMap<string, Timings>) =>
    [...groups]
      .sort(([, left], [, right]) => right.requests - left.requests)
      .map(([group, timings]) => ({ [name]: group, ...timings.report(ask.percentiles) }) as never);
  return {
    window,
    from: new Date(parts.from).toISOString(),
    ...all.report(ask.percentiles),
    first_byte: firstBytes.report(ask.percentiles),
    by_provider: named('provider', byProvider),
    by_model: named('model', byModel),
    recent_requests: recent,
  };
}

/** What is known of the times of one group. */
class Timings {
  readonly slots = new SlotCounts();
  requests = 0;
  #sum = 0;
  #min: number | undefined;
  #max: number | undefined;

  addSums(row: SumRow): void {
    this.requests += Number(row.requests);
    this.#sum += Number(row.duration_us);
    const { duration_min_us: min, duration_max_us: max } = row;
    if (min != null) this.#min = Math.min(this.#min ?? Number(min), Number(min));
    if (max != null) this.#max = Math.max(this.#max ?? 0, Number(max));
  }

  report(percentiles: readonly number[]): Latencies {
    const requests = this.requests === 0 ? this.slots.total : this.requests;
    const hasSums = this.requests > 0;
    return {
      total_requests: requests,
      avg: hasSums ? ms(this.#sum / this.requests) : null,
      min: ms(this.#min),
      max: ms(this.#max),
      ...Object.fromEntries(percentiles.map((percent) => [`p${percent}`, ms(this.#percentile(percent))])),
    };
  }

  /** A slot's time may lie beyond the longest one that was in it. */
  #percentile(percent: number): number | undefined {
    const time = this.slots.percentile(percent);
    if (time === undefined) return undefined;
    return Math.min(Math.max(time, this.#min ?? 0), this.#max ?? Number.POSITIVE_INFINITY);
  }
}

function timingsOf(groups: Map<string, Timings>, name: string): Timings {
  const known = groups.get(name) ?? new Timings();
  groups.set(name, known);
  return known;
}

interface SlotRow {
  readonly provider: string;
  readonly model: string;
  readonly measure: string;
  readonly slot: number;
  readonly requests: number | bigint;
}

async function readSlots(database: Database, { parts, provider, model }: LatencyAsk): Promise<readonly SlotRow[]> {
  const parameters: SqlValue[] = [];
  const conditions = [
    ...(provider === undefined ? [] : [['provider = ?', provider] as const]),
    ...(model === undefined ? [] : [['model = ?', model] as const]),
  ];
  const narrowed = (part: WindowPart, ...given: readonly SqlValue[]) => {
    parameters.push(...given, part.from, part.to, ...conditions.map(([, value]) => value));
    return conditions.map(([sql]) => ` AND ${sql}`).join('');
  };
  const rowSelect = (part: WindowPart, measure: string, slot: string, also: string) =>
    `SELECT provider, model, '${measure}' AS measure, ${slot} AS slot, COUNT(*) AS requests FROM usage_records
      WHERE ended_at >= ? AND ended_at < ? ${narrowed(part)} AND outcome = 'completed' AND shadow_of IS NULL ${also}
      GROUP BY 1, 2, 3, 4`;
  const selects = parts.parts.flatMap((part) =>
    part.width === 1
      ? [
          rowSelect(part, 'total', 'duration_slot', ''),
          rowSelect(part, 'first_byte', 'first_byte_slot', 'AND is_stream = 1 AND first_byte_slot IS NOT NULL'),
        ]
      : [
          `SELECT provider, model, measure, slot, SUM(requests) AS requests FROM usage_latencies
            WHERE width = ? AND bucket >= ? AND bucket < ? ${narrowed(part, part.width)} GROUP BY 1, 2, 3, 4`,
        ],
  );
  return database.report<SlotRow>(selects.join(' UNION ALL '), parameters);
}

async function readRecent(
  database: Database,
  { parts, provider, model, limit }: LatencyAsk,
): Promise<readonly RecentRequest[]> {
  if (limit <= 0) return [];
  const filters = [
    ...(provider === undefined ? [] : [['kind.provider = ?', provider] as const]),
    ...(model === undefined ? [] : [['kind.model = ?', model] as const]),
  ];
  const where = ['kind.id = newest.kind_id', ...filters.map(([sql]) => sql)].join(' AND ');
  const rows = await database.report<RecentRow>(
    `SELECT newest.request_id, newest.ended_at, kind.provider, kind.model, kind.status, kind.outcome,
      newest.duration_us, newest.first_byte_us
    FROM (
      SELECT request_id, ended_at, kind_id, duration_us, first_byte_us FROM usage_rows
      WHERE ended_at >= ? ORDER BY ended_at DESC LIMIT ${MAX_LOOKED_THROUGH}
    ) AS newest CROSS JOIN usage_kinds AS kind WHERE ${where}
    ORDER BY newest.ended_at DESC LIMIT ${Math.trunc(limit)}`,
    [parts.from, ...filters.map(([, value]) => value)],
  );
  return rows.map((row) => ({
    request_id: row.request_id,
    time: new Date(row.ended_at).toISOString(),
    provider: row.provider,
    model: row.model,
    status: row.status,
    outcome: row.outcome,
    latency_ms: row.duration_us / 1_000,
    first_byte_ms: row.first_byte_us === null ? null : row.first_byte_us / 1_000,
  }));
}

interface RecentRow {
  readonly request_id: string;
  readonly ended_at: number;
  readonly provider: string;
  readonly model: string;
  readonly status: number;
  readonly outcome: string;
  readonly duration_us: number;
  readonly first_byte_us: number | null;
}

/** Microseconds as milliseconds, to the microsecond. */
function ms(microseconds: number | undefined): number | null {
  return microseconds === undefined ? null : Math.round(microseconds) / 1_000;
}
