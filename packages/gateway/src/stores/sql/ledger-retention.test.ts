import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sampleAttempt, sampleRow } from '../../ledger/ledger-row.fixture.ts';
import { batchOf, createLedgerDatabase, type LedgerDatabase } from './ledger-database.fixture.ts';
import { createLedgerReports } from './ledger-reports.ts';
import { defaultRetention, type LedgerRetention, pruneLedger } from './ledger-retention.ts';
import { createSqlLedgerStore } from './ledger-store.ts';
import { testDialects } from './test-databases.fixture.ts';

const DAY = 86_400_000;
const now = Date.UTC(2026, 5, 15, 12, 30);
/** Pauses are over at once. */
const clock = {
  wallNow: () => now,
  schedule(callback: () => void) {
    setImmediate(callback);
    return () => undefined;
  },
};
const retention: LedgerRetention = { rowsMs: 10 * DAY, minutesMs: 2 * DAY, hoursMs: 20 * DAY, daysMs: 100 * DAY };
/** A row on each of so many days back, half of them with an attempt of their own. */
const rowsOf = (days: number, each = 1) =>
  Array.from({ length: days * each }, (_, index) =>
    sampleRow({
      endedAt: now - Math.floor(index / each) * DAY,
      attempts: index % 2 === 0 ? [sampleAttempt()] : [sampleAttempt({ outcome: 'transient' }), sampleAttempt()],
    }),
  );

describe.each(testDialects)('what is old, in $name,', (dialect) => {
  let ledger: LedgerDatabase;
  beforeAll(async () => {
    ledger = await createLedgerDatabase(dialect);
  });
  afterAll(() => ledger.drop());
  afterEach(() => ledger.clear());

  const count = async (table: string) => {
    const [row] = await ledger.database.all<{ count: number }>(`SELECT COUNT(*) AS count FROM ${table}`);
    return row!.count;
  };
  const width = (ms: number) => count(`usage_rollups WHERE width = ${ms}`);

  test('goes, rows before sums, and narrow sums before wide ones', async () => {
    await createSqlLedgerStore(ledger.database).commit(batchOf(rowsOf(50)));
    expect(await pruneLedger({ database: ledger.database, clock, retention })).toBe(39);
    expect(await count('usage_records')).toBe(11);
    expect(await count('attempt_records')).toBe(10);
    expect([await width(60_000), await width(3_600_000), await width(DAY)]).toEqual([3, 21, 50]);
    expect(await count('usage_latencies WHERE width = 60000')).toBe(3);
    expect(await pruneLedger({ database: ledger.database, clock, retention })).toBe(0);
  });

  test('goes in steps, between which it can be stopped', async () => {
    const store = createSqlLedgerStore(ledger.database);
    const rows = rowsOf(20, 150);
    for (let from = 0; from < rows.length; from += 500)
      await store.commit(batchOf(rows.slice(from, from + 500), { from }));
    const stop = new AbortController();
    const schedule = (callback: () => void) => {
      stop.abort();
      callback();
      return () => undefined;
    };
    const stopped = { wallNow: () => now, schedule };
    expect(await pruneLedger({ database: ledger.database, clock: stopped, retention, signal: stop.signal })).toBe(
      1_000,
    );
    expect(await pruneLedger({ database: ledger.database, clock, retention })).toBe(350);
  });

  test('is still in reports, from the sums that are left', async () => {
    await createSqlLedgerStore(ledger.database).commit(batchOf(rowsOf(50)));
    await pruneLedger({ database: ledger.database, clock, retention });
    const reports = createLedgerReports({ database: ledger.database, clock, retention });
    const requests = async (window: string) => (await reports.cost({ window })).total_requests;
    expect([await requests('5d'), await requests('15d'), await requests('45d')]).toEqual([6, 16, 46]);
    expect((await reports.cost({ window: '45d' })).from).toBe('2026-05-01T00:00:00.000Z');
  });

  test('is kept for long by default', () => {
    expect(defaultRetention.rowsMs).toBeGreaterThanOrEqual(90 * DAY);
    expect(defaultRetention.hoursMs).toBeGreaterThan(365 * DAY);
  });
});
