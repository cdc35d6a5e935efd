import { systemClock } from '../../canonical/clock.ts';
import { RecordDecoder } from '../../ledger/decode-record.ts';
import type { LedgerRow } from '../../ledger/ledger-row.ts';
import type { LedgerBatch } from '../../ledger/ledger-store.ts';
import { RecordEncoder } from '../../ledger/record-encoder.ts';
import { readLines } from '../../ledger/record-line.ts';
import { type Database, openDatabase } from './database.ts';
import { builtInFolder, readMigrations } from './migrations/migration-folder.ts';
import { Migrator } from './migrations/migrator.ts';
import { type TestDialect, testSettings } from './test-databases.fixture.ts';

/** A database with the tables of the gateway, seen by two processes. */
export interface LedgerDatabase {
  readonly database: Database;
  readonly second: Database;
  /** Empties the tables of the ledger. */
  readonly clear: () => Promise<void>;
  readonly drop: () => Promise<void>;
}

export async function createLedgerDatabase({ create }: TestDialect): Promise<LedgerDatabase> {
  const { location, drop } = await create();
  const database = await openDatabase({ ...testSettings, location });
  const second = await openDatabase({ ...testSettings, location });
  const migrations = await readMigrations([builtInFolder()]);
  await new Migrator({ database, clock: systemClock, migrations }).run();
  const tables = [
    'usage_latencies',
    'usage_rollups',
    'usage_key_rollups',
    'attempt_records',
    'usage_rows',
    'usage_kinds',
    'ledger_losses',
    'ledger_spools',
  ];
  return {
    database,
    second,
    clear: () => database.script(tables.map((table) => `DELETE FROM ${table};`).join('\n')),
    async drop() {
      await database.close();
      await second.close();
      await drop();
    },
  };
}

/** Tells which rows are alike, as whoever reads a spool does. */
function alikenessOf(rows: readonly LedgerRow[]): readonly (object | undefined)[] {
  const encoder = new RecordEncoder();
  const decoder = new RecordDecoder();
  return rows.map((row) => {
    const [line] = readLines(encoder.row(1, row)).lines;
    const record = decoder.decode(line!);
    return record?.kind === 'row' ? record.alike : undefined;
  });
}

/** A batch of these rows, the first of them in its spool. */
export function batchOf(
  rows: readonly LedgerRow[],
  changes: Partial<LedgerBatch> & { readonly from?: number } = {},
): LedgerBatch {
  const { from = 0, ...others } = changes;
  const alike = alikenessOf(rows);
  const spooled = rows.map((row, index) => ({
    sequence: from + index + 1,
    position: (from + index + 1) * 100,
    row,
    alike: alike[index],
  }));
  return {
    spool: 'spool-1-here.1.a',
    rows: spooled,
    losses: [],
    position: (from + rows.length) * 100,
    now: 1_700_000_000_000,
    ...others,
  };
}
