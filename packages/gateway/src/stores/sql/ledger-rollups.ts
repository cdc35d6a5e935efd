import type { AttemptUse, LedgerRow } from '../../ledger/ledger-row.ts';
import type { SqlValue } from './database.ts';
import { type CountedRow, micros } from './ledger-rows.ts';
import { slotOf } from './ledger-slot.ts';
import { tokenColumns, tokenCounts } from './ledger-totals.ts';

/** Lengths in milliseconds of the buckets that are summed: a minute, an hour, a day (of UTC). */
export const rollupWidths = [60_000, 3_600_000, 86_400_000] as const;

/** Rows for a table that sums: its keys, and what is added to the row that has them. */
export interface Sums {
  readonly table: string;
  readonly keys: readonly string[];
  /** Columns that add up. */
  readonly added: readonly string[];
  /** Columns that keep the smaller and the larger value. */
  readonly least: readonly string[];
  readonly greatest: readonly string[];
  /** Values of keys, added, least, greatest; in the order of the keys, so that writers lock rows in one order. */
  readonly rows: readonly (readonly SqlValue[])[];
}

/** Lengths of the buckets that are summed by key, too. */
export const keyRollupWidths: readonly number[] = rollupWidths.slice(1);

const rollupKeys = ['width', 'bucket', 'provider', 'model', 'tenant_id', 'outcome'];
const keyRollupKeys = [
  'width',
  'bucket',
  'key_id',
  'team_id',
  'organisation_id',
  'tenant_id',
  'provider',
  'model',
  'outcome',
];

/** Columns of rollups that add up. */
export const rollupSums = [
  'requests',
  'shared_requests',
  'attempts',
  'failed_attempts',
  'estimated_attempts',
  'unpriced_attempts',
  'cost_nanos',
  ...tokenColumns,
  'duration_us',
] as const;

const at = Object.fromEntries(rollupSums.map((name, index) => [name, index])) as Readonly<
  Record<(typeof rollupSums)[number], number>
>;

interface Rollup {
  /** Values of the keys without the width and the bucket. */
  readonly keys: readonly SqlValue[];
  readonly sums: number[];
  least: number | null;
  greatest: number | null;
}

interface SlotCount {
  readonly keys: readonly SqlValue[];
  count: number;
}

/** By the beginning of the bucket, then by the keys in one text. */
type Buckets<Value> = Map<number, Map<string, Value>>;

/** What rows add to the sums of every width. Hours and days are summed up from the minutes in the end. */
export class RollUp {
  readonly #byTenant: Buckets<Rollup> = new Map();
  readonly #byKey: Buckets<Rollup> = new Map();
  readonly #slots: Buckets<SlotCount> = new Map();

  add(counted: CountedRow): void {
    const { row, provider, model } = counted;
    const { tenant = '', keyId = '', team = '', organisation = '', isStream, shadowOf } = row.subject;
    addRow(within(this.#byTenant, bucketOf(row.endedAt, minute)), counted, (of, what) => [
      of,
      what,
      tenant,
      row.outcome,
    ]);
    addRow(within(this.#byKey, bucketOf(row.endedAt, hour)), counted, (of, what) => [
      keyId,
      team,
      organisation,
      tenant,
      of,
      what,
      row.outcome,
    ]);
    // Refusals and failures say nothing of how long answers take.
    if (row.outcome !== 'completed' || shadowOf !== undefined) return;
    const slots = within(this.#slots, bucketOf(row.endedAt, minute));
    addSlot(slots, [provider, model, 'total', slotOf(micros(row.durationMs))], 1);
    if (!isStream || row.firstByteMs === undefined) return;
    addSlot(slots, [provider, model, 'first_byte', slotOf(micros(row.firstByteMs))], 1);
  }

  /** What is to be added to the tables. */
  get sums(): readonly Sums[] {
    return [
      sumsOf('usage_rollups', rollupKeys, inEveryWidth(this.#byTenant, rollupWidths, mergeRollup)),
      sumsOf('usage_key_rollups', keyRollupKeys, inEveryWidth(this.#byKey, keyRollupWidths, mergeRollup)),
      {
        table: 'usage_latencies',
        keys: ['width', 'bucket', 'provider', 'model', 'measure', 'slot'],
        added: ['requests'],
        least: [],
        greatest: [],
        rows: inEveryWidth(this.#slots, rollupWidths, (slots, _name, { keys, count }) =>
          addSlot(slots, keys, count),
        ).map(([width, bucket, { keys, count }]) => [width, bucket, ...keys, count]),
      },
    ];
  }
}

function sumsOf(table: string, keys: readonly string[], rollups: readonly InWidth<Rollup>[]): Sums {
  return {
    table,
    keys,
    added: rollupSums,
    least: ['duration_min_us'],
    greatest: ['duration_max_us'],
    rows: rollups.map(([width, bucket, rollup]) => [
      width,
      bucket,
      ...rollup.keys,
      ...rollup.sums,
      rollup.least,
      rollup.greatest,
    ]),
  };
}

type InWidth<Value> = readonly [width: number, bucket: number, value: Value];

const [minute, hour] = rollupWidths;

/** The narrowest sums and the wider ones they come to, in the order of their keys. */
function inEveryWidth<Value>(
  narrow: Buckets<Value>,
  widths: readonly number[],
  merge: (into: Map<string, Value>, name: string, value: Value) => void,
): readonly InWidth<Value>[] {
  return widths.flatMap((width) => {
    const buckets: Buckets<Value> = new Map();
    for (const [time, values] of narrow) {
      const wide = within(buckets, bucketOf(time, width));
      for (const [name, value] of values) merge(wide, name, value);
    }
    return sorted(buckets).flatMap(([bucket, values]) =>
      sorted(values).map(([, value]): InWidth<Value> => [width, bucket, value]),
    );
  });
}

function mergeRollup(into: Map<string, Rollup>, name: string, { keys, sums, least, greatest }: Rollup): void {
  const known = into.get(name);
  if (known === undefined) {
    into.set(name, { keys, sums: [...sums], least, greatest });
    return;
  }
  for (let index = 0; index < sums.length; index++) known.sums[index]! += sums[index]!;
  known.least = smaller(known.least, least);
  known.greatest = larger(known.greatest, greatest);
}

/** Keys of what a provider's model did. */
type KeysOf = (provider: string, model: string) => readonly string[];

function addRow(rollups: Map<string, Rollup>, { row, provider, model, attempts }: CountedRow, keysOf: KeysOf): void {
  const own = rollupOf(rollups, keysOf(provider, model));
  // A copy for a target that is only watched is no request of anybody, but it costs.
  if (row.subject.shadowOf === undefined) addRequest(own, row);
  if (attempts === undefined) {
    for (const attempt of row.attempts) addAttempt(own, attempt, attempt.outcome);
    return;
  }
  for (const { attempt, model: name } of attempts) {
    addAttempt(rollupOf(rollups, keysOf(attempt.provider, name)), attempt, attempt.outcome);
  }
}

function rollupOf(rollups: Map<string, Rollup>, keys: readonly string[]): Rollup {
  const name = keys.join('\n');
  const known = rollups.get(name);
  if (known !== undefined) return known;
  const rollup: Rollup = { keys, sums: rollupSums.map(() => 0), least: null, greatest: null };
  rollups.set(name, rollup);
  return rollup;
}

function addRequest(rollup: Rollup, row: LedgerRow): void {
  const duration = micros(row.durationMs);
  rollup.sums[at.requests]! += 1;
  rollup.sums[at.shared_requests]! += row.isShared ? 1 : 0;
  rollup.sums[at.duration_us]! += duration;
  rollup.least = smaller(rollup.least, duration);
  rollup.greatest = larger(rollup.greatest, duration);
}

function addAttempt({ sums }: Rollup, use: AttemptUse, outcome: string): void {
  sums[at.attempts]! += 1;
  sums[at.failed_attempts]! += outcome === 'ok' ? 0 : 1;
  sums[at.estimated_attempts]! += use.isEstimated ? 1 : 0;
  sums[at.unpriced_attempts]! += use.unknownCost === undefined ? 0 : 1;
  sums[at.cost_nanos]! += use.cost ?? 0;
  if (use.usage === undefined) return;
  const counts = tokenCounts(use.usage);
  for (let index = 0; index < counts.length; index++) sums[at.input_tokens + index]! += counts[index]!;
}

function addSlot(slots: Map<string, SlotCount>, keys: readonly SqlValue[], count: number): void {
  const name = keys.join('\n');
  const known = slots.get(name);
  if (known === undefined) slots.set(name, { keys, count });
  else known.count += count;
}

function within<Value>(buckets: Buckets<Value>, bucket: number): Map<string, Value> {
  const known = buckets.get(bucket) ?? new Map<string, Value>();
  buckets.set(bucket, known);
  return known;
}

function bucketOf(time: number, width: number): number {
  return time - (time % width);
}

function smaller(one: number | null, other: number | null): number | null {
  return one === null || (other !== null && other < one) ? other : one;
}

function larger(one: number | null, other: number | null): number | null {
  return one === null || (other !== null && other > one) ? other : one;
}

function sorted<Key extends string | number, Value>(entries: ReadonlyMap<Key, Value>): readonly [Key, Value][] {
  return [...entries].sort(([left], [right]) => (left < right ? -1 : 1));
}
