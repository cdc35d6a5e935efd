import { randomUUID } from 'node:crypto';
import { systemClock } from '../../canonical/clock.ts';
import type { ManualClock } from '../manual-clock.fixture.ts';
import type { StoreContext } from './collection.ts';
import { type Database, openDatabase } from './database.ts';
import { builtInFolder, readMigrations } from './migrations/migration-folder.ts';
import { Migrator } from './migrations/migrator.ts';
import { type TestDialect, testSettings } from './test-databases.fixture.ts';

/** A database with the gateway's tables, opened twice as by two replicas. */
export interface TestRecord {
  readonly context: StoreContext;
  readonly second: StoreContext;
  /** Empties every table of things that are kept. */
  readonly clear: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const cleared = `
  DELETE FROM budgets; DELETE FROM api_keys; DELETE FROM tenants; DELETE FROM teams; DELETE FROM organisations;
  DELETE FROM models; DELETE FROM providers; DELETE FROM audit_events; DELETE FROM audit_bodies;
  DELETE FROM usage_rows; DELETE FROM usage_kinds; DELETE FROM attempt_records; DELETE FROM usage_rollups;
  DELETE FROM usage_key_rollups; DELETE FROM usage_latencies; DELETE FROM ledger_spools;
  UPDATE audit_chain SET anchor_seq = 0, anchor_hash = '', head_seq = 0, head_hash = '', head_at = 0;
  UPDATE revisions SET revision = 0;
`;

/** Makes one, with stores on the given clock; calls of the database have the machine's time. */
export async function openTestRecord(dialect: TestDialect, clock: ManualClock): Promise<TestRecord> {
  const { location, drop } = await dialect.create();
  const open = () => openDatabase({ ...testSettings, location });
  const databases: readonly [Database, Database] = [await open(), await open()];
  await migrate(databases[0]);
  const [context, second] = databases.map((database) => ({ database, clock, newId: randomUUID }));
  return {
    context: context!,
    second: second!,
    clear: () => databases[0].script(cleared),
    close: async () => {
      for (const database of databases) await database.close();
      await drop();
    },
  };
}

/** Gives a database the gateway's tables. */
export async function migrate(database: Database): Promise<void> {
  const migrations = await readMigrations([builtInFolder()]);
  await new Migrator({ database, clock: systemClock, migrations }).run();
}
