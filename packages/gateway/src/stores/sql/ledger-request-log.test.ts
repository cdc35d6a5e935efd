import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleAttempt, sampleRow, sampleSubject } from '../../ledger/ledger-row.fixture.ts';
import { batchOf, createLedgerDatabase, type LedgerDatabase } from './ledger-database.fixture.ts';
import {
  REQUEST_LOG_REACH,
  type RequestLogFilter,
  readRequestLog,
  requestLogStatements,
} from './ledger-request-log.ts';
import { createSqlLedgerStore } from './ledger-store.ts';
import { testDialects } from './test-databases.fixture.ts';

const start = 1_700_000_000_000;
const COUNT = 2_000;
/** Many end in the same millisecond. One in two is of a key, one in four of a tenant, one in a hundred failed. */
const rows = Array.from({ length: COUNT }, (_, index) => {
  const isFailed = index % 100 === 7;
  return sampleRow({
    subject: sampleSubject({
      requestId: `r${index}`,
      keyId: index % 2 === 0 ? 'mine' : undefined,
      tenant: index % 4 === 0 ? 'acme' : undefined,
      requestedModel: index % 3 === 0 ? 'fast' : undefined,
    }),
    endedAt: start + Math.floor(index / 300),
    outcome: isFailed ? 'failed' : 'completed',
    // A stream that broke had a good status.
    status: isFailed && index % 200 === 7 ? 502 : 200,
    attempts: [sampleAttempt({ outcome: isFailed ? 'transient' : 'ok' })],
  });
});
const newest = rows.toReversed().map(({ subject }) => subject.requestId);

describe.each(testDialects)('the log of requests on $name', (dialect) => {
  let ledger: LedgerDatabase;
  beforeAll(async () => {
    ledger = await createLedgerDatabase(dialect);
    const store = createSqlLedgerStore(ledger.database);
    for (let from = 0; from < COUNT; from += 500) await store.commit(batchOf(rows.slice(from, from + 500), { from }));
    // Older ones of nobody, more than a list reaches.
    const old = sampleRow({ subject: sampleSubject({ keyId: undefined, tenant: undefined }), endedAt: start - 5_000 });
    for (let from = 0; from <= REQUEST_LOG_REACH; from += 5_000) {
      await store.commit(batchOf(Array(5_000).fill(old), { from, spool: 'spool-2-here.1.a' }));
    }
    if (ledger.database.dialect === 'postgres') await ledger.database.script('ANALYZE usage_rows, usage_kinds');
  });
  afterAll(() => ledger.drop());

  const read = async (filter: RequestLogFilter, { offset = 0, limit = COUNT } = {}) => {
    const page = await readRequestLog(ledger.database, { filter: { from: start, ...filter }, offset, limit });
    return { ...page, rows: page.rows.map(({ request_id: id }) => id) };
  };

  test('has every request once on its pages, the newest first', async () => {
    const pages: string[] = [];
    for (let offset = 0; offset < COUNT; offset += 700) {
      pages.push(...(await read({}, { offset, limit: 700 })).rows);
    }
    expect(pages).toEqual(newest);
    expect(await read({}, { offset: COUNT, limit: 10 })).toEqual({ rows: [], total: COUNT, isMore: false });
  });

  test.each<[string, RequestLogFilter, (index: number) => boolean]>([
    ['a key', { keyId: 'mine' }, (index) => index % 2 === 0],
    ['a tenant', { tenantId: 'acme' }, (index) => index % 4 === 0],
    ['a model', { model: 'fast' }, (index) => index % 3 === 0],
    ['a status', { status: { from: 502, to: 502 } }, (index) => index % 200 === 7],
    ['a hundred of them', { status: { from: 500, to: 599 } }, (index) => index % 200 === 7],
    ['the usual status', { status: { from: 200, to: 299 } }, (index) => index % 200 !== 7],
    ['what failed', { outcome: 'failed' }, (index) => index % 100 === 7],
    ['what completed', { outcome: 'completed' }, (index) => index % 100 !== 7],
    ['a time', { from: start + 1, to: start + 3 }, (index) => index >= 300 && index < 900],
    ['all at once', { keyId: 'mine', model: 'fast', to: start + 1 }, (index) => index % 6 === 0 && index < 300],
    ['nobody', { keyId: '' }, () => false],
  ])('is narrowed to %s', async (_name, filter, isIn) => {
    const expected = newest.filter((id) => isIn(Number(id.slice(1))));
    expect(await read(filter)).toEqual({ rows: expected, total: expected.length, isMore: false });
  });

  test('has every request of several kinds once on its pages', async () => {
    const pages: string[] = [];
    for (let offset = 0; offset < COUNT; offset += 70) {
      pages.push(...(await read({ outcome: 'completed' }, { offset, limit: 70 })).rows);
    }
    expect(pages).toEqual(newest.filter((id) => Number(id.slice(1)) % 100 !== 7));
  });

  test('counts no further than it reaches', async () => {
    const everything = { filter: {}, offset: 0, limit: 1 };
    const page = await readRequestLog(ledger.database, everything);
    expect(page).toMatchObject({ rows: [{ request_id: newest[0] }], total: REQUEST_LOG_REACH, isMore: true });
  });

  test.each<[string, RequestLogFilter]>([
    ['usage_rows_ended', {}],
    ['usage_rows_ended', { from: start }],
    ['usage_rows_kind', { keyId: 'mine' }],
    ['usage_rows_kind', { tenantId: 'acme', from: start }],
    ['usage_rows_kind', { model: 'rare' }],
    ['usage_rows_kind', { provider: 'rare' }],
    ['usage_rows_kind', { status: { from: 500, to: 599 } }],
    ['usage_rows_kind', { outcome: 'failed' }],
    ['usage_rows_kind', { outcome: 'completed', to: start + 3 }],
  ])('is read through %s for %j, and never through all rows', async (index, filter) => {
    const { count, page } = requestLogStatements({ filter, offset: 0, limit: 50 }, ledger.database.dialect);
    const explain = ledger.database.dialect === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN';
    const planOf = async ({ sql, parameters }: typeof page) =>
      JSON.stringify(await ledger.database.report(`${explain} ${sql}`, parameters));
    const plans = [await planOf(page)];
    // Of everything, any rows are counted, up to the reach.
    if (Object.keys(filter).length > 0) plans.push(await planOf(count));
    for (const plan of plans) {
      expect(plan).toContain(index);
      expect(plan).not.toMatch(/Seq Scan on usage_rows|SCAN (entry|usage_rows)"/);
    }
  });

  // SQLite does not tell how many rows it read.
  if (dialect.name === 'SQLite') return;

  test('reads hardly more rows of a kind than the page reaches', async () => {
    const { page } = requestLogStatements({ filter: { outcome: 'completed' }, offset: 0, limit: 50 }, 'postgres');
    const explained = await ledger.database.report(`EXPLAIN (ANALYZE, TIMING OFF) ${page.sql}`, page.parameters);
    const counts = [...JSON.stringify(explained).matchAll(/usage_rows.*?actual rows=([\d.]+) loops=(\d+)/g)];
    const read = counts.map(([, rows, loops]) => Number(rows) * Number(loops));
    expect(read.length).toBeGreaterThan(1);
    // Of some dozen kinds; there are more than ten thousand rows.
    expect(Math.max(...read)).toBeLessThan(1_000);
  });
});
