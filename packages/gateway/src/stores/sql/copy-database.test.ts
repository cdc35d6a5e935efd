import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../canonical/clock.ts';
import { sampleRow, sampleSubject } from '../../ledger/ledger-row.fixture.ts';
import { newKey } from '../key-store.conformance.ts';
import { createManualClock } from '../manual-clock.fixture.ts';
import { createSqlAuditStore } from './audit-store.ts';
import { createSqlBudgetStore } from './budget-store.ts';
import { readCatalog } from './catalog.ts';
import { checkDatabase } from './check-database.ts';
import { type CopyProgress, copyDatabase } from './copy-database.ts';
import type { SqlCell } from './database.ts';
import { createSqlKeyStore } from './key-store.ts';
import { batchOf } from './ledger-database.fixture.ts';
import { createSqlLedgerStore } from './ledger-store.ts';
import { builtInFolder, readMigrations } from './migrations/migration-folder.ts';
import { Migrator } from './migrations/migrator.ts';
import { createSqlModelStore, createSqlProviderStore } from './provider-store.ts';
import { openTestRecord, type TestRecord } from './record.fixture.ts';
import { RowDigest } from './row-digest.ts';
import { createSqlTenantStore } from './tenant-store.ts';
import { type TestDialect, testDialects } from './test-databases.fixture.ts';

const pairs = testDialects.flatMap((from) =>
  testDialects.map((to): [string, TestDialect, TestDialect] => [`${from.name} to ${to.name}`, from, to]),
);

async function fill({ context }: TestRecord): Promise<void> {
  const tenants = createSqlTenantStore(context);
  const organisation = await tenants.organisations.create({ name: 'Ö', settings: { regions: ['eu'] }, isActive: true });
  await tenants.tenants.create({ id: 't', name: 'T', organisationId: organisation.id, settings: {}, isActive: true });
  const columns = [
    'id',
    'name',
    'key_hash',
    'key_prefix',
    'tenant_id',
    'scopes',
    'metadata',
    'created_at',
    'updated_at',
  ];
  const keys = Array.from({ length: 1_100 }, (_, index) => {
    const tenant = index % 2 === 0 ? 't' : null;
    return [`${index}`, 'a', `hash ${index}`, 'sk-', tenant, '{}', '{"text":"\\"\\n🙂"}', index, index];
  });
  await context.database.insertMany({ table: 'api_keys', columns, rows: keys });
  const provider = await createSqlProviderStore(context).create({
    name: 'p',
    kind: 'k',
    baseUrl: null,
    apiKeyEncrypted: 'v1.a.b.c',
    keyId: 'a',
    apiKeyRef: null,
    settings: { ratio: 0.1 },
    isActive: true,
  });
  await createSqlModelStore(context).create({
    name: 'm',
    providerId: provider.id,
    providerModelName: 'm',
    settings: {},
    isActive: false,
  });
  const budgets = createSqlBudgetStore(context);
  const budget = await budgets.create({
    name: 'b',
    scope: 'global',
    scopeId: '',
    model: '',
    period: 'total',
    capNanos: 2n ** 62n,
    thresholds: [80],
    isHard: true,
    isActive: true,
  });
  await budgets.markAlerted({ budgetId: budget.id, periodStart: 0 }, 80);
  await createSqlAuditStore(context).append([1, 2, 3].map((n) => ({ kind: `k${n}`, actor: 'a', outcome: 'success' })));
}

describe.each(pairs)('a copy of %s', (_name, fromDialect, toDialect) => {
  let from: TestRecord;
  let to: TestRecord;
  beforeAll(async () => {
    from = await openTestRecord(fromDialect, createManualClock());
    to = await openTestRecord(toDialect, createManualClock());
  });
  afterAll(async () => {
    await from.close();
    await to.close();
  });
  beforeEach(async () => {
    await from.clear();
    await to.clear();
  });
  const rows = async (record: TestRecord) => {
    const all: Record<string, string[]> = {};
    for (const { name } of await readCatalog(record.context.database)) {
      const found = await record.context.database.all<Record<string, SqlCell>>(`SELECT * FROM ${name}`);
      const texts = found.map((row) =>
        JSON.stringify(Object.entries(row).sort(), (_key, value: unknown) =>
          typeof value === 'bigint' ? `${value}n` : value,
        ),
      );
      all[name] = texts.sort();
    }
    return all;
  };

  test('has every row, and tells how far it is', async () => {
    await fill(from);
    const told: CopyProgress[] = [];
    const copied = await copyDatabase({
      from: from.context.database,
      to: to.context.database,
      isForced: false,
      onProgress: (progress) => told.push(progress),
    });
    const expected = await rows(from);
    expect(await rows(to)).toEqual(expected);
    expect(Object.fromEntries(copied.map(({ table, rows: count }) => [table, count]))).toEqual(
      Object.fromEntries(Object.entries(expected).map(([table, texts]) => [table, texts.length])),
    );
    expect(told.filter(({ table }) => table === 'api_keys').map(({ copied: count, total }) => [count, total])).toEqual([
      [500, 1100],
      [1000, 1100],
      [1100, 1100],
    ]);
    expect(await createSqlAuditStore(to.context).verify()).toMatchObject({ isIntact: true, events: 3 });
    const migrations = await readMigrations([builtInFolder()]);
    const { database } = to.context;
    const checks = await checkDatabase({
      database,
      migrator: new Migrator({ database, clock: systemClock, migrations }),
      audit: createSqlAuditStore(to.context),
    });
    expect(checks.filter(({ isGood }) => !isGood)).toEqual([]);
  });

  test('goes on where the numbers of what was copied end', async () => {
    const ofModel = (requestedModel: string) => sampleRow({ subject: sampleSubject({ requestedModel }) });
    const copy = () => copyDatabase({ from: from.context.database, to: to.context.database, isForced: true });
    const models = async () => {
      const sql = 'SELECT requested_model FROM usage_records ORDER BY spool_id, sequence';
      const found = await to.context.database.all<{ requested_model: string }>(sql);
      return found.map(({ requested_model: model }) => model);
    };
    await createSqlLedgerStore(from.context.database).commit(batchOf([ofModel('a'), ofModel('b')]));
    await copy();
    const more = batchOf([ofModel('b'), ofModel('c')], { spool: 'spool-2-here.1.a' });
    expect(await createSqlLedgerStore(to.context.database).commit(more)).toBe(2);
    expect(await models()).toEqual(['a', 'b', 'b', 'c']);
    // A copy of less does not go back to numbers that were given, and what follows finds free ones.
    await copy();
    expect(await createSqlLedgerStore(to.context.database).commit(more)).toBe(2);
    expect(await models()).toEqual(['a', 'b', 'b', 'c']);
  });

  test('does not touch a database that holds something, unless it is told to', async () => {
    await createSqlKeyStore(from.context).create(newKey('new'));
    await createSqlKeyStore(to.context).create(newKey('old'));
    const copy = (isForced: boolean) =>
      copyDatabase({ from: from.context.database, to: to.context.database, isForced });
    await expect(copy(false)).rejects.toThrow('is not empty: it has rows in api_keys. --force replaces them.');
    expect(await createSqlKeyStore(to.context).list()).toMatchObject([{ name: 'old' }]);
    await copy(true);
    expect(await createSqlKeyStore(to.context).list()).toMatchObject([{ name: 'new' }]);
  });

  test('that is broken off leaves nothing', async () => {
    await fill(from);
    const before = await rows(to);
    const copy = copyDatabase({
      from: from.context.database,
      to: to.context.database,
      isForced: false,
      onProgress: ({ table, copied }) => {
        if (table === 'api_keys' && copied === 1000) throw new Error('broken off');
      },
    });
    await expect(copy).rejects.toThrow('broken off');
    expect(await rows(to)).toEqual(before);
  });

  test('is refused where the tables are others', async () => {
    await from.context.database.script('CREATE TABLE more (id TEXT PRIMARY KEY)');
    const copy = copyDatabase({ from: from.context.database, to: to.context.database, isForced: true });
    await expect(copy).rejects.toThrow(/more.*Run "llm-gateway migrate run" on both/);
    await from.context.database.script('DROP TABLE more');
  });
});

describe('the digest of rows', () => {
  const cell = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.constant(null),
    fc.bigInt({ min: 2n ** 60n }),
    fc.double({ noNaN: true }),
  );
  const digestOf = (list: readonly (readonly SqlCell[])[]) => {
    const digest = new RowDigest();
    for (const row of list) digest.add(row);
    return digest.text;
  };

  test('is the same in any order, and another for other rows', () => {
    fc.assert(
      fc.property(fc.array(fc.array(cell, { maxLength: 3 }), { minLength: 1 }), fc.nat(), (list, place) => {
        expect(digestOf([...list].reverse())).toBe(digestOf(list));
        const index = place % list.length;
        expect(digestOf(list.filter((_row, at) => at !== index))).not.toBe(digestOf(list));
        expect(digestOf(list.map((row, at) => (at === index ? [...row, 'more'] : row)))).not.toBe(digestOf(list));
      }),
    );
  });

  test('tells values from each other that look alike', () => {
    const alike = [['1'], [1], [null], ['null'], [''], ['1', ''], ['', '1'], [2n ** 60n], [`${2n ** 60n}`]];
    expect(new Set(alike.map((row) => digestOf([row]))).size).toBe(alike.length);
  });
});
