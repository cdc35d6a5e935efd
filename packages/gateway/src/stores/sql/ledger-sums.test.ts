import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ledgerRows } from '../../ledger/ledger-row.fixture.ts';
import type { LedgerRow } from '../../ledger/ledger-row.ts';
import { batchOf, createLedgerDatabase, type LedgerDatabase } from './ledger-database.fixture.ts';
import { rollupSums } from './ledger-rollup.ts';
import { createSqlLedgerStore } from './ledger-store.ts';
import { needsKeySums, readSums, type SumFilter, type SumGroup } from './ledger-sums.ts';
import { totalsOf } from './ledger-totals.ts';
import { divideWindow } from './ledger-window.ts';
import { testDialects } from './test-databases.fixture.ts';

const start = 1_700_000_000_000;
const hour = 3_600_000;
/** Anywhere, or within the same few minutes: where windows begin and end, rows are looked at one by one. */
const times = fc.oneof(
  fc.integer({ min: start - hour, max: start + 73 * hour }),
  fc.integer({ min: start, max: start + 200_000 }),
);
const windows = fc.record({ from: times, to: fc.option(times, { nil: undefined }) });
const rowLists = fc.array(
  fc.tuple(ledgerRows, times).map(([row, endedAt]) => ({ ...row, endedAt })),
  { maxLength: 40 },
);
const filters: fc.Arbitrary<SumFilter> = fc.record(
  {
    provider: fc.constantFrom('a', 'b'),
    model: fc.constantFrom('a', 'c'),
    tenant: fc.constantFrom('a', ''),
    key: fc.constantFrom('b', ''),
  },
  { requiredKeys: [] },
);
const coarsests = fc.constantFrom(60_000, hour, 24 * hour);
const columns = [...rollupSums, 'duration_min_us', 'duration_max_us'] as const;

/** What sums must come to, from the rows themselves: each attempt at its own provider and model. */
function expected(rows: readonly LedgerRow[], filter: SumFilter) {
  const matches = (row: LedgerRow, provider: string | undefined, model: string | undefined) =>
    (filter.tenant ?? row.subject.tenant ?? '') === (row.subject.tenant ?? '') &&
    (filter.key ?? row.subject.keyId ?? '') === (row.subject.keyId ?? '') &&
    (filter.provider ?? provider ?? '') === (provider ?? '') &&
    (filter.model ?? model) === model;
  const attempts = rows.flatMap((row) =>
    row.attempts.filter(({ provider, model }) => matches(row, provider, model ?? row.subject.modelLabel)),
  );
  const { cost = 0, tokens } = totalsOf(attempts);
  const requests = rows.filter(
    (row) =>
      row.subject.shadowOf === undefined && matches(row, row.provider, row.targetModel ?? row.subject.modelLabel),
  );
  return {
    requests: requests.length,
    shared: requests.filter(({ isShared }) => isShared).length,
    attempts: attempts.length,
    failed: attempts.filter(({ outcome }) => outcome !== 'ok').length,
    estimated: attempts.filter(({ isEstimated }) => isEstimated).length,
    unpriced: attempts.filter(({ unknownCost }) => unknownCost !== undefined).length,
    cost,
    input: tokens[0],
    output: tokens[1],
    cached: tokens[2],
    duration: requests.reduce((sum, { durationMs }) => sum + Math.round(durationMs * 1_000), 0),
    min: requests.length === 0 ? null : Math.min(...requests.map(({ durationMs }) => Math.round(durationMs * 1_000))),
  };
}

describe.each(testDialects)('sums in $name', (dialect) => {
  let ledger: LedgerDatabase;
  beforeAll(async () => {
    ledger = await createLedgerDatabase(dialect);
  });
  afterAll(() => ledger.drop());

  const everything = { rows: 0, minutes: 0, hours: 0 };
  async function sumOver(
    window: { from: number; to: number | undefined },
    coarsest: number,
    filter: SumFilter,
    groups: readonly SumGroup[] = [],
  ) {
    const narrowest = needsKeySums(groups, filter) ? hour : 60_000;
    const { parts } = divideWindow(window, everything, { narrowest, widest: Math.max(coarsest, narrowest) });
    if (parts.length === 0) return expected([], {});
    const rows = await readSums(ledger.database, { columns, parts, groups, filter, limit: 1_000 });
    const sum = (name: keyof (typeof rows)[number]) => rows.reduce((total, row) => total + Number(row[name] ?? 0), 0);
    const mins = rows.flatMap(({ duration_min_us: min }) => (min == null ? [] : [Number(min)]));
    return {
      requests: sum('requests'),
      shared: sum('shared_requests'),
      attempts: sum('attempts'),
      failed: sum('failed_attempts'),
      estimated: sum('estimated_attempts'),
      unpriced: sum('unpriced_attempts'),
      cost: sum('cost_nanos'),
      input: sum('input_tokens'),
      output: sum('output_tokens'),
      cached: sum('cached_tokens'),
      duration: sum('duration_us'),
      min: mins.length === 0 ? null : Math.min(...mins),
    };
  }

  test('are those of the rows, in any window, whichever tables they are read from', async () => {
    await fc.assert(
      fc.asyncProperty(
        rowLists,
        fc.array(fc.tuple(windows, filters, coarsests), { minLength: 5, maxLength: 10 }),
        async (rows, asks) => {
          await ledger.clear();
          await createSqlLedgerStore(ledger.database).commit(batchOf(rows));
          for (const [window, filter, coarsest] of asks) {
            const { from, to = Number.POSITIVE_INFINITY } = window;
            const inside = rows.filter(({ endedAt }) => endedAt >= from && endedAt < to);
            expect(await sumOver(window, coarsest, filter)).toEqual(expected(inside, filter));
            expect(await sumOver(window, coarsest, filter, ['provider', 'model', 'key_id'])).toEqual(
              expected(inside, filter),
            );
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  test('of steps are sums of what ended in them', async () => {
    const store = createSqlLedgerStore(ledger.database);
    const [rows] = fc.sample(fc.array(ledgerRows, { minLength: 50, maxLength: 50 }), { numRuns: 1, seed: 5 });
    await ledger.clear();
    await store.commit(batchOf(rows!));
    const from = start + 1_234_567;
    const { parts } = divideWindow({ from, to: undefined }, everything, { narrowest: 60_000, widest: hour });
    const steps = await readSums(ledger.database, { columns, parts, groups: [], step: hour, filter: {}, limit: 1_000 });
    expect(steps.length).toBeGreaterThan(20);
    expect(steps.map(({ step_at: at }) => at)).toEqual(steps.map(({ step_at: at }) => at).toSorted((a, b) => a! - b!));
    for (const step of steps) {
      const inside = rows!.filter(
        ({ endedAt }) => endedAt >= Math.max(from, step.step_at!) && endedAt < step.step_at! + hour,
      );
      expect(Number(step.cost_nanos)).toBe(expected(inside, {}).cost);
    }
  });
});
