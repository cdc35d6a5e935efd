import type { Database } from './database.ts';
import { needsKeySums, readSums, type SumColumn, type SumFilter, type SumGroup, type SumRow } from './ledger-sums.ts';
import type { WindowParts } from './ledger-window.ts';

/** What costs and tokens are told apart by. */
export const usageGroupings = ['provider', 'model', 'tenant', 'team', 'organisation', 'key', 'hour', 'day'] as const;
export type UsageGrouping = (typeof usageGroupings)[number];

export interface UsageAsk {
  /** What is summed up; the groups that have most of the first are told where there are too many. */
  readonly columns: readonly SumColumn[];
  /** The window as it was asked for, such as `24h`; told back. */
  readonly window: string;
  /** Divided for sums of any width. */
  readonly parts: WindowParts;
  /** The same for sums by key. */
  readonly keyParts: WindowParts;
  /** Divided so that no sum is wider than a step of the time series. */
  readonly seriesParts: WindowParts;
  /** Milliseconds of a step. */
  readonly step: number;
  readonly groupBy: UsageGrouping;
  readonly filter: SumFilter;
  /** Whether every combination of provider, model and tenant is told. */
  readonly breakdown: boolean;
}

/** Sums of one group, step or whole; nothing where it was not asked for. */
export interface UsageSums {
  readonly requests: number;
  readonly attempts: number;
  readonly failedAttempts: number;
  /** Attempts whose use was estimated. */
  readonly estimatedAttempts: number;
  /** Attempts of which it is not known what they cost. */
  readonly unpricedAttempts: number;
  readonly costNanos: bigint;
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly cacheWrite: number;
  readonly reasoning: number;
  readonly audioInput: number;
  readonly audioOutput: number;
  readonly imageInput: number;
  readonly imageOutput: number;
}

/** Everything that a report of costs or of tokens is made of. */
export interface UsageTables {
  readonly total: UsageSums;
  readonly byProvider: ReadonlyMap<string, UsageSums>;
  readonly byModel: ReadonlyMap<string, UsageSums>;
  readonly byTenant: ReadonlyMap<string, UsageSums>;
  /** By what was asked for. */
  readonly groups: ReadonlyMap<string, UsageSums>;
  /** By the beginning of the step, in milliseconds since 1970. */
  readonly series: ReadonlyMap<number, UsageSums>;
  /** Provider, model and tenant of each row; where the breakdown was asked for. */
  readonly breakdown: readonly (readonly [groups: Readonly<Record<string, string>>, sums: UsageSums])[];
  /** There are more combinations than are told; totals and series have them all. */
  readonly isTruncated: boolean;
}

/** Combinations of provider, model and tenant; keys; steps. */
const MAX_COMBINATIONS = 20_000;
const MAX_GROUPS = 1_000;
const MAX_STEPS = 20_000;

export async function readUsage(database: Database, ask: UsageAsk): Promise<UsageTables> {
  const { columns, seriesParts, step, groupBy, filter, breakdown } = ask;
  const combined: readonly SumGroup[] = ['provider', 'model', 'tenant_id'];
  const single = singleGroup[groupBy];
  const { parts } = needsKeySums([], filter) ? ask.keyParts : ask.parts;
  const [combinations, steps, single_] = await Promise.all([
    readSums(database, { columns, parts, groups: combined, filter, limit: MAX_COMBINATIONS }),
    readSums(database, { columns, parts: seriesParts.parts, groups: [], step, filter, limit: MAX_STEPS }),
    single === undefined
      ? []
      : readSums(database, { columns, parts: ask.keyParts.parts, groups: [single], filter, limit: MAX_GROUPS }),
  ]);
  const by = (group: SumGroup) => fold(combinations, (row) => row[group] ?? '');
  const series = fold(steps, (row) => Number(row.step_at));
  const [byProvider, byModel, byTenant] = [by('provider'), by('model'), by('tenant_id')];
  const grouped: Readonly<Record<string, ReadonlyMap<string, UsageSums>>> = {
    provider: byProvider,
    model: byModel,
    tenant: byTenant,
    hour: timed(series),
    day: timed(series),
  };
  return {
    total: [...series.values()].reduce(plus, nothing),
    byProvider,
    byModel,
    byTenant,
    groups: single === undefined ? grouped[groupBy]! : fold(single_, (row) => row[single] ?? ''),
    series,
    breakdown: breakdown ? combinations.map((row) => [namesOf(row), sumsOf(row)]) : [],
    isTruncated: combinations.length === MAX_COMBINATIONS || single_.length === MAX_GROUPS,
  };
}

/** Groups that the combinations do not hold. */
const singleGroup: Readonly<Partial<Record<UsageGrouping, SumGroup>>> = {
  team: 'team_id',
  organisation: 'organisation_id',
  key: 'key_id',
};

function namesOf({ provider = '', model = '', tenant_id: tenant = '' }: SumRow): Readonly<Record<string, string>> {
  return { provider, model, tenant };
}

function timed(series: ReadonlyMap<number, UsageSums>): ReadonlyMap<string, UsageSums> {
  return new Map([...series].map(([time, sums]) => [new Date(time).toISOString(), sums]));
}

function fold<Key>(rows: readonly SumRow[], keyOf: (row: SumRow) => Key): ReadonlyMap<Key, UsageSums> {
  const groups = new Map<Key, UsageSums>();
  for (const row of rows) {
    const key = keyOf(row);
    groups.set(key, plus(groups.get(key) ?? nothing, sumsOf(row)));
  }
  return groups;
}

function sumsOf(row: SumRow): UsageSums {
  return {
    requests: Number(row.requests ?? 0),
    attempts: Number(row.attempts ?? 0),
    failedAttempts: Number(row.failed_attempts ?? 0),
    estimatedAttempts: Number(row.estimated_attempts ?? 0),
    unpricedAttempts: Number(row.unpriced_attempts ?? 0),
    costNanos: BigInt(row.cost_nanos ?? 0),
    input: Number(row.input_tokens ?? 0),
    output: Number(row.output_tokens ?? 0),
    cached: Number(row.cached_tokens ?? 0),
    cacheWrite: Number(row.cache_write_tokens ?? 0),
    reasoning: Number(row.reasoning_tokens ?? 0),
    audioInput: Number(row.audio_input_tokens ?? 0),
    audioOutput: Number(row.audio_output_tokens ?? 0),
    imageInput: Number(row.image_input_tokens ?? 0),
    imageOutput: Number(row.image_output_tokens ?? 0),
  };
}

const nothing: UsageSums = {
  requests: 0,
  attempts: 0,
  failedAttempts: 0,
  estimatedAttempts: 0,
  unpricedAttempts: 0,
  costNanos: 0n,
  input: 0,
  output: 0,
  cached: 0,
  cacheWrite: 0,
  reasoning: 0,
  audioInput: 0,
  audioOutput: 0,
  imageInput: 0,
  imageOutput: 0,
};

function plus(one: UsageSums, other: UsageSums): UsageSums {
  return {
    requests: one.requests + other.requests,
    attempts: one.attempts + other.attempts,
    failedAttempts: one.failedAttempts + other.failedAttempts,
    estimatedAttempts: one.estimatedAttempts + other.estimatedAttempts,
    unpricedAttempts: one.unpricedAttempts + other.unpricedAttempts,
    costNanos: one.costNanos + other.costNanos,
    input: one.input + other.input,
    output: one.output + other.output,
    cached: one.cached + other.cached,
    cacheWrite: one.cacheWrite + other.cacheWrite,
    reasoning: one.reasoning + other.reasoning,
    audioInput: one.audioInput + other.audioInput,
    audioOutput: one.audioOutput + other.audioOutput,
    imageInput: one.imageInput + other.imageInput,
    imageOutput: one.imageOutput + other.imageOutput,
  };
}
