import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ledgerRows, sampleAttempt, sampleRow, sampleSubject } from '../../ledger/ledger-row.fixture.ts';
import type { LedgerRow } from '../../ledger/ledger-row.ts';
import { batchOf, createLedgerDatabase, type LedgerDatabase } from './ledger-database.fixture.ts';
import { createSqlLedgerStore } from './ledger-store.ts';
import { testDialects } from './test-databases.fixture.ts';

describe.each(testDialects)('the ledger in $name', (dialect) => {
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
  /** Requests and costs of rows and of each width of sums. */
  const totals = async () => {
    const [rows] = await ledger.database.all<{ requests: number; cost: number }>(
      'SELECT COUNT(*) AS requests, COALESCE(SUM(cost_nanos), 0) AS cost FROM usage_records WHERE shadow_of IS NULL',
    );
    const sums = await ledger.database.all<{ requests: number; cost: number }>(
      ['usage_rollups', 'usage_key_rollups']
        .map((table) => `SELECT SUM(requests) AS requests, SUM(cost_nanos) AS cost FROM ${table} GROUP BY width`)
        .join(' UNION ALL '),
    );
    return { rows, sums };
  };
  const three = { requests: 3, cost: 3_000 };
  const rows = [1, 2, 3].map((id) => sampleRow({ subject: sampleSubject({ requestId: `r${id}` }) }));

  test('keeps a row as it was', async () => {
    const subject = sampleSubject({ requestedModel: 'Größe "1"', shadowOf: 'req-0', keyId: undefined, isStream: true });
    const usage = {
      input: 9,
      output: 8,
      cachedInput: 7,
      cacheWriteInput: 6,
      cacheWriteHourInput: 5,
      reasoning: 4,
      audioInput: 3,
      audioOutput: 2,
      imageInput: 1,
      imageOutput: 10,
    };
    const row = sampleRow({
      subject,
      failure: 'odd',
      recovered: 'restart',
      attempts: [sampleAttempt({ usage, isEstimated: true, serviceTier: 'flex' })],
    });
    await createSqlLedgerStore(ledger.database).commit(batchOf([row]));
    expect(await ledger.database.all('SELECT * FROM usage_records')).toEqual([
      {
        spool_id: 1,
        sequence: 1,
        request_id: 'req-1',
        ended_at: 1_700_000_000_000,
        operation: 'chat',
        is_stream: 1,
        outcome: 'completed',
        status: 200,
        failure: 'odd',
        organisation_id: 'org',
        tenant_id: 'tenant',
        team_id: 'team',
        key_id: '',
        principal: 'app',
        requested_model: 'Größe "1"',
        model: 'large-2',
        target_model: 'large-2',
        response_model: 'large-2',
        provider: 'acme',
        target_id: 'main',
        attempts: 1,
        has_attempt_records: 0,
        duration_us: 251_250,
        duration_slot: 255,
        first_byte_us: 120_000,
        first_byte_slot: 240,
        queued_us: 0,
        overhead_us: 500,
        input_tokens: 9,
        output_tokens: 8,
        cached_tokens: 7,
        cache_write_tokens: 6,
        cache_write_hour_tokens: 5,
        reasoning_tokens: 4,
        audio_input_tokens: 3,
        audio_output_tokens: 2,
        image_input_tokens: 1,
        image_output_tokens: 10,
        is_estimated: 1,
        cost_nanos: 1_000,
        unknown_cost: null,
        price_source: 'config',
        service_tier: 'flex',
        shadow_of: 'req-0',
        is_shared: 0,
        recovered: 'restart',
        kind_id: expect.any(Number),
      },
    ]);
  });

  test('tells every attempt of every exchange, and a cost that is not known is not nothing', async () => {
    const free = { usage: undefined, cost: 0, priceSource: undefined };
    const several = sampleRow({
      attempts: [
        sampleAttempt({ outcome: 'transient', status: 500, targetId: 'first', ...free }),
        sampleAttempt({ outcome: 'truncated', cost: undefined, unknownCost: 'no_price' }),
        sampleAttempt({ cost: 70 }),
      ],
    });
    const failed = sampleRow({
      status: 502,
      outcome: 'failed',
      attempts: [sampleAttempt({ outcome: 'overloaded', status: 503, ...free })],
    });
    const unpriced = sampleRow({ attempts: [sampleAttempt({ cost: undefined, unknownCost: 'no_price' })] });
    const refused = sampleRow({ attempts: [], provider: undefined, outcome: 'rejected', status: 429 });
    await createSqlLedgerStore(ledger.database).commit(batchOf([several, failed, unpriced, refused, sampleRow()]));
    const attempts = await ledger.database.all(
      'SELECT sequence, number, outcome, status, cost_nanos, unknown_cost FROM usage_attempts ORDER BY sequence, number',
    );
    const told = (
      sequence: number,
      number: number,
      outcome: string,
      status: number,
      cost: number | null,
      unknown: string | null = null,
    ) => ({
      sequence,
      number,
      outcome,
      status,
      cost_nanos: cost,
      unknown_cost: unknown,
    });
    expect(attempts).toEqual([
      told(1, 1, 'transient', 500, 0),
      told(1, 2, 'truncated', 200, null, 'no_price'),
      told(1, 3, 'ok', 200, 70),
      told(2, 1, 'overloaded', 503, 0),
      told(3, 1, 'ok', 200, null, 'no_price'),
      told(5, 1, 'ok', 200, 1_000),
    ]);
    const costs = await ledger.database.all<{ cost_nanos: number | null; unknown_cost: string | null }>(
      'SELECT cost_nanos, unknown_cost FROM usage_records ORDER BY sequence',
    );
    expect(costs.map(({ cost_nanos: cost, unknown_cost: unknown }) => [cost, unknown])).toEqual([
      [70, 'no_price'],
      [0, null],
      [null, 'no_price'],
      [0, null],
      [1_000, null],
    ]);
  });

  test('takes a batch once, however often it comes', async () => {
    const store = createSqlLedgerStore(ledger.database);
    const other = createSqlLedgerStore(ledger.second);
    expect(await store.positionOf('spool-1-here.1.a')).toBe(0);
    expect(await store.commit(batchOf(rows))).toBe(3);
    expect(await store.positionOf('spool-1-here.1.a')).toBe(300);
    expect(await store.commit(batchOf(rows))).toBe(0);
    expect(await other.commit(batchOf(rows))).toBe(0);
    expect(await totals()).toEqual({ rows: three, sums: [three, three, three, three, three] });
  });

  test('takes what is new of one that is new in part, and never goes back', async () => {
    const store = createSqlLedgerStore(ledger.database);
    await store.commit(batchOf(rows.slice(0, 2)));
    expect(await store.commit(batchOf(rows))).toBe(1);
    expect(await store.commit(batchOf(rows.slice(0, 1)))).toBe(0);
    expect(await store.positionOf('spool-1-here.1.a')).toBe(300);
    expect((await totals()).sums).toEqual([three, three, three, three, three]);
  });

  test('does not bring back what was deleted since', async () => {
    const store = createSqlLedgerStore(ledger.database);
    await store.commit(batchOf(rows));
    await ledger.database.run('DELETE FROM usage_rows');
    expect(await store.commit(batchOf(rows))).toBe(0);
    expect((await totals()).sums).toEqual([three, three, three, three, three]);
  });

  test('counts no row twice that is there although its place says otherwise', async () => {
    const store = createSqlLedgerStore(ledger.database);
    await store.commit(batchOf(rows.slice(0, 2)));
    await ledger.database.run('UPDATE ledger_spools SET position = 0');
    expect(await store.commit(batchOf(rows))).toBe(1);
    expect(await totals()).toEqual({ rows: three, sums: [three, three, three, three, three] });
  });

  test('takes one batch from two processes at once', async () => {
    const stores = [ledger.database, ledger.second].map(createSqlLedgerStore);
    for (let round = 0; round < 5; round++) {
      const batch = () => batchOf(rows, { from: round * 3 });
      const taken = await Promise.all(stores.map((store) => store.commit(batch())));
      expect(taken.toSorted()).toEqual([0, 3]);
    }
    expect((await totals()).rows).toEqual({ requests: 15, cost: 15_000 });
  });

  test('takes batches of many spools from two processes at once, and sums them up', async () => {
    const stores = [ledger.database, ledger.second].map(createSqlLedgerStore);
    // In opposite orders, so that writers that lock as they come would wait for each other.
    const models = Array.from({ length: 40 }, (_, index) => `m${index}`);
    const batches = stores.flatMap((store, index) =>
      [1, 2, 3, 4].map((number) => {
        const ordered = index === 0 ? models : models.toReversed();
        const own = ordered.map((model) => sampleRow({ targetModel: model, attempts: [sampleAttempt({ model })] }));
        return store.commit(batchOf(own, { spool: `spool-${index}-here.1.${number}` }));
      }),
    );
    expect(await Promise.all(batches)).toEqual(Array.from({ length: 8 }, () => 40));
    const all = { requests: 320, cost: 320_000 };
    expect(await totals()).toEqual({ rows: all, sums: [all, all, all, all, all] });
    expect(await count('ledger_spools')).toBe(8);
  });

  test('leaves nothing of a batch that cannot be taken', async () => {
    const store = createSqlLedgerStore(ledger.database);
    const broken = { ...sampleRow(), endedAt: undefined } as unknown as LedgerRow;
    await expect(store.commit(batchOf([...rows, broken]))).rejects.toThrow();
    expect([
      await count('usage_records'),
      await count('usage_rollups'),
      await store.positionOf('spool-1-here.1.a'),
    ]).toEqual([0, 0, 0]);
    expect(await store.commit(batchOf(rows))).toBe(3);
  });

  test('begins anew when the tables were made anew', async () => {
    const store = createSqlLedgerStore(ledger.database);
    await store.commit(batchOf(rows));
    await ledger.clear();
    await createSqlLedgerStore(ledger.second).commit(batchOf(rows, { spool: 'spool-2-here.1.b' }));
    await expect(store.commit(batchOf(rows))).rejects.toThrow('comes again');
    expect(await store.commit(batchOf(rows))).toBe(3);
    expect((await totals()).rows).toEqual({ requests: 6, cost: 6_000 });
  });

  test('remembers losses once', async () => {
    const store = createSqlLedgerStore(ledger.database);
    const loss = { position: 150, at: 1_700_000_000_001, count: 9, reason: 'disk_full' };
    await store.commit(batchOf(rows, { losses: [loss] }));
    await store.commit(batchOf(rows, { losses: [loss] }));
    expect(await ledger.database.all('SELECT * FROM ledger_losses')).toEqual([
      { spool_id: 1, position: 150, at: 1_700_000_000_001, row_count: 9, reason: 'disk_full' },
    ]);
  });

  test('reports no more names of models that never answered than it must', async () => {
    const store = createSqlLedgerStore(ledger.database);
    const odd = Array.from({ length: 1_200 }, (_, index) =>
      sampleRow({ outcome: 'failed', status: 404, targetModel: `odd-${index}`, attempts: [] }),
    );
    await store.commit(batchOf([...odd, sampleRow()]));
    const [{ models }] = (await ledger.database.all<{ models: number }>(
      'SELECT COUNT(DISTINCT model) AS models FROM usage_rollups',
    )) as [{ models: number }];
    expect(models).toBe(1_002);
    expect(await count(`usage_rollups WHERE width = 60000 AND model IN ('other', 'large-2')`)).toBe(2);
  });

  test('keeps every random row and its attempts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(ledgerRows, { maxLength: 20 }), async (random) => {
        await ledger.clear();
        const store = createSqlLedgerStore(ledger.database);
        expect(await store.commit(batchOf(random))).toBe(random.length);
        const attempts = await ledger.database.all<{ sequence: number; outcome: string; cost_nanos: number | null }>(
          'SELECT sequence, outcome, cost_nanos FROM usage_attempts ORDER BY sequence, number',
        );
        expect(attempts).toEqual(
          random.flatMap((row, index) =>
            row.attempts.map(({ outcome, cost }) => ({ sequence: index + 1, outcome, cost_nanos: cost ?? null })),
          ),
        );
      }),
      { numRuns: 20 },
    );
  });
});
