import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../canonical/clock.ts';
import { type Database, openDatabase } from '../stores/sql/database.ts';
import { createLedgerReports } from '../stores/sql/ledger-reports.ts';
import { createSqlLedgerStore } from '../stores/sql/ledger-store.ts';
import { readMigrations } from '../stores/sql/migrations/migration-folder.ts';
import { Migrator } from '../stores/sql/migrations/migrator.ts';
import { createLedger, defaultLedgerLimits } from './ledger.ts';
import type { LedgerNotices } from './ledger-notices.ts';
import type { LedgerIntent, LedgerRow, LedgerSubject } from './ledger-row.ts';
import type { LedgerBatch } from './ledger-store.ts';
import { type RowInput, rowOf } from './row-of.ts';
import { createSpoolOwners } from './spool-owner.ts';

const quiet = (): void => undefined;
const notices: LedgerNotices = {
  refused: console.error,
  lost: quiet,
  vanished: quiet,
  damaged: quiet,
  otherFormat: quiet,
  dropped: quiet,
  databaseAway: console.error,
  databaseBack: quiet,
  interrupted: quiet,
};

/** A figure of the report. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

const prices = {
  prices: { tokens: { input: 2_500_000_000, cachedInput: 1_250_000_000, output: 10_000_000_000 }, longContext: [] },
  source: 'library',
};

function subjectOf(index: number): LedgerSubject {
  return {
    requestId: `req-${(index * 7_919).toString(16).padStart(24, '0')}`,
    operation: 'chat',
    isStream: false,
    principal: 'application',
    organisation: 'organisation-1',
    tenant: `tenant-${index % 10}`,
    team: `team-${index % 20}`,
    keyId: `key-9f8e7d6c5b4a39281-${index % 50}`,
    requestedModel: 'large',
    modelLabel: 'large',
    shadowOf: undefined,
  };
}

function intentOf(subject: LedgerSubject): LedgerIntent {
  return {
    subject,
    startedAt: Date.now(),
    targetId: 'main',
    provider: 'acme',
    targetModel: 'large-2026-01-01',
    usage: { input: 1_000, output: 500 },
    isEstimated: true,
    cost: 7_500_000,
    unknownCost: undefined,
    priceSource: 'library',
  };
}

function inputOf(subject: LedgerSubject, index: number): RowInput {
  const durationMs = 500 + ((index * 37) % 3_000) + 0.123;
  return {
    entry: {
      id: subject.requestId,
      operation: 'chat',
      stream: false,
      principal: 'application',
      requestedModel: 'large',
      modelLabel: 'large',
      targetModel: 'large-2026-01-01',
      responseModel: 'large-2026-01-01',
      provider: 'acme',
      targetId: 'main',
      status: 200,
      outcome: 'completed',
      failure: undefined,
      attempts: [
        {
          targetId: 'main',
          provider: 'acme',
          upstreamModel: 'large-2026-01-01',
          outcome: 'ok',
          status: 200,
          durationMs,
        },
      ],
      usage: { input: 1_034, output: 412, cachedInput: 512 },
      durationMs,
      firstByteMs: durationMs - 0.4,
      queuedMs: 0,
      overheadMs: 0.412,
    },
    subject,
    endedAt: Date.now(),
    priceOf: () => prices,
  };
}

const COUNT = 20_000;

/** Microseconds of CPU time for one call: the best of some rounds, for others use the machine as well. */
function best(name: string, run: (index: number) => void, rounds = 15): Figure {
  let value = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    for (let index = 0; index < COUNT; index++) run(index);
    const { user, system } = process.cpuUsage(before);
    value = Math.min(value, (user + system) / COUNT);
  }
  return { name, value, unit: 'µs' };
}

/** What an exchange costs on its way, and what its row costs until it is in an embedded database. */
export async function measureWriting(migrations: string): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-bench-'));
  const database = await openMigrated(join(folder, 'record.db'), migrations);
  const settings = {
    clock: systemClock,
    owners: createSpoolOwners(process.pid),
    limits: { ...defaultLedgerLimits, maxBytes: 64 * 1024 ** 3 },
    notices,
    writes: true,
  };
  const plain = createLedger({ ...settings, directory: join(folder, 'plain'), newId: () => 'a', store: undefined });
  const subjects = Array.from({ length: COUNT }, (_, index) => subjectOf(index));
  const intents = subjects.map(intentOf);
  const inputs = subjects.map(inputOf);
  const rows = inputs.map(rowOf);
  const figures = [
    best('begin, alone in its turn', (index) => {
      plain.begin(intents[index]!);
      plain.flush();
    }),
    best('begin, eight in a turn', (index) => {
      plain.begin(intents[index]!);
      if (index % 8 === 7) plain.flush();
    }),
    best('end, alone in its turn', (index) => {
      plain.end(index + 1, rows[index]!);
      plain.flush();
    }),
    best('end, eight in a turn', (index) => {
      plain.end(index + 1, rows[index]!);
      if (index % 8 === 7) plain.flush();
    }),
    best('the row of an entry, priced', (index) => rowOf(inputs[index]!)),
    best('begin and end, priced, eight in a turn', (index) => {
      plain.end(plain.begin(intents[index]!), rowOf(inputs[index]!));
      if (index % 8 === 7) plain.flush();
    }),
  ];
  await plain.stop(60_000);
  const store = createSqlLedgerStore(database);
  const drained = createLedger({ ...settings, directory: join(folder, 'drained'), newId: () => 'b', store });
  for (let index = 0; index < 5 * COUNT; index++) {
    drained.end(drained.begin(intents[index % COUNT]!), rows[index % COUNT]!);
  }
  const before = process.cpuUsage();
  const startedAt = performance.now();
  while (drained.state.isDraining && (await taken(database)) < 5 * COUNT) await drained.drain();
  const { user, system } = process.cpuUsage(before);
  figures.push(
    { name: 'a row from the spool to the database, all threads', value: (user + system) / (5 * COUNT), unit: 'µs' },
    { name: 'rows a second to the database', value: ((5 * COUNT) / (performance.now() - startedAt)) * 1_000, unit: '' },
  );
  await drained.stop(60_000);
  await database.close();
  rmSync(folder, { recursive: true, force: true });
  return figures;
}

async function taken(database: Database): Promise<number> {
  const [row] = await database.all<{ count: number }>('SELECT COUNT(*) AS count FROM usage_rows');
  return row!.count;
}

export interface ReportBench {
  readonly file: string;
  readonly migrations: string;
  readonly rows: number;
  readonly days: number;
  readonly say: (text: string) => void;
}

const DAY = 86_400_000;
const COMMIT_ROWS = 5_000;

/** Milliseconds that reports over so many rows take, the first time and then at their median. */
export async function measureReports({ file, migrations, rows, days, say }: ReportBench): Promise<readonly Figure[]> {
  const database = await openMigrated(file, migrations);
  const now = Date.now();
  const startedAt = performance.now();
  await fill(database, { rows, days, now, say });
  const seconds = (performance.now() - startedAt) / 1_000;
  say(`${rows} rows in ${seconds.toFixed(0)} s, ${(statSync(file).size / 1024 ** 2).toFixed(0)} MiB`);
  // As retention leaves it.
  for (const table of ['usage_rollups', 'usage_latencies']) {
    const limits = { timeoutMs: 600_000 };
    await database.run(`DELETE FROM ${table} WHERE width = 60000 AND bucket < ?`, [now - 2 * DAY], limits);
  }
  for (const table of ['usage_rows', 'usage_kinds', 'usage_rollups', 'usage_key_rollups', 'usage_latencies']) {
    const [row] = await database.all<{ count: number }>(`SELECT COUNT(*) AS count FROM ${table}`);
    say(`${table}: ${row!.count} rows`);
  }
  const retention = { rowsMs: 3_650 * DAY, minutesMs: 2 * DAY, hoursMs: 3_650 * DAY, daysMs: 3_650 * DAY };
  const reports = createLedgerReports({ database, clock: { wallNow: () => now }, retention });
  const whole = `${days}d`;
  const asks: readonly (readonly [name: string, ask: () => Promise<unknown>])[] = [
    ['latency 1h', () => reports.latency({ window: '1h' })],
    ['latency 24h', () => reports.latency({ window: '24h' })],
    [`latency ${whole}`, () => reports.latency({ window: whole })],
    ['latency 24h of one model', () => reports.latency({ window: '24h', model: 'model-3' })],
    ['cost 24h by provider', () => reports.cost({ window: '24h' })],
    ['cost 24h by hour', () => reports.cost({ window: '24h', groupBy: 'hour' })],
    [`cost ${whole} by provider`, () => reports.cost({ window: whole })],
    [`cost ${whole} by day`, () => reports.cost({ window: whole, groupBy: 'day' })],
    [`cost ${whole} by key`, () => reports.cost({ window: whole, groupBy: 'key' })],
    [`cost ${whole} by hour`, () => reports.cost({ window: whole, groupBy: 'hour' })],
    [`cost ${whole} of one tenant`, () => reports.cost({ window: whole, tenant: 'tenant-3' })],
    ['tokens 24h by model', () => reports.tokens({ window: '24h', groupBy: 'model' })],
    ['tokens 7d by tenant, in detail', () => reports.tokens({ window: '7d', groupBy: 'tenant', breakdown: true })],
  ];
  const figures: Figure[] = [];
  for (const [name, ask] of asks) {
    const times: number[] = [];
    for (let round = 0; round < 7; round++) {
      const begun = performance.now();
      await ask();
      times.push(performance.now() - begun);
    }
    const [first, ...later] = times;
    later.sort((left, right) => left - right);
    figures.push({ name, value: later[3]!, unit: `ms (first ${first!.toFixed(0)})` });
  }
  await database.close();
  return figures;
}

async function openMigrated(file: string, folder: string): Promise<Database> {
  const database = await openDatabase({ location: { file }, clock: systemClock });
  await new Migrator({ database, clock: systemClock, migrations: await readMigrations([folder]) }).run();
  return database;
}

interface Filling {
  readonly rows: number;
  readonly days: number;
  readonly now: number;
  readonly say: (text: string) => void;
}

/** Rows spread evenly over the days: three providers, twelve models, fifty keys of ten tenants, one in fifty failed. */
async function fill(database: Database, { rows, days, now, say }: Filling): Promise<void> {
  const store = createSqlLedgerStore(database);
  const spool = 'spool-1-bench.1.a';
  const taken = await store.positionOf(spool);
  const begin = now - days * DAY;
  for (let from = taken; from < rows; from += COMMIT_ROWS) {
    const batch: LedgerBatch['rows'][number][] = [];
    for (let index = from; index < Math.min(rows, from + COMMIT_ROWS); index++) {
      const endedAt = begin + Math.floor((index / rows) * days * DAY);
      batch.push({ sequence: index + 1, position: index + 1, row: variedRow(index, endedAt) });
    }
    await store.commit({ spool, rows: batch, losses: [], position: batch.at(-1)!.position, now });
    if (from % 500_000 === 0) say(`${from} rows`);
  }
}

function variedRow(index: number, endedAt: number): LedgerRow {
  const mixed = Math.imul(index, 2_654_435_761) >>> 0;
  const model = `model-${mixed % 12}`;
  const provider = `provider-${(mixed % 12) % 3}`;
  const isFailed = mixed % 50 === 0;
  const durationMs = 200 + (mixed % 4_001) * (1 + (mixed % 7));
  const row = rowOf(inputOf(subjectOf(mixed % 1_009), index));
  const [attempt] = row.attempts;
  return {
    ...row,
    endedAt,
    provider,
    targetModel: model,
    durationMs,
    outcome: isFailed ? 'failed' : 'completed',
    status: isFailed ? 502 : 200,
    attempts: [{ ...attempt!, provider, model, outcome: isFailed ? 'transient' : 'ok', status: isFailed ? 500 : 200 }],
  };
}
