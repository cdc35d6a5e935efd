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
    if (ledger.database.dialect === 'postgres') await ledger.database.script('ANALYZE usage_records');
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

  test('counts no further than it reaches', async () => {
    const everything = { filter: {}, offset: 0, limit: 1 };
    const page = await readRequestLog(ledger.database, everything);
    expect(page).toMatchObject({ rows: [{ request_id: newest[0] }], total: REQUEST_LOG_REACH, isMore: true });
  });

  test.each<[string, RequestLogFilter]>([
    ['usage_records_ended', {}],
    ['usage_records_ended', { from: start }],
    ['usage_records_key', { keyId: 'mine' }],
    ['usage_records_tenant', { tenantId: 'acme', from: start }],
    ['usage_records_model', { model: 'rare' }],
    ['usage_records_provider', { provider: 'rare' }],
    ['usage_records_failed', { status: { from: 500, to: 599 } }],
    ['usage_records_failed', { outcome: 'failed' }],
  ])('is read through %s for %j', async (index, filter) => {
    const { page } = requestLogStatements({ filter, offset: 0, limit: 50 });
    const explain = ledger.database.dialect === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN';
    const plan = JSON.stringify(await ledger.database.report(`${explain} ${page.sql}`, page.parameters));
    expect(plan).toContain(index);
  });
});
