import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundledText } from '../../bundled-text.mjs';
import { systemClock } from '../canonical/clock.ts';
import { type Database, openDatabase } from '../stores/sql/database.ts';
import { createSqlLedgerStore } from '../stores/sql/ledger-store.ts';
import { builtInFolder, readMigrations } from '../stores/sql/migrations/migration-folder.ts';
import { Migrator } from '../stores/sql/migrations/migrator.ts';
import { Drain } from './drain.ts';
import { defaultLedgerLimits } from './ledger.ts';
import { recordNotices } from './ledger-bench.fixture.ts';
import { createSpoolOwners } from './spool-owner.ts';

/** How often a process is killed; `CRASH_RUNS=200` for more. */
const RUNS = Number(process.env['CRASH_RUNS'] ?? 50);

// Below the repository, so that the script finds the driver of the database.
const cache = fileURLToPath(new URL('../../../../node_modules/.cache/', import.meta.url));
mkdirSync(cache, { recursive: true });
const scripts = mkdtempSync(join(cache, 'crash-test-'));
const script = join(scripts, 'crash-process.mjs');
const folder = mkdtempSync(join(tmpdir(), 'crash-test-'));
const children = new Set<ChildProcess>();

beforeAll(async () => {
  const entry = fileURLToPath(new URL('crash-process.fixture.ts', import.meta.url));
  await build({
    entryPoints: [entry],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    plugins: [bundledText],
    packages: 'external',
    logLevel: 'warning',
  });
});

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(scripts, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});

/** What a process said it had written down before it was killed. */
interface Said {
  readonly begun: Set<string>;
  /** Costs by exchange. */
  readonly ended: Map<string, number>;
  readonly complaints: string[];
}

/** Starts a process and kills it as soon as it has said so many bytes; what it still said until then counts. */
async function runAndKill(said: Said, afterBytes: number, ...args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  const gone = once(child, 'close');
  let text = '';
  for await (const chunk of child.stdout!.setEncoding('latin1')) {
    text += chunk;
    if (text.length >= afterBytes) child.kill('SIGKILL');
  }
  const [, signal] = await gone;
  children.delete(child);
  expect(signal).toBe('SIGKILL');
  // A line that was cut short says nothing.
  for (const line of text.split('\n').slice(0, -1)) {
    const [what, id, cost] = line.split(' ');
    if (what === 'b') said.begun.add(id!);
    else if (what === 'e') said.ended.set(id!, Number(cost));
    else said.complaints.push(line);
  }
}

async function openMigrated(file: string): Promise<Database> {
  const database = await openDatabase({ location: { file }, clock: systemClock });
  await new Migrator({ database, clock: systemClock, migrations: await readMigrations([builtInFolder()]) }).run();
  return database;
}

/** Everything that was said is in the database exactly once, the sums are those of the rows, and the file is sound. */
async function expectAll(database: Database, said: Said): Promise<void> {
  const rows = await database.all<{ request_id: string; outcome: string; cost_nanos: number }>(
    'SELECT request_id, outcome, cost_nanos FROM usage_records',
  );
  const byId = new Map(rows.map((row) => [row.request_id, row]));
  expect(rows.length).toBe(byId.size);
  const lost = [...said.begun, ...said.ended.keys()].filter((id) => !byId.has(id));
  expect(lost).toEqual([]);
  const wrong = [...said.ended].filter(([id, cost]) => byId.get(id)!.cost_nanos !== cost);
  expect(wrong).toEqual([]);
  // What was not said to have ended may have, between its end and the kill.
  const early = [...said.ended.keys()].filter((id) => byId.get(id)!.outcome === 'interrupted');
  expect(early).toEqual([]);
  expect(rows.filter(({ outcome }) => outcome === 'interrupted').length).toBeGreaterThan(0);
  const sums = await database.all(
    ['usage_rollups', 'usage_key_rollups']
      .map(
        (table) =>
          `SELECT SUM(requests) AS requests, SUM(attempts) AS attempts, SUM(cost_nanos) AS cost FROM ${table} GROUP BY width`,
      )
      .join(' UNION ALL '),
  );
  const total = {
    requests: rows.length,
    attempts: rows.filter(({ outcome }) => outcome !== 'rejected').length,
    cost: rows.reduce((sum, { cost_nanos: cost }) => sum + cost, 0),
  };
  expect(sums).toEqual([total, total, total, total, total]);
  expect(await database.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  expect(said.complaints).toEqual([]);
}

describe('a process that is killed at any instant', () => {
  test.concurrent.each(['its rows itself', 'no rows itself'])(
    `loses and doubles no row: one that brings %s to the database`,
    { timeout: 10_000 + RUNS * 1_500 },
    async (kind) => {
      const name = kind === 'its rows itself' ? 'own' : 'other';
      const directory = join(folder, `${name}-spools`);
      const file = join(folder, `${name}.db`);
      const database = await openMigrated(file);
      const said: Said = { begun: new Set(), ended: new Map(), complaints: [] };
      for (let run = 0; run < RUNS / 2; run++) {
        // Bytes spread over the first hundred turns of the process; the same each time the test runs.
        const bytes = 1 + ((run * 7_919) % 40_000);
        await runAndKill(said, bytes, directory, `r${run}`, name === 'own' ? file : '-');
      }
      // Some were killed while they brought rows there.
      const [before] = await database.all<{ spools: number }>('SELECT COUNT(*) AS spools FROM ledger_spools');
      expect(before!.spools).toBeGreaterThanOrEqual(name === 'own' ? RUNS / 5 : 0);
      const notices = recordNotices();
      const owners = createSpoolOwners(process.pid);
      const store = createSqlLedgerStore(database);
      const drain = new Drain({ directory, clock: systemClock, store, owners, notices, ...defaultLedgerLimits });
      // A pass takes only so much of each spool, so that the others get their turn.
      for (let pass = 0; pass < 20 && readdirSync(directory).length > 0; pass++) await drain.pass();
      await drain.stop(60_000);
      expect(readdirSync(directory)).toEqual([]);
      expect(said.ended.size).toBeGreaterThan(RUNS * 40);
      await expectAll(database, said);
      await database.close();
    },
  );
});
