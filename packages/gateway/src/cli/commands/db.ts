import { type Command, Option } from 'commander';
import type { CopyProgress } from '../../stores/sql/copy-database.ts';
import type { Database, DatabaseLocation } from '../../stores/sql/database.ts';
import { CommandFailure } from '../command-failure.ts';
import type { CommandLineIo } from '../command-line-io.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import type { Session } from '../session.ts';
import { locateRecord, type RecordOptions, recordOptions, requireRecord, withDatabase } from './record-location.ts';

interface CopyOptions {
  readonly from?: string;
  readonly to?: string;
  readonly force?: boolean;
}

/** Milliseconds between two lines of progress. */
const PROGRESS_MS = 1_000;

export function createDbCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'db',
    summary: 'Copy and check the database',
    examples: [
      { line: 'llm-gateway db copy --to backup.db', note: 'Everything into another database, PostgreSQL as well' },
      { line: 'llm-gateway db check', note: 'Whether it is whole' },
    ],
  });
  command.addCommand(createCopyCommand(session));
  command.addCommand(createCheckCommand(session));
  return command;
}

function createCopyCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'copy',
    summary: 'Copy everything into another database, and compare what arrived',
    examples: [
      { line: 'llm-gateway db copy --to "copy of record.db"', note: 'From the database that the gateway would use' },
      {
        line: 'llm-gateway db copy --from data/llm-gateway.db --to moved.db',
        note: 'To PostgreSQL, while no gateway runs: --to postgres://user@host:5432/name, then set DATABASE_URL to it',
      },
    ],
  });
  command.addOption(new Option('--from <FILE|URL>', 'Where from [default: the one that the gateway would use]'));
  command.addOption(new Option('--to <FILE|URL>', 'Where to: a file, or postgres://user@host:5432/name'));
  command.addOption(new Option('--force', 'Replace what is in the target'));

  return session.onRun<CopyOptions>(command, async ({ io, options, output }) => {
    const { from, to, force = false } = options;
    if (to === undefined) throw new CommandFailure('usage', '--to <FILE|URL> says where to copy; it is missing.');
    const source = await locateRecord(io, from === undefined ? {} : { database: from });
    await requireRecord(source);
    const target = await locateRecord(io, { database: to });
    if (JSON.stringify(source) === JSON.stringify(target)) {
      throw new CommandFailure('usage', 'Both are the same database. Name another one with --from or --to.');
    }
    return withDatabases(io, source, target, async (fromDatabase, toDatabase) => {
      await requireCurrent(io, fromDatabase);
      await (await createMigrator(io, toDatabase)).run();
      const { copyDatabase } = await import('../../stores/sql/copy-database.ts');
      const tables = await copyDatabase({
        from: fromDatabase,
        to: toDatabase,
        isForced: force,
        signal: io.signal,
        onProgress: createProgress(io, output),
      });
      const rows = tables.reduce((sum, table) => sum + table.rows, 0);
      output.success({ from: fromDatabase.location, to: toDatabase.location, rows, tables });
      await output.table(
        ['TABLE', 'ROWS'],
        tables.map((table) => [table.table, `${table.rows}`]),
      );
      output.line(`${fromDatabase.location} → ${toDatabase.location}: ${rows} rows copied and compared`);
      return exitCodes.ok.code;
    });
  });
}

function createCheckCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'check',
    summary: 'Check file, references, migrations and the chain of audit events',
    examples: [
      {
        line: 'llm-gateway db check',
        note: 'The database that the gateway would use; exit code 1 when it is not whole',
      },
      { line: 'llm-gateway db check --json', note: 'For a script' },
    ],
  });
  for (const option of recordOptions()) command.addOption(option);

  return session.onRun<RecordOptions>(command, async ({ io, options, output }) => {
    const location = await locateRecord(io, options);
    await requireRecord(location);
    return withDatabase(io, location, async (database) => {
      const { checkDatabase } = await import('../../stores/sql/check-database.ts');
      const { createSqlAuditStore } = await import('../../stores/sql/audit-store.ts');
      const checks = await checkDatabase({
        database,
        migrator: await createMigrator(io, database),
        audit: createSqlAuditStore({ database, clock: io.clock }),
        signal: io.signal,
      });
      const found = checks.map(({ name, isGood, finding }) => ({ check: name, good: isGood, finding }));
      const data = { database: database.location, dialect: database.dialect, checks: found };
      const faults = checks.filter(({ isGood }) => !isGood);
      if (faults.length > 0) {
        const lines = faults.map(({ name, finding }) => `  ${name}: ${finding}`);
        throw new CommandFailure('unwell', `${database.location} is not whole.\n${lines.join('\n')}`, { data });
      }
      output.success(data);
      await output.table(
        ['CHECK', 'FINDING'],
        checks.map(({ name, finding }) => [name, finding]),
      );
      output.line(`${database.location}: ${output.colors.green('whole')}`);
      return exitCodes.ok.code;
    });
  });
}

function withDatabases(
  io: CommandLineIo,
  source: DatabaseLocation,
  target: DatabaseLocation,
  work: (from: Database, to: Database) => Promise<number>,
): Promise<number> {
  return withDatabase(io, source, (from) => withDatabase(io, target, (to) => work(from, to)));
}

/** Both sides have the same tables when each has all that this version knows; what is only copied is not changed for that. */
async function requireCurrent(io: CommandLineIo, database: Database): Promise<void> {
  const status = await (await createMigrator(io, database)).status();
  const pending = status.filter(({ state }) => state === 'pending').length;
  if (pending === 0) return;
  const problem = `${database.location} lacks ${pending} of ${status.length} migrations`;
  const remedy = 'Copy it with the version of the gateway that uses it, or run "llm-gateway migrate run" on it first.';
  throw new CommandFailure('unwell', `${problem}. ${remedy}`);
}

async function createMigrator(io: CommandLineIo, database: Database) {
  const { Migrator } = await import('../../stores/sql/migrations/migrator.ts');
  const { builtInFolder, readMigrations } = await import('../../stores/sql/migrations/migration-folder.ts');
  return new Migrator({ database, clock: io.clock, migrations: await readMigrations([builtInFolder()]) });
}

/** Tells on stderr how far a long copy is; a short one says nothing. */
function createProgress(io: CommandLineIo, output: Output): (progress: CopyProgress) => void {
  let next = io.clock.now() + PROGRESS_MS;
  return ({ table, copied, total }) => {
    if (io.clock.now() < next) return;
    next = io.clock.now() + PROGRESS_MS;
    output.notice(`${table}: ${copied} of ${total} rows`);
  };
}
