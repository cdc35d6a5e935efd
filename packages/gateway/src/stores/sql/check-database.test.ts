import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../canonical/clock.ts';
import { newKey } from '../key-store.conformance.ts';
import { createManualClock } from '../manual-clock.fixture.ts';
import { createSqlAuditStore } from './audit-store.ts';
import { checkDatabase } from './check-database.ts';
import { openDatabase } from './database.ts';
import { createSqlKeyStore } from './key-store.ts';
import { builtInFolder, readMigrations } from './migrations/migration-folder.ts';
import { Migrator } from './migrations/migrator.ts';
import { openTestRecord, type TestRecord } from './record.fixture.ts';
import { type TestPlace, testDialects, testSettings } from './test-databases.fixture.ts';

const [sqlite] = testDialects;
let place: TestPlace;
let record: TestRecord;
beforeEach(async () => {
  place = await sqlite!.create();
  record = await openTestRecord({ name: 'SQLite', create: async () => place }, createManualClock());
});
afterEach(async () => {
  await record.close();
});

async function check({ context }: TestRecord, without = 0) {
  const { database } = context;
  const migrations = await readMigrations([builtInFolder()]);
  const migrator = new Migrator({ database, clock: systemClock, migrations: migrations.slice(without) });
  const checks = await checkDatabase({ database, migrator, audit: createSqlAuditStore(context) });
  return Object.fromEntries(checks.map(({ name, isGood, finding }) => [name, isGood ? true : finding]));
}

test('a database in order is good', async () => {
  expect(await check(record)).toEqual({ storage: true, references: true, migrations: true, 'audit chain': true });
});

test('a row that refers to nothing is found', async () => {
  const { database } = record.context;
  const { id } = await createSqlKeyStore(record.context).create(newKey('a'));
  await database.script('PRAGMA foreign_keys = OFF');
  await database.run('UPDATE api_keys SET tenant_id = ? WHERE id = ?', ['none', id]);
  expect(await check(record)).toMatchObject({ references: '1 rows refer to what is not there, in api_keys.' });
});

test('an event that was changed is found', async () => {
  const audit = createSqlAuditStore(record.context);
  await audit.append([{ kind: 'a', actor: 'b', outcome: 'success' }]);
  await record.context.database.run('UPDATE audit_events SET actor = ?', ['c']);
  expect(await check(record)).toMatchObject({ 'audit chain': 'Event 1 is not in order: it is not what was written.' });
});

test('tables that are not up to date are found, and the chain is left alone', async () => {
  const { database } = record.context;
  const migrations = await readMigrations([builtInFolder()]);
  await new Migrator({ database, clock: systemClock, migrations }).revert(1);
  expect(await check(record)).toMatchObject({ migrations: expect.stringContaining('llm-gateway migrate run') });
  expect(await check(record)).not.toHaveProperty('audit chain');
});

test('a damaged file is found', async () => {
  const keys = createSqlKeyStore(record.context);
  for (let index = 0; index < 200; index += 1)
    await keys.create(newKey(`${index}`, { metadata: { text: 'x'.repeat(500) } }));
  await record.context.database.run('PRAGMA wal_checkpoint(TRUNCATE)');
  const { file } = place.location as { readonly file: string };
  const bytes = readFileSync(file);
  // A page in the middle of the keys.
  bytes.fill(0xff, Math.floor(bytes.length / 4096 / 2) * 4096, Math.floor(bytes.length / 4096 / 2) * 4096 + 4096);
  const copy = `${file}.damaged`;
  writeFileSync(copy, bytes);
  const database = await openDatabase({ ...testSettings, location: { file: copy } });
  const found = await check({ ...record, context: { ...record.context, database } });
  expect(found['storage']).toMatch(/Restore/);
  await database.close();
});
