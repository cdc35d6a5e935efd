import type { AuditStore } from '../audit-store.ts';
import type { Database } from './database.ts';
import type { Migrator } from './migrations/migrator.ts';
import { SqlError } from './sql-error.ts';

/** One thing that was looked at. */
export interface DatabaseCheck {
  readonly name: 'storage' | 'references' | 'migrations' | 'audit chain';
  readonly isGood: boolean;
  /** What was found, in a sentence. */
  readonly finding: string;
}

export interface CheckSettings {
  readonly database: Database;
  readonly migrator: Migrator;
  readonly audit: AuditStore;
  readonly signal?: AbortSignal;
}

/** Milliseconds that one check may take. */
const TIMEOUT_MS = 60 * 60_000;
const MAX_SHOWN = 10;

/** Looks whether the database is whole: its file, its references, its tables and the chain of audit events. */
export async function checkDatabase(settings: CheckSettings): Promise<readonly DatabaseCheck[]> {
  const isFile = settings.database.dialect === 'sqlite';
  const storage = await perform('storage', () => (isFile ? checkFile(settings) : checkServer(settings)));
  const references = isFile ? [await perform('references', () => checkReferences(settings))] : [];
  const migrations = await perform('migrations', () => checkMigrations(settings));
  // Without its table, the chain cannot be asked for.
  const chain = migrations.isGood ? [await perform('audit chain', () => checkChain(settings))] : [];
  return [storage, ...references, migrations, ...chain];
}

type Finding = Omit<DatabaseCheck, 'name'>;

/** What is damaged may show itself anywhere; one check that fails does not end the others. */
async function perform(name: DatabaseCheck['name'], check: () => Promise<Finding>): Promise<DatabaseCheck> {
  try {
    return { name, ...(await check()) };
  } catch (error) {
    if (error instanceof SqlError && error.kind === 'aborted') throw error;
    return { name, isGood: false, finding: error instanceof Error ? reasonOf(error) : String(error) };
  }
}

/** The database's own words, where another error wraps them. */
function reasonOf(error: Error): string {
  return error.cause instanceof SqlError ? error.cause.message : error.message;
}

async function checkFile({ database, signal }: CheckSettings): Promise<Finding> {
  const limits = { timeoutMs: TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) };
  const found = await database.report<{ readonly integrity_check: string }>('PRAGMA integrity_check', [], limits);
  const faults = found.map((row) => row.integrity_check).filter((text) => text !== 'ok');
  if (faults.length === 0) return { isGood: true, finding: 'The file is whole.' };
  return { isGood: false, finding: `Restore a copy. ${faults.slice(0, MAX_SHOWN).join('; ')}` };
}

async function checkReferences({ database, signal }: CheckSettings): Promise<Finding> {
  const limits = { timeoutMs: TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) };
  const orphans = await database.report<{ readonly table: string }>('PRAGMA foreign_key_check', [], limits);
  if (orphans.length === 0) return { isGood: true, finding: 'Every reference leads somewhere.' };
  const tables = [...new Set(orphans.map(({ table }) => table))].slice(0, MAX_SHOWN).join(', ');
  return { isGood: false, finding: `${orphans.length} rows refer to what is not there, in ${tables}.` };
}

/** PostgreSQL keeps file and references whole by itself; what is left is whether it answers. */
async function checkServer({ database }: CheckSettings): Promise<Finding> {
  const [row] = await database.all<{ readonly version: string }>(`SELECT current_setting('server_version') AS version`);
  return { isGood: true, finding: `PostgreSQL ${row?.version} answers.` };
}

async function checkMigrations({ migrator }: CheckSettings): Promise<Finding> {
  const status = await migrator.status();
  const named = (state: string) => status.filter((migration) => migration.state === state).map(({ name }) => name);
  const [pending, changed, unknown] = [named('pending'), named('changed'), named('unknown')];
  const faults = [
    ...(pending.length === 0 ? [] : [`Not applied: ${pending.join(', ')}. Run "llm-gateway migrate run".`]),
    ...(changed.length === 0 ? [] : [`Changed after they were applied: ${changed.join(', ')}.`]),
  ];
  const newer = unknown.length === 0 ? '' : ` A newer version added ${unknown.join(', ')}.`;
  const finding = faults.length === 0 ? `All ${status.length} migrations are applied.${newer}` : faults.join(' ');
  return { isGood: faults.length === 0, finding };
}

async function checkChain({ audit, signal }: CheckSettings): Promise<Finding> {
  const verdict = await audit.verify(signal);
  if (verdict.isIntact) return { isGood: true, finding: `${verdict.events} events, each following the one before.` };
  const { problem, seq } = verdict;
  return {
    isGood: false,
    finding: seq === undefined ? `Not in order: ${problem}.` : `Event ${seq} is not in order: ${problem}.`,
  };
}
