import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleAttempt, sampleRow, sampleSubject } from '../../ledger/ledger-row.fixture.ts';
import type { LedgerRow } from '../../ledger/ledger-row.ts';
import { batchOf, createLedgerDatabase, type LedgerDatabase } from './ledger-database.fixture.ts';
import { createLedgerReports, type LedgerReports } from './ledger-reports.ts';
import { defaultRetention } from './ledger-retention.ts';
import { createSqlLedgerStore } from './ledger-store.ts';
import { testDialects } from './test-databases.fixture.ts';

const now = Date.UTC(2026, 5, 15, 12, 30, 30);
const hoursAgo = (hours: number) => now - hours * 3_600_000;

/** A request of a tenant, answered by a model of a provider in so many milliseconds. */
function request(
  provider: string,
  model: string,
  tenant: string | undefined,
  ms: number,
  changes: Partial<LedgerRow> = {},
) {
  const attempt = sampleAttempt({
    provider,
    model,
    usage: { input: 1_000, output: 100, cachedInput: 400 },
    cost: 5_000_000,
  });
  return sampleRow({
    subject: sampleSubject({ tenant, keyId: `${tenant}-key`, requestId: `${provider}-${ms}` }),
    provider,
    targetModel: model,
    durationMs: ms,
    endedAt: hoursAgo(0.1),
    attempts: [attempt],
    ...changes,
  });
}

const failedFirst = request('beta', 'small', 'two', 400, {
  attempts: [
    sampleAttempt({
      provider: 'acme',
      model: 'large',
      outcome: 'truncated',
      cost: 3_000_000,
      usage: { input: 7, output: 3 },
      isEstimated: true,
    }),
    sampleAttempt({ provider: 'beta', model: 'small', cost: 1, usage: { input: 1, output: 1 } }),
  ],
});
const rows: readonly LedgerRow[] = [
  request('acme', 'large', 'one', 100),
  request('acme', 'large', 'one', 200, { endedAt: hoursAgo(3) }),
  request('acme', 'small', undefined, 300, { endedAt: hoursAgo(30) }),
  failedFirst,
  request('beta', 'small', 'two', 50, {
    outcome: 'failed',
    status: 502,
    attempts: [sampleAttempt({ provider: 'beta', model: 'small', outcome: 'overloaded', usage: undefined, cost: 0 })],
  }),
  request('acme', 'large', 'one', 9_999, {
    subject: sampleSubject({ tenant: 'one', shadowOf: 'req', isStream: true }),
  }),
  request('acme', 'large', 'one', 150, {
    subject: sampleSubject({ tenant: 'one', isStream: true }),
    firstByteMs: 30,
    isShared: true,
    attempts: [],
  }),
  request('beta', 'new', 'two', 60, {
    attempts: [
      sampleAttempt({
        provider: 'beta',
        model: 'new',
        cost: undefined,
        unknownCost: 'no_price',
        usage: { input: 2, output: 2 },
      }),
    ],
  }),
];

describe.each(testDialects)('reports from $name', (dialect) => {
  let ledger: LedgerDatabase;
  let reports: LedgerReports;
  beforeAll(async () => {
    ledger = await createLedgerDatabase(dialect);
    await createSqlLedgerStore(ledger.database).commit(batchOf(rows));
    const clock = { wallNow: () => now };
    reports = createLedgerReports({ database: ledger.database, clock, retention: defaultRetention });
  });
  afterAll(() => ledger.drop());

  test('of costs tell who and what they were for', async () => {
    const report = await reports.cost({ window: '24h' });
    expect(report).toMatchObject({
      window: '24h',
      from: '2026-06-14T12:30:30.000Z',
      currency: 'USD',
      total_cost: 0.018_000_001,
      total_requests: 6,
      total_input_tokens: 3_010,
      total_output_tokens: 306,
      unpriced_attempts: 1,
      estimated_attempts: 1,
      group_by: 'provider',
      is_truncated: false,
    });
    expect(report.avg_cost_per_request).toBeCloseTo(0.003, 6);
    expect(report.by_provider).toEqual([
      { provider: 'acme', cost: 0.018, requests: 3, input_tokens: 3_007, output_tokens: 303, unpriced_attempts: 0 },
      { provider: 'beta', cost: 1e-9, requests: 3, input_tokens: 3, output_tokens: 3, unpriced_attempts: 1 },
    ]);
    expect(report.groups).toEqual(report.by_provider.map(({ provider, ...sums }) => ({ name: provider, ...sums })));
    expect(report.by_model.map(({ model, cost }) => [model, cost])).toEqual([
      ['large', 0.018],
      ['small', 1e-9],
      ['new', 0],
    ]);
    expect(report.by_tenant.map(({ tenant, cost, requests }) => [tenant, cost, requests])).toEqual([
      ['one', 0.015, 3],
      ['two', 0.003_000_001, 3],
    ]);
    expect(report.time_series.map(({ time, cost }) => [time, cost])).toEqual([
      ['2026-06-15T09:00:00.000Z', 0.005],
      ['2026-06-15T12:00:00.000Z', 0.013_000_001],
    ]);
    expect(report).not.toHaveProperty('breakdown');
  });

  test('of costs can be narrowed and told apart otherwise', async () => {
    const cost = async (query: object) => (await reports.cost({ window: '7d', ...query })).total_cost;
    expect(await cost({})).toBe(0.023_000_001);
    expect(await cost({ tenant: 'two' })).toBe(0.003_000_001);
    expect(await cost({ tenant: '' })).toBe(0.005);
    expect(await cost({ provider: 'beta' })).toBe(1e-9);
    expect(await cost({ model: 'small' })).toBe(0.005_000_001);
    expect(await cost({ key: 'two-key' })).toBe(0.003_000_001);
    expect(await cost({ provider: 'none' })).toBe(0);
    const grouped = async (groupBy: 'key' | 'hour' | 'day' | 'team') =>
      (await reports.cost({ window: '7d', groupBy })).groups.map(({ name, requests }) => [name, requests]);
    expect(await grouped('key')).toEqual([
      ['one-key', 2],
      ['key', 1],
      ['undefined-key', 1],
      ['two-key', 3],
    ]);
    expect(await grouped('team')).toEqual([['team', 7]]);
    expect(await grouped('day')).toEqual([
      ['2026-06-14T00:00:00.000Z', 1],
      ['2026-06-15T00:00:00.000Z', 6],
    ]);
    expect(await grouped('hour')).toEqual([
      ['2026-06-14T06:00:00.000Z', 1],
      ['2026-06-15T09:00:00.000Z', 1],
      ['2026-06-15T12:00:00.000Z', 5],
    ]);
  });

  test('of costs break down on demand', async () => {
    const { breakdown } = await reports.cost({ window: '24h', breakdown: true });
    expect(breakdown?.map(({ provider, model, tenant, cost }) => [provider, model, tenant, cost])).toEqual([
      ['acme', 'large', 'one', 0.015],
      ['acme', 'large', 'two', 0.003],
      ['beta', 'small', 'two', 1e-9],
      ['beta', 'new', 'two', 0],
    ]);
  });

  test('of tokens tell classes on demand', async () => {
    const plain = await reports.tokens({ window: '24h', groupBy: 'model' });
    expect(plain).toMatchObject({
      total_tokens: 3_316,
      total_input_tokens: 3_010,
      total_output_tokens: 306,
      total_cached_tokens: 1_200,
      total_requests: 6,
      estimated_attempts: 1,
    });
    expect(plain.groups[0]).toEqual({
      name: 'large',
      requests: 3,
      total_tokens: 3_310,
      input_tokens: 3_007,
      output_tokens: 303,
    });
    const detailed = await reports.tokens({ window: '24h', groupBy: 'model', breakdown: true });
    expect(detailed.groups[0]).toMatchObject({ cached_tokens: 1_200, reasoning_tokens: 0 });
  });

  test('of latencies tell completed requests only', async () => {
    const report = await reports.latency({ window: '24h', limit: 3, percentiles: [50, 99.9] });
    expect(report).toMatchObject({ window: '24h', total_requests: 5, avg: 182, min: 60, max: 400 });
    expect(Math.abs(report['p50']! - 150) / 150).toBeLessThan(0.025);
    expect(Math.abs(report['p99.9']! - 400) / 400).toBeLessThan(0.025);
    expect(report.by_provider.map(({ provider, total_requests: requests, max }) => [provider, requests, max])).toEqual([
      ['acme', 3, 200],
      ['beta', 2, 400],
    ]);
    expect(report.by_model.map(({ model }) => model).toSorted()).toEqual(['large', 'new', 'small']);
    expect(report.first_byte).toMatchObject({ total_requests: 1 });
    expect(Math.abs(report.first_byte['p50']! - 30) / 30).toBeLessThan(0.025);
    expect(report.recent_requests).toHaveLength(3);
    expect(report.recent_requests[0]).toMatchObject({ time: new Date(hoursAgo(0.1)).toISOString(), status: 200 });
  });

  test('of latencies have what ended just within the window', async () => {
    const report = await reports.latency({ window: '3h', provider: 'acme', percentiles: [100] });
    expect(report).toMatchObject({ total_requests: 3, max: 200 });
    expect(Math.abs(report['p100']! - 200) / 200).toBeLessThan(0.025);
  });

  test('of latencies can be narrowed', async () => {
    const beta = await reports.latency({ window: '24h', provider: 'beta' });
    expect(beta).toMatchObject({ total_requests: 2, min: 60, max: 400 });
    expect(beta.recent_requests.map(({ provider }) => provider)).toEqual(['beta', 'beta', 'beta']);
    expect(await reports.latency({ window: '7d', model: 'small' })).toMatchObject({ total_requests: 2, min: 300 });
  });

  test('of nothing say so', async () => {
    const nothing = await reports.latency({ window: '24h', provider: 'none' });
    expect(nothing).toMatchObject({ total_requests: 0, avg: null, min: null, max: null, p50: null, by_provider: [] });
    expect(await reports.cost({ window: '1s' })).toMatchObject({ total_cost: 0, avg_cost_per_request: 0, groups: [] });
  });

  test('refuse what is no window and no percentile', async () => {
    await expect(reports.cost({ window: 'yesterday' })).rejects.toThrow('a number with a unit');
    expect(() => reports.latency({ window: '1h', percentiles: [0] })).toThrow('above 0');
  });
});
