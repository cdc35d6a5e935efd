import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sampleAttempt, sampleRow, sampleSubject } from '../../ledger/ledger-row.fixture.ts';
import type { LedgerRow } from '../../ledger/ledger-row.ts';
import type { Database, SqlRunner } from './database.ts';
import { batchOf, createLedgerDatabase, type LedgerDatabase } from './ledger-database.fixture.ts';
import { BatchKinds } from './ledger-kinds.ts';
import { createReportedModels } from './ledger-model-names.ts';
import { defaultRetention, pruneLedger } from './ledger-retention.ts';
import { countRow, UsageGroups } from './ledger-rows.ts';
import { createSqlLedgerStore } from './ledger-store.ts';
import type { Group } from './row-groups.ts';
import { testDialects } from './test-databases.fixture.ts';

const now = Date.UTC(2026, 5, 15);
const clock = {
  wallNow: () => now,
  schedule(callback: () => void) {
    setImmediate(callback);
    return () => undefined;
  },
};
const ofModel = (requestedModel: string, changes: Partial<LedgerRow> = {}) =>
  sampleRow({ endedAt: now, subject: sampleSubject({ requestedModel }), ...changes });
const groupOf = (row: LedgerRow): Group =>
  new UsageGroups(1).add(countRow({ sequence: 1, position: 1, row, alike: undefined }, createReportedModels()));

describe.each(testDialects)('kinds of rows in $name', (dialect) => {
  let ledger: LedgerDatabase;
  beforeAll(async () => {
    ledger = await createLedgerDatabase(dialect);
  });
  afterAll(() => ledger.drop());
  afterEach(() => ledger.clear());

  const prune = (database: Database) => pruneLedger({ database, clock, retention: defaultRetention });
  const count = async (from: string) => {
    const [row] = await ledger.database.all<{ count: number }>(`SELECT COUNT(*) AS count FROM ${from}`);
    return row!.count;
  };
  /** Rows, rows that have their kind, and kinds. */
  const counts = async () => [await count('usage_rows'), await count('usage_records'), await count('usage_kinds')];
  const spool = (name: string) => ({ spool: `spool-${name}-here.1.a` });

  test('are one for all rows that differ in numbers, ids and tokens', async () => {
    const usage = { input: 1, output: 2, cachedInput: 1 };
    const rows = [
      ofModel('large'),
      ofModel('large', { durationMs: 1, attempts: [sampleAttempt({ usage })] }),
      ofModel('large', { subject: sampleSubject({ requestId: 'other', shadowOf: 'req-1' }) }),
      ofModel('large', { subject: sampleSubject({ shadowOf: 'req-2' }), attempts: [sampleAttempt({ usage })] }),
      ofModel('small'),
      ofModel('large', { status: 201 }),
    ];
    const store = createSqlLedgerStore(ledger.database);
    await store.commit(batchOf(rows));
    expect(await counts()).toEqual([6, 6, 3]);
    // Those of later batches are found again, whoever writes them.
    await createSqlLedgerStore(ledger.second).commit(batchOf(rows, spool('2')));
    expect(await counts()).toEqual([12, 12, 3]);
    const read = 'SELECT shadow_of, requested_model, status FROM usage_records ORDER BY spool_id, sequence LIMIT 6';
    expect(await ledger.database.all(read)).toEqual([
      { shadow_of: null, requested_model: 'large', status: 200 },
      { shadow_of: null, requested_model: 'large', status: 200 },
      { shadow_of: 'req-1', requested_model: 'large', status: 200 },
      { shadow_of: 'req-2', requested_model: 'large', status: 200 },
      { shadow_of: null, requested_model: 'small', status: 200 },
      { shadow_of: null, requested_model: 'large', status: 201 },
    ]);
  });

  test('may be as many as rows', async () => {
    const rows = Array.from({ length: 2_100 }, (_, index) => ofModel(`model ${index}`));
    await createSqlLedgerStore(ledger.database).commit(batchOf(rows));
    await createSqlLedgerStore(ledger.database).commit(batchOf(rows.toReversed(), spool('2')));
    expect(await counts()).toEqual([4_200, 4_200, 2_100]);
    expect(await count('(SELECT DISTINCT requested_model FROM usage_records) AS models')).toBe(2_100);
  });

  test('are made once where several batches have the same new ones, in any order', async () => {
    const rows = Array.from({ length: 1_200 }, (_, index) => ofModel(`model ${index % 600}`));
    const commits = ['1', '2', '3', '4'].map((name, index) => {
      const store = createSqlLedgerStore(index % 2 === 0 ? ledger.database : ledger.second);
      return store.commit(batchOf(index < 2 ? rows : rows.toReversed(), spool(name)));
    });
    expect(await Promise.all(commits)).toEqual([1_200, 1_200, 1_200, 1_200]);
    expect(await counts()).toEqual([4_800, 4_800, 600]);
  });

  test('go with the last of their rows', async () => {
    const store = createSqlLedgerStore(ledger.database);
    const old = Array.from({ length: 1_100 }, (_, index) => ofModel(`old ${index}`, { endedAt: 1_000 }));
    await store.commit(batchOf([ofModel('kept', { endedAt: 1_000 }), ...old, ofModel('kept'), ofModel('new')]));
    expect(await counts()).toEqual([1_103, 1_103, 1_102]);
    expect(await prune(ledger.database)).toBe(1_101);
    expect(await counts()).toEqual([2, 2, 2]);
    await store.commit(batchOf([ofModel('old 7'), ofModel('kept')], spool('2')));
    expect(await counts()).toEqual([4, 4, 3]);
  });

  // SQLite has one writer at a time.
  if (dialect.name === 'SQLite') return;

  describe('of which rows go and come at once', () => {
    const row = ofModel('mine');

    test('stay while a batch that found them is not committed', async () => {
      const first = createSqlLedgerStore(ledger.database);
      await first.commit(batchOf([ofModel('mine', { endedAt: 1_000 }), ofModel('others', { endedAt: 1_000 })]));
      await ledger.second.transaction(async (transaction) => {
        const kinds = new BatchKinds(transaction, 'postgres');
        const group = groupOf(row);
        expect(await kinds.find([group])).toBe(true);
        expect(await prune(ledger.database)).toBe(2);
        expect(await counts()).toEqual([0, 0, 1]);
        await transaction.run(
          `INSERT INTO usage_rows (spool_id, sequence, kind_id, ended_at, duration_us, queued_us, overhead_us, input_tokens,
            output_tokens, duration_slot, request_id) VALUES (9, 1, ?, ?, 0, 0, 0, 0, 0, 0, 'r')`,
          [kinds.idOf(group), now],
        );
      });
      expect(await counts()).toEqual([1, 1, 1]);
    });

    test('are made anew by a batch that asks while they are deleted', async () => {
      const store = createSqlLedgerStore(ledger.second);
      await store.commit(batchOf([ofModel('mine', { endedAt: 1_000 })]));
      let commit: Promise<number> | undefined;
      const deleting = async (transaction: SqlRunner) => {
        commit = store.commit(batchOf([row], spool('2')));
        const waiting = 'SELECT 1 AS one FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))';
        while ((await transaction.all(waiting)).length === 0);
      };
      expect(await prune(withKindsDeleted(ledger.database, deleting))).toBe(1);
      expect(await commit).toBe(1);
      expect(await counts()).toEqual([1, 1, 1]);
    });

    test('are all there when batches and retention take turns as they like', async () => {
      const stores = [ledger.database, ledger.second].map((database) => createSqlLedgerStore(database));
      const batch = (index: number) =>
        batchOf(
          [0, 1, 2, 3].map((one) => ofModel(`model ${(index + one) % 6}`, { endedAt: index % 3 === 0 ? now : 1_000 })),
          spool(`${index}`),
        );
      let isOver = false;
      const pruning = (async () => {
        while (!isOver) await prune(ledger.database);
      })();
      const commits = Array.from({ length: 60 }, (_, index) => stores[index % 2]!.commit(batch(index)));
      await Promise.all(commits).finally(() => {
        isOver = true;
      });
      await pruning;
      await prune(ledger.database);
      expect(await counts()).toEqual([80, 80, 6]);
    });
  });
});

/** A database that calls back when kinds were deleted, before that is committed. */
function withKindsDeleted(database: Database, deleted: (transaction: SqlRunner) => Promise<void>): Database {
  const transaction: Database['transaction'] = (work, limits) =>
    database.transaction((inner) => {
      const run: SqlRunner['run'] = async (sql, parameters) => {
        const changes = await inner.run(sql, parameters);
        if (sql.includes('DELETE FROM usage_kinds')) await deleted(inner);
        return changes;
      };
      return work(bound(inner, { run }));
    }, limits);
  return bound(database, { transaction });
}

/** The same with other methods. */
function bound<Target extends object>(target: Target, changes: Partial<Target>): Target {
  return new Proxy(target, {
    get(_target, name) {
      const value: unknown = Reflect.get(changes, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
