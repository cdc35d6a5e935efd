import type { UsageAsk, UsageSums, UsageTables } from './ledger-usage-report.ts';

/** Tokens of one group, or one step. */
export interface TokenSums {
  readonly requests: number;
  readonly total_tokens: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  /** Parts of the above; only where details were asked for. */
  readonly cached_tokens?: number;
  readonly cache_write_tokens?: number;
  readonly reasoning_tokens?: number;
  readonly audio_input_tokens?: number;
  readonly audio_output_tokens?: number;
  readonly image_input_tokens?: number;
  readonly image_output_tokens?: number;
}

export interface TokenReport {
  readonly window: string;
  /** ISO 8601. */
  readonly from: string;
  readonly total_requests: number;
  readonly total_tokens: number;
  readonly total_input_tokens: number;
  readonly total_output_tokens: number;
  readonly total_cached_tokens: number;
  readonly total_cache_write_tokens: number;
  readonly total_reasoning_tokens: number;
  readonly total_audio_input_tokens: number;
  readonly total_audio_output_tokens: number;
  readonly total_image_input_tokens: number;
  readonly total_image_output_tokens: number;
  readonly avg_tokens_per_request: number;
  /** Attempts whose use is estimated. */
  readonly estimated_attempts: number;
  readonly group_by: string;
  readonly groups: readonly (TokenSums & { readonly name: string })[];
  readonly by_provider: readonly (TokenSums & { readonly provider: string })[];
  readonly by_model: readonly (TokenSums & { readonly model: string })[];
  readonly by_tenant: readonly (TokenSums & { readonly tenant: string })[];
  readonly time_series: readonly (TokenSums & { readonly time: string })[];
  /** There are more groups than are told; totals and the time series have them all. */
  readonly is_truncated: boolean;
}

/** What a report of tokens is made of. */
export const tokenReportColumns = [
  'input_tokens',
  'output_tokens',
  'requests',
  'estimated_attempts',
  'cached_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'audio_input_tokens',
  'audio_output_tokens',
  'image_input_tokens',
  'image_output_tokens',
] as const;

export function tokenReport(ask: UsageAsk, tables: UsageTables): TokenReport {
  const { total } = tables;
  const all = total.input + total.output;
  const told = (sums: UsageSums) => tokenSums(sums, ask.breakdown);
  return {
    window: ask.window,
    from: new Date(ask.parts.from).toISOString(),
    total_requests: total.requests,
    total_tokens: all,
    total_input_tokens: total.input,
    total_output_tokens: total.output,
    total_cached_tokens: total.cached,
    total_cache_write_tokens: total.cacheWrite,
    total_reasoning_tokens: total.reasoning,
    total_audio_input_tokens: total.audioInput,
    total_audio_output_tokens: total.audioOutput,
    total_image_input_tokens: total.imageInput,
    total_image_output_tokens: total.imageOutput,
    avg_tokens_per_request: total.requests === 0 ? 0 : all / total.requests,
    estimated_attempts: total.estimatedAttempts,
    group_by: ask.groupBy,
    groups: ranked(tables.groups, ask).map(([name, sums]) => ({ name, ...told(sums) })),
    by_provider: ranked(tables.byProvider).map(([provider, sums]) => ({ provider, ...told(sums) })),
    by_model: ranked(tables.byModel).map(([model, sums]) => ({ model, ...told(sums) })),
    by_tenant: ranked(tables.byTenant).map(([tenant, sums]) => ({ tenant, ...told(sums) })),
    time_series: [...tables.series].map(([time, sums]) => ({ time: new Date(time).toISOString(), ...told(sums) })),
    is_truncated: tables.isTruncated,
  };
}

/** The most first; steps of time in their order. */
function ranked(groups: ReadonlyMap<string, UsageSums>, ask?: UsageAsk): readonly (readonly [string, UsageSums])[] {
  if (ask?.groupBy === 'hour' || ask?.groupBy === 'day') return [...groups];
  return [...groups].sort(
    ([one, left], [other, right]) => right.input + right.output - left.input - left.output || (one < other ? -1 : 1),
  );
}

function tokenSums(sums: UsageSums, isDetailed: boolean): TokenSums {
  const plain = {
    requests: sums.requests,
    total_tokens: sums.input + sums.output,
    input_tokens: sums.input,
    output_tokens: sums.output,
  };
  if (!isDetailed) return plain;
  return {
    ...plain,
    cached_tokens: sums.cached,
    cache_write_tokens: sums.cacheWrite,
    reasoning_tokens: sums.reasoning,
    audio_input_tokens: sums.audioInput,
    audio_output_tokens: sums.audioOutput,
    image_input_tokens: sums.imageInput,
    image_output_tokens: sums.imageOutput,
  };
}
