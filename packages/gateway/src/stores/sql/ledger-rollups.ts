import type { LedgerRow } from '../../ledger/ledger-row.ts';
import type { PlainNumbers } from '../../ledger/ledger-store.ts';
import type { SqlValue } from './database.ts';
import { addAttempt, addPlainAttempt, addRequest, larger, type Rollup, rollupSums, smaller } from './ledger-rollup.ts';
import { type CountedAttempt, type CountedRow, micros, type RowSlots } from './ledger-rows.ts';
import { slotOf } from './ledger-slot.ts';
import { tokenCounts } from './ledger-totals.ts';
import type { Group } from './row-groups.ts';

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

interface SlotCount {
  readonly keys: readonly SqlValue[];
  count: number;
}

/** By the beginning of the bucket, then by the keys in one text. */
type Buckets<Value> = Map<number, Map<string, Value>>;

/** Where the rows of one minute count that differ in nothing but numbers. */
interface Place {
  readonly minute: number;
  /** One of them. */
  readonly first: CountedRow;
  readonly byTenant: Rollup;
  readonly byKey: Rollup;
  /** By slot. */
  readonly durations: Map<number, SlotCount>;
  readonly firstBytes: Map<number, SlotCount>;
}

/** What rows add to the sums of every width. Hours and days are summed up from the minutes in the end. */
export class RollUp {
  readonly #byTenant: Buckets<Rollup> = new Map();
  readonly #byKey: Buckets<Rollup> = new Map();
  readonly #slots: Buckets<SlotCount> = new Map();
  readonly #places = new Map<Group, Place>();

  /** Rows of one group differ in their numbers, and in nothing that sums are told apart by. */
  add(counted: CountedRow, group: Group): void {
    const { row, totals, attempts } = counted;
    const { isStream, shadowOf } = row.subject;
    const place = this.#placeOf(counted, group);
    // A copy for a target that is only watched is no request of anybody, but it costs.
    if (shadowOf === undefined) {
      addRequest(place.byTenant, row, micros(row.durationMs));
      addRequest(place.byKey, row, micros(row.durationMs));
    }
    if (attempts !== undefined) this.#addAttempts(counted, attempts);
    else if (row.attempts.length > 0) {
      addAttempt(place.byTenant, row.attempts[0]!, totals.tokens);
      addAttempt(place.byKey, row.attempts[0]!, totals.tokens);
    }
    // Refusals and failures say nothing of how long answers take.
    if (row.outcome !== 'completed' || shadowOf !== undefined) return;
    this.#addSlot(place, 'total', slotOf(micros(row.durationMs)));
    if (isStream && row.firstByteMs !== undefined) this.#addSlot(place, 'first_byte', slotOf(micros(row.firstByteMs)));
  }

  /**
   * Adds a row that differs in nothing but these from those of its group, which say all of their only attempt; answers
   * whether that could be done: not where no row of the group was added in its minute.
   */
  addPlain(group: Group, plain: PlainNumbers, slots: RowSlots): boolean {
    const place = this.#places.get(group);
    if (place === undefined || place.minute !== bucketOf(plain.endedAt, minute)) return false;
    const { row } = place.first;
    const { isStream, shadowOf } = row.subject;
    addPlainAttempt(place.byTenant, row.attempts[0]!, plain);
    addPlainAttempt(place.byKey, row.attempts[0]!, plain);
    if (shadowOf !== undefined) return true;
    addRequest(place.byTenant, row, plain.durationUs);
    addRequest(place.byKey, row, plain.durationUs);
    if (row.outcome !== 'completed') return true;
    this.#addSlot(place, 'total', slots.duration);
    if (isStream && slots.firstByte !== null) this.#addSlot(place, 'first_byte', slots.firstByte);
    return true;
  }

  #placeOf(counted: CountedRow, group: Group): Place {
    const { row, provider, model } = counted;
    const start = bucketOf(row.endedAt, minute);
    const known = this.#places.get(group);
    if (known !== undefined && known.minute === start) return known;
    const place: Place = {
      minute: start,
      first: counted,
      byTenant: rollupOf(within(this.#byTenant, start), tenantKeys(row, provider, model)),
      byKey: rollupOf(within(this.#byKey, bucketOf(start, hour)), ownerKeys(row, provider, model)),
      durations: new Map(),
      firstBytes: new Map(),
    };
    this.#places.set(group, place);
    return place;
  }

  #addAttempts({ row }: CountedRow, attempts: readonly CountedAttempt[]): void {
    const minutes = within(this.#byTenant, bucketOf(row.endedAt, minute));
    const hours = within(this.#byKey, bucketOf(row.endedAt, hour));
    for (const { attempt, model } of attempts) {
      const tokens = tokenCounts(attempt.usage);
      addAttempt(rollupOf(minutes, tenantKeys(row, attempt.provider, model)), attempt, tokens);
      addAttempt(rollupOf(hours, ownerKeys(row, attempt.provider, model)), attempt, tokens);
    }
  }

  #addSlot(place: Place, measure: 'total' | 'first_byte', slot: number): void {
    const counts = measure === 'total' ? place.durations : place.firstBytes;
    let count = counts.get(slot);
    if (count === undefined) {
      const { model, provider } = place.first;
      count = slotCountOf(within(this.#slots, place.minute), [provider, model, measure, slot]);
      counts.set(slot, count);
    }
    count.count += 1;
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
        rows: inEveryWidth(this.#slots, rollupWidths, (slots, _name, { keys, count }) => {
          slotCountOf(slots, keys).count += count;
        }).map(([width, bucket, { keys, count }]) => [width, bucket, ...keys, count]),
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

/** Keys of what a provider's model did, without the width and the bucket. */
function tenantKeys({ subject, outcome }: LedgerRow, provider: string, model: string): readonly string[] {
  return [provider, model, subject.tenant ?? '', outcome];
}

function ownerKeys({ subject, outcome }: LedgerRow, provider: string, model: string): readonly string[] {
  const { keyId = '', team = '', organisation = '', tenant = '' } = subject;
  return [keyId, team, organisation, tenant, provider, model, outcome];
}

function rollupOf(rollups: Map<string, Rollup>, keys: readonly string[]): Rollup {
  const name = keys.join('\n');
  const known = rollups.get(name);
  if (known !== undefined) return known;
  const rollup: Rollup = { keys, sums: rollupSums.map(() => 0), least: null, greatest: null };
  rollups.set(name, rollup);
  return rollup;
}

function slotCountOf(slots: Map<string, SlotCount>, keys: readonly SqlValue[]): SlotCount {
  const name = keys.join('\n');
  const known = slots.get(name);
  if (known !== undefined) return known;
  const slot = { keys, count: 0 };
  slots.set(name, slot);
  return slot;
}

function within<Value>(buckets: Buckets<Value>, bucket: number): Map<string, Value> {
  const known = buckets.get(bucket) ?? new Map<string, Value>();
  buckets.set(bucket, known);
  return known;
}

function bucketOf(time: number, width: number): number {
  return time - (time % width);
}

function sorted<Key extends string | number, Value>(entries: ReadonlyMap<Key, Value>): readonly [Key, Value][] {
  return [...entries].sort(([left], [right]) => (left < right ? -1 : 1));
}
