import type { UsageAsk, UsageSums, UsageTables } from './ledger-usage-report.ts';

/** What one group, or one step, came to. */
export interface CostSums {
  /** Dollars, exact to the nano-dollar up to nine million. */
  readonly cost: number;
  readonly requests: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  /** Attempts whose cost is not known and not in `cost`. */
  readonly unpriced_attempts: number;
}

export interface CostReport {
  readonly window: string;
  /** ISO 8601. */
  readonly from: string;
  readonly currency: 'USD';
  readonly total_cost: number;
  readonly total_requests: number;
  readonly total_input_tokens: number;
  readonly total_output_tokens: number;
  readonly avg_cost_per_request: number;
  /** Attempts whose cost is not known and not in any sum. */
  readonly unpriced_attempts: number;
  /** Attempts whose use, and with it whose cost, is estimated. */
  readonly estimated_attempts: number;
  readonly group_by: string;
  readonly groups: readonly (CostSums & { readonly name: string })[];
  readonly by_provider: readonly (CostSums & { readonly provider: string })[];
  readonly by_model: readonly (CostSums & { readonly model: string })[];
  readonly by_tenant: readonly (CostSums & { readonly tenant: string })[];
  readonly time_series: readonly (CostSums & { readonly time: string })[];
  readonly breakdown?: readonly (CostSums & {
    readonly provider: string;
    readonly model: string;
    readonly tenant: string;
  })[];
  /** There are more groups than are told; totals and the time series have them all. */
  readonly is_truncated: boolean;
}

/** What a report of costs is made of. */
export const costColumns = [
  'cost_nanos',
  'requests',
  'unpriced_attempts',
  'estimated_attempts',
  'input_tokens',
  'output_tokens',
] as const;

export function costReport(ask: UsageAsk, tables: UsageTables): CostReport {
  const { total } = tables;
  const cost = dollars(total.costNanos);
  return {
    window: ask.window,
    from: new Date(ask.parts.from).toISOString(),
    currency: 'USD',
    total_cost: cost,
    total_requests: total.requests,
    total_input_tokens: total.input,
    total_output_tokens: total.output,
    avg_cost_per_request: total.requests === 0 ? 0 : cost / total.requests,
    unpriced_attempts: total.unpricedAttempts,
    estimated_attempts: total.estimatedAttempts,
    group_by: ask.groupBy,
    groups: ranked(tables.groups, ask).map(([name, sums]) => ({ name, ...costSums(sums) })),
    by_provider: ranked(tables.byProvider).map(([provider, sums]) => ({ provider, ...costSums(sums) })),
    by_model: ranked(tables.byModel).map(([model, sums]) => ({ model, ...costSums(sums) })),
    by_tenant: ranked(tables.byTenant).map(([tenant, sums]) => ({ tenant, ...costSums(sums) })),
    time_series: [...tables.series].map(([time, sums]) => ({ time: new Date(time).toISOString(), ...costSums(sums) })),
    ...(ask.breakdown && {
      breakdown: tables.breakdown.map(([names, sums]) => ({ ...(names as never as Names), ...costSums(sums) })),
    }),
    is_truncated: tables.isTruncated,
  };
}

interface Names {
  readonly provider: string;
  readonly model: string;
  readonly tenant: string;
}

/** The dearest first; steps of time in their order. */
function ranked(groups: ReadonlyMap<string, UsageSums>, ask?: UsageAsk): readonly (readonly [string, UsageSums])[] {
  if (ask?.groupBy === 'hour' || ask?.groupBy === 'day') return [...groups];
  return [...groups].sort(
    ([one, left], [other, right]) => Number(right.costNanos - left.costNanos) || (one < other ? -1 : 1),
  );
}

function costSums(sums: UsageSums): CostSums {
  return {
    cost: dollars(sums.costNanos),
    requests: sums.requests,
    input_tokens: sums.input,
    output_tokens: sums.output,
    unpriced_attempts: sums.unpricedAttempts,
  };
}

function dollars(nanos: bigint): number {
  return Number(nanos) / 1_000_000_000;
}
