import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ledgerRows } from '../../ledger/ledger-row.fixture.ts';
import type { LedgerRow } from '../../ledger/ledger-row.ts';
import { batchOf, createLedgerDatabase, type LedgerDatabase } from './ledger-database.fixture.ts';
import { createLedgerReports, type UsageQuery } from './ledger-reports.ts';
import { floorsOf, pruneLedger } from './ledger-retention.ts';
import { createSqlLedgerStore } from './ledger-store.ts';
import { totalsOf } from './ledger-totals.ts';
import { type UsageGrouping, usageGroupings } from './ledger-usage-report.ts';
import { testDialects } from './test-databases.fixture.ts';

const [HOUR, DAY] = [3_600_000, 86_400_000];
const retention = { rowsMs: 2 * DAY, minutesMs: 6 * HOUR, hoursMs: 3 * DAY, daysMs: 100 * DAY };
/** In the middle of a minute; the leap day of a year is four days before. */
const now = Date.parse('2024-03-03T23:59:31.234Z');
const clock = {
  wallNow: () => now,
  schedule: (callback: () => void) => {
    callback();
    return () => {};
  },
};

const borders = [DAY, HOUR, 60_000].flatMap((width) => [now - (now % width), now - (now % width) - 1]);
const times = fc.oneof(
  fc.integer({ min: now - 4 * DAY, max: now }),
  fc.integer({ min: now - 120_000, max: now }),
  fc.constantFrom(...borders, now - HOUR, now - DAY, now - 2 * DAY),
);
const rowLists = fc.array(
  fc.tuple(ledgerRows, times).map(([row, endedAt]) => ({ ...row, endedAt })),
  { maxLength: 30 },
);
const windows = { '1s': 1_000, '90s': 90_000, '59m': 59 * 60_000, '13h': 13 * HOUR, '2d': 2 * DAY, '60h': 60 * HOUR };
const longer = { '3d': 3 * DAY, '73h': 73 * HOUR, '4d': 4 * DAY, '30d': 30 * DAY };
const lengths: Readonly<Record<string, number>> = { ...windows, ...longer };
const queries: fc.Arbitrary<UsageQuery & { readonly groupBy: UsageGrouping }> = fc.record(
  {
    window: fc.constantFrom(...Object.keys(lengths)),
    groupBy: fc.constantFrom(...usageGroupings),
    provider: fc.constantFrom('a', 'b'),
    model: fc.constantFrom('a', 'b'),
    tenant: fc.constantFrom('a', 'c'),
  },
  { requiredKeys: ['window', 'groupBy'] },
);

interface Sums {
  requests: number;
  nanos: number;
  input: number;
  output: number;
}

/** Where hours are gone, those before the next day that has them are told with their days. */
function hoursFrom(window: string): number {
  const floors = floorsOf(retention, now);
  const from = now - lengths[window]!;
  const areGone = from < floors.rows && from - (from % HOUR) < floors.hours;
  return areGone ? Math.ceil(floors.hours / DAY) * DAY : 0;
}

/** What a report must come to, from the rows themselves: each attempt at its own provider and model. */
function expected(rows: readonly LedgerRow[], query: UsageQuery & { readonly groupBy: UsageGrouping }) {
  const groups = new Map<string, Sums>();
  for (const { attempts, endedAt, provider, subject, targetModel } of rows) {
    const width = query.groupBy === 'hour' && endedAt >= hoursFrom(query.window) ? HOUR : DAY;
    const step = new Date(endedAt - (endedAt % width)).toISOString();
    const { keyId: key = '', organisation = '', team = '', tenant = '' } = subject;
    const add = (own: { provider: string; model: string }, sums: Sums): void => {
      const names = { ...own, tenant, team, organisation, key, hour: step, day: step };
      if ((['provider', 'model', 'tenant'] as const).some((name) => (query[name] ?? names[name]) !== names[name]))
        return;
      const group = groups.get(names[query.groupBy]) ?? { requests: 0, nanos: 0, input: 0, output: 0 };
      groups.set(names[query.groupBy], group);
      for (const name of ['requests', 'nanos', 'input', 'output'] as const) group[name] += sums[name];
    };
    const isRequest = subject.shadowOf === undefined;
    const answered = { provider: provider ?? '', model: targetModel ?? subject.modelLabel };
    add(answered, { requests: isRequest ? 1 : 0, nanos: 0, input: 0, output: 0 });
    for (const attempt of attempts) {
      const [input, output] = totalsOf([attempt]).tokens;
      const own = { provider: attempt.provider, model: attempt.model ?? subject.modelLabel };
      add(own, { requests: 0, nanos: attempt.cost ?? 0, input: input!, output: output! });
    }
  }
  return withoutEmpty(groups);
}

function withoutEmpty(groups: ReadonlyMap<string, Sums>): Readonly<Record<string, Sums>> {
  const told = [...groups].filter(([, sums]) => Object.values(sums).some((sum) => sum > 0));
  return Object.fromEntries(told.sort(([left], [right]) => (left < right ? -1 : 1)));
}

function totalOf(groups: Readonly<Record<string, Sums>>, name: keyof Sums): number {
  return Object.values(groups).reduce((sum, sums) => sum + sums[name], 0);
}

const nanosOf = (dollars: number): number => Math.round(dollars * 1e9);

describe.each(testDialects)('reports from $name', (dialect) => {
  let ledger: LedgerDatabase;
  beforeAll(async () => {
    ledger = await createLedgerDatabase(dialect);
  });
  afterAll(() => ledger.drop());

  test('are what rows of their time come to, by any grouping and filter, whether or not the rows are gone', async () => {
    const { database } = ledger;
    await fc.assert(
      fc.asyncProperty(rowLists, queries, fc.boolean(), async (rows, query, arePruned) => {
        await ledger.clear();
        await createSqlLedgerStore(database).commit(batchOf(rows));
        if (arePruned) await pruneLedger({ database, clock, retention });
        const reports = createLedgerReports({ database, clock, retention });
        const cost = await reports.cost(query);
        const asked = now - lengths[query.window]!;
        const from = Date.parse(cost.from);
        expect(from).toBeLessThanOrEqual(asked);
        expect(asked - from).toBeLessThan(DAY);
        const wanted = expected(
          rows.filter(({ endedAt }) => endedAt >= from),
          query,
        );
        const groups = cost.groups.map(
          ({ cost: dollars, input_tokens: input, name, output_tokens: output, requests }) => {
            return [name, { requests, nanos: nanosOf(dollars), input, output }] as const;
          },
        );
        expect(withoutEmpty(new Map(groups))).toEqual(wanted);
        expect(nanosOf(cost.total_cost)).toBe(totalOf(wanted, 'nanos'));
        expect(cost.total_requests).toBe(totalOf(wanted, 'requests'));
        for (const list of [cost.by_provider, cost.by_model, cost.by_tenant, cost.time_series]) {
          expect(nanosOf(list.reduce((sum, one) => sum + one.cost, 0))).toBe(totalOf(wanted, 'nanos'));
        }
        const tokens = await reports.tokens(query);
        expect([tokens.from, tokens.total_input_tokens]).toEqual([cost.from, totalOf(wanted, 'input')]);
        expect(tokens.total_output_tokens).toBe(totalOf(wanted, 'output'));
      }),
      { numRuns: 50 },
    );
  });
});
