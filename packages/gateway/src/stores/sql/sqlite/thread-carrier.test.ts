import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../canonical/clock.ts';
import { createLedgerBench, type LedgerBench } from '../../../ledger/ledger-bench.fixture.ts';
import { ledgerRows, sampleRow, sampleSubject } from '../../../ledger/ledger-row.fixture.ts';
import type { LedgerRow } from '../../../ledger/ledger-row.ts';
import { OwnCarrier } from '../../../ledger/spool-carrier.ts';
import { intentOf, names, rowNamed, serve } from '../../../ledger/spooled-exchanges.fixture.ts';
import { batchOf, createLedgerDatabase, type LedgerDatabase } from '../ledger-database.fixture.ts';
import { createSqlLedgerStore } from '../ledger-store.ts';
import { SqlError } from '../sql-error.ts';
import { testDialects } from '../test-databases.fixture.ts';
import { type AskToCarry, ThreadCarrier } from './thread-carrier.ts';

const sqlite = testDialects.find(({ name }) => name === 'SQLite')!;

/** Rows of which many differ in nothing but their id and their numbers, over some minutes. */
const likeRows = fc
  .array(ledgerRows, { minLength: 1, maxLength: 3 })
  .chain((kinds) =>
    fc.array(
      fc.record({
        kind: fc.constantFrom(...kinds, sampleRow(), sampleRow({ subject: sampleSubject({ isStream: true }) })),
        requestId: fc.string({ maxLength: 12 }),
        endedAt: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_200_000 }),
        durationMs: fc.nat({ max: 9_000 }),
        firstByteMs: fc.option(fc.nat({ max: 9_000 }), { nil: undefined }),
        cost: fc.option(fc.nat({ max: 1_000_000 }), { nil: undefined }),
        usage: fc.record({ input: fc.nat(100), output: fc.nat(100) }),
      }),
      { minLength: 1, maxLength: 60 },
    ),
  )
  .map((all) =>
    all.map(({ kind, requestId, endedAt, durationMs, firstByteMs, cost, usage }): LedgerRow => {
      const attempts = kind.attempts.map((attempt) =>
        attempt.cost === undefined ? attempt : { ...attempt, cost, usage },
      );
      return { ...kind, subject: { ...kind.subject, requestId }, endedAt, durationMs, firstByteMs, attempts };
    }),
  );

const tables = ['usage_records', 'attempt_records', 'usage_rollups', 'usage_key_rollups', 'usage_latencies'];

let bench: LedgerBench;
beforeEach(() => {
  bench = createLedgerBench('a thread');
});
afterEach(() => bench.remove());

describe('a spool that the thread of SQLite carries', () => {
  let ledger: LedgerDatabase;
  beforeEach(async () => {
    ledger = await createLedgerDatabase(sqlite);
  });
  afterEach(() => ledger.drop());

  /** Everything that the ledger has of the rows; the numbers of their kinds are given in the order of batches. */
  async function told(): Promise<unknown> {
    const all = await Promise.all(tables.map((table) => ledger.database.all(`SELECT * FROM ${table}`)));
    return all.map((rows) => rows.map((row) => JSON.stringify({ ...row, kind_id: undefined })).sort());
  }

  async function carried(rows: readonly LedgerRow[]): Promise<unknown> {
    const one = createLedgerBench();
    const spool = one.spool({ segmentBytes: 2_000 });
    for (const row of rows) spool.end(0, row);
    spool.close();
    const drain = one.drain({ store: createSqlLedgerStore(ledger.database), clock: systemClock });
    // The thread finds out that the tables were emptied.
    await drain.pass();
    await drain.stop(60_000);
    expect(one.files()).toEqual([]);
    one.remove();
    return told();
  }

  /** Rows as whoever knows all of them at once has them. */
  async function committed(rows: readonly LedgerRow[]): Promise<unknown> {
    await createSqlLedgerStore(ledger.database).commit(batchOf(rows));
    return told();
  }

  it('has the rows and the sums that rows have which are handed over as they are', async () => {
    await fc.assert(
      fc.asyncProperty(likeRows, async (rows) => {
        await ledger.clear();
        const all = await carried(rows);
        await ledger.clear();
        expect(all).toEqual(await committed(rows));
      }),
      { numRuns: 50 },
    );
  });

  it('is carried by the thread indeed', () => {
    const toCarry = { directory: bench.directory, spool: 'spool-1-here.1.a', taken: 0 };
    const carrier = createSqlLedgerStore(ledger.database).carrierOf?.(toCarry);
    expect(carrier).toBeInstanceOf(ThreadCarrier);
  });

  it('fails as the database does, and comes whole when that is back', async () => {
    const spool = bench.spool();
    const drain = bench.drain({ store: createSqlLedgerStore(ledger.database) });
    serve(spool, names('a', 3));
    await ledger.database.script('ALTER TABLE usage_rows RENAME TO hidden');
    await drain.pass();
    expect([drain.isHealthy, bench.notices.told]).toEqual([false, ['away']]);
    await ledger.database.script('ALTER TABLE hidden RENAME TO usage_rows');
    serve(spool, names('b', 3));
    await drain.pass();
    expect([drain.isHealthy, bench.notices.told]).toEqual([true, ['away', 'back']]);
    const rows = await ledger.database.all('SELECT request_id FROM usage_records ORDER BY sequence');
    expect(rows).toEqual([...names('a', 3), ...names('b', 3)].map((request_id) => ({ request_id })));
    spool.close();
    await drain.stop(60_000);
  });
});

describe('a thread that dies', () => {
  it('between two batches neither loses nor doubles a row', async () => {
    const spool = bench.spool({ segmentBytes: 400 });
    const drain = bench.drain();
    const open = spool.begin(intentOf('open'));
    serve(spool, names('a', 5));
    await drain.pass();
    bench.store.loseThread();
    serve(spool, names('b', 5));
    spool.end(open, rowNamed('open'));
    await drain.pass();
    expect(bench.store.ids()).toEqual([...names('a', 5), ...names('b', 5), 'open']);
    spool.close();
    await drain.stop(60_000);
    expect([bench.files(), bench.notices.told]).toEqual([[], []]);
  });

  it('after it has read a spool that was left, and before what had begun became rows, loses none of them', async () => {
    const spool = bench.spool();
    spool.begin(intentOf('open'));
    serve(spool, ['a']);
    const commit = bench.store.commit.bind(bench.store);
    bench.store.commit = async (batch) => {
      bench.store.commit = commit;
      bench.store.loseThread();
      return commit(batch);
    };
    bench.states.set(spool.name, 'dead');
    const drain = bench.drain();
    await drain.pass();
    expect([bench.store.ids(), bench.notices.told]).toEqual([['a'], ['away']]);
    await drain.pass();
    expect(bench.store.ids()).toEqual(['a', 'open']);
    await drain.stop(60_000);
    expect(bench.notices.told).toEqual(['away', 'interrupted 1', 'back']);
  });
});

describe('an answer that comes when nobody waits for it any more', () => {
  it('changes nothing of what is known of the spool, and none of its rows is doubled', async () => {
    const spool = bench.spool();
    serve(spool, names('a', 3));
    const toCarry = { directory: bench.directory, spool: spool.name, taken: 0 };
    const own = new OwnCarrier(toCarry, bench.store);
    let answer = async (): Promise<unknown> => undefined;
    const late: AskToCarry = async (makeTask, take) => {
      const { order } = makeTask();
      answer = async () => {
        const isAtEnd = await own.carry(order);
        return take({ state: own.state, isAtEnd, interrupted: 0, failure: undefined });
      };
      throw new SqlError('timeout', 'The thread did not answer.');
    };
    const carrier = new ThreadCarrier(toCarry, late);
    await expect(carrier.carry({ segments: [1], losses: [], now: 0 })).rejects.toThrow('did not answer');
    const { state } = carrier;
    await answer();
    expect(carrier.state).toEqual(state);
    expect(bench.store.ids()).toEqual(names('a', 3));
    const drain = bench.drain();
    await drain.pass();
    expect(bench.store.rows.size).toBe(3);
    spool.close();
    await drain.stop(60_000);
  });
});
