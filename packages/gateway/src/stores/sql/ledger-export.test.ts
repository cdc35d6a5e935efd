import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleAttempt, sampleRow, sampleSubject } from '../../ledger/ledger-row.fixture.ts';
import { batchOf, createLedgerDatabase, type LedgerDatabase } from './ledger-database.fixture.ts';
import { type ExportAsk, exportUsage, hasLostRows } from './ledger-export.ts';
import { createSqlLedgerStore } from './ledger-store.ts';
import { testDialects } from './test-databases.fixture.ts';

const start = 1_700_000_000_000;
const COUNT = 2_500;
/** Many end in the same millisecond, as they do when a page ends between them. */
const rows = Array.from({ length: COUNT }, (_, index) =>
  sampleRow({
    subject: sampleSubject({ requestId: `r${index}`, tenant: index % 2 === 0 ? 'even' : undefined }),
    endedAt: start + Math.floor(index / 700),
  }),
);

describe.each(testDialects)('an export from $name', (dialect) => {
  let ledger: LedgerDatabase;
  beforeAll(async () => {
    ledger = await createLedgerDatabase(dialect);
    const store = createSqlLedgerStore(ledger.database);
    for (let from = 0; from < COUNT; from += 500) await store.commit(batchOf(rows.slice(from, from + 500), { from }));
  });
  afterAll(() => ledger.drop());

  const read = async (ask: Partial<ExportAsk>) => {
    const pieces: string[] = [];
    const window = { from: start, to: start + 1_000, filter: {}, format: 'json' as const };
    for await (const piece of exportUsage(ledger.database, { ...window, ...ask })) pieces.push(piece);
    return pieces;
  };
  const ids = (text: string) => (JSON.parse(text) as { request_id: string }[]).map(({ request_id: id }) => id);

  test('has every row once, in pieces', async () => {
    const pieces = await read({});
    expect(pieces).toHaveLength(5);
    expect(ids(pieces.join(''))).toEqual(rows.map(({ subject }) => subject.requestId));
  });

  test('has a line for each row where that is asked for', async () => {
    const text = (await read({ format: 'jsonl' })).join('');
    expect(text.split('\n')).toHaveLength(COUNT + 1);
    expect(JSON.parse(text.split('\n')[0]!)).toMatchObject({
      time: '2023-11-14T22:13:20.000Z',
      request_id: 'r0',
      tenant: 'even',
      cost: '0.000001',
      is_estimated: false,
      failure: null,
    });
  });

  test('is narrowed by time and by who asked', async () => {
    expect(ids((await read({ from: start + 1, to: start + 2 })).join(''))).toHaveLength(700);
    expect(ids((await read({ filter: { tenant: 'even' } })).join(''))).toHaveLength(COUNT / 2);
    expect(ids((await read({ filter: { tenant: '', provider: 'acme', outcome: 'completed' } })).join(''))).toHaveLength(
      COUNT / 2,
    );
  });

  test('of nothing had an empty line for a row', async () => {
    expect(ids((await read({ from: 0, to: 1 })).join(''))).toEqual([]);
    expect((await read({ from: 0, to: 1, format: 'csv' })).join('')).toMatch(/^time,request_id,[a-z_,]+\r\n$/);
    expect((await read({ from: 0, to: 1, format: 'jsonl' })).join('')).toBe('');
  });

  test('where rows are gone passed for everything', async () => {
    const isLost = (ask: Partial<ExportAsk>, rows: number, hours = 0) =>
      hasLostRows(ledger.database, { from: 0, to: start + 1_000, filter: {}, format: 'csv', ...ask }, { rows, hours });
    const [hour, day] = [3_600_000, 86_400_000];
    expect(await isLost({}, start + hour)).toBe(true);
    // What ended in the hour in which the rows begin is told of by none of the sums before.
    expect(await isLost({}, start)).toBe(false);
    expect(await isLost({ from: start - 5 * day, to: start - 4 * day }, start + hour)).toBe(false);
    const later = { from: start + hour, to: start + 2 * hour };
    expect([await isLost(later, start + day), await isLost(later, start + day, start + day)]).toEqual([false, true]);
    expect([
      await isLost({ filter: { tenant: 'even' } }, start + hour),
      await isLost({ filter: { tenant: 'odd' } }, start + hour),
    ]).toEqual([true, false]);
  });

  test('reads no more than it is asked for', async () => {
    const pieces = exportUsage(ledger.database, { from: start, to: start + 1_000, filter: {}, format: 'json' });
    expect((await pieces.next()).value).toBe('[\n');
    expect(ids(`[${(await pieces.next()).value}]`)).toHaveLength(1_000);
    await pieces.return(undefined);
    expect((await pieces.next()).done).toBe(true);
  });

  test('for spreadsheets quotes what must be, and lets nothing run as a formula', async () => {
    const odd = sampleRow({
      subject: sampleSubject({ requestId: 'odd', requestedModel: '=cmd("x"),\n' }),
      endedAt: start + 5_000,
      status: 200,
      attempts: [sampleAttempt({ cost: undefined, unknownCost: 'no_price' })],
    });
    await createSqlLedgerStore(ledger.database).commit(batchOf([odd], { spool: 'spool-1-here.1.odd' }));
    const text = (await read({ from: start + 5_000, to: start + 6_000, format: 'csv' })).join('');
    const [head, ...lines] = text.split('\r\n');
    expect(head!.split(',')).toHaveLength(33);
    expect(lines.join('\r\n')).toBe(
      `2023-11-14T22:13:25.000Z,odd,org,tenant,team,key,app,chat,"'=cmd(""x""),\n",acme,main,large-2,completed,200,,1,251.25,120,100,20,0,0,0,0,0,false,,no_price,,false,0,0,\r\n`,
    );
  });

  test('had formulas where a spreadsheet divides at semicolons, or reads wide characters', async () => {
    const models = ['a;=b', 'a\t@b', 'a\n+b', '＝b', 'a;b', 'a-b', '-1'];
    const odd = models.map((requestedModel, index) =>
      sampleRow({ subject: sampleSubject({ requestedModel }), endedAt: start + 7_000 + index }),
    );
    await createSqlLedgerStore(ledger.database).commit(batchOf(odd, { spool: 'spool-1-here.1.cells' }));
    const text = (await read({ from: start + 7_000, to: start + 8_000, format: 'csv' })).join('');
    const cells = [...text.matchAll(/,chat,("[^"]*"|[^,]*),acme/g)].map(([, cell]) => cell);
    expect(cells).toEqual(["a;'=b", "a\t'@b", '"a\n\'+b"', "'＝b", 'a;b', 'a-b', "'-1"]);
  });
});
