import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Database, DatabaseLocation } from '../../stores/sql/database.ts';
import type { MigrationStatus, Migrator } from '../../stores/sql/migrations/migrator.ts';
import { askFirst, canAsk } from '../ask-first.ts';
import type { CommandLineIo } from '../command-line-io.ts';
import { exitCodes } from '../exit-codes.ts';
import { wholeNumber } from '../flag-values.ts';
import type { Session } from '../session.ts';
import {
  asFailures,
  locateRecord,
  type RecordOptions,
  recordExists,
  recordOptions,
  requireRecord,
  withDatabase,
} from './record-location.ts';

const DEFAULT_STEPS = 1;
const MAX_STEPS = 10_000;
/** Where a user's own migrations are, below the working directory. */
const OWN_FOLDER = 'migrations';

export function createMigrateCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'migrate',
    summary: 'Manage the tables of the database',
    examples: [
      { line: 'llm-gateway migrate run', note: 'Apply what is pending, as the gateway does when it starts' },
      { line: 'llm-gateway migrate status', note: 'What is applied and what is pending' },
      { line: 'llm-gateway migrate revert --steps 3', note: 'Undo the three newest' },
    ],
  });
  command.addCommand(createRunCommand(session));
  command.addCommand(createRevertCommand(session));
  command.addCommand(createStatusCommand(session));
  command.addCommand(createCreateCommand(session));
  return command;
}

function createRunCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'run',
    summary: 'Apply pending migrations',
    examples: [
      { line: 'llm-gateway migrate run', note: 'To the database of DATABASE_URL, or else to the embedded file' },
      { line: 'llm-gateway migrate run --database record.db', note: 'To another file' },
    ],
  });
  for (const option of recordOptions()) command.addOption(option);

  return session.onRun<RecordOptions>(command, async ({ io, options, output }) =>
    withMigrator(io, await locateRecord(io, options), async (migrator, database) => {
      const applied = await migrator.run();
      output.success({ ...placeOf(database), applied });
      for (const name of applied) output.line(`${output.colors.green('applied')} ${name}`);
      output.line(`${database.location}: ${applied.length === 0 ? 'up to date' : countOf(applied, 'applied')}`);
      return exitCodes.ok.code;
    }),
  );
}

function createRevertCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'revert',
    summary: 'Undo the newest migrations',
    examples: [
      { line: 'llm-gateway migrate revert', note: 'The newest; what is in its tables is lost' },
      { line: 'llm-gateway migrate revert --steps 3', note: 'The three newest; on a terminal, after a question' },
    ],
  });
  for (const option of recordOptions()) command.addOption(option);
  command.addOption(
    new Option('--steps <N>', `How many [default: ${DEFAULT_STEPS}]`).argParser(wholeNumber(1, MAX_STEPS)),
  );
  command.addOption(new Option('--yes', 'Undo without asking first, as is done where nobody can be asked'));

  return session.onRun<RevertOptions>(command, async ({ io, options, output }) => {
    const { steps = DEFAULT_STEPS } = options;
    const location = await locateRecord(io, options);
    await requireRecord(location);
    if (!options.yes && canAsk(io)) await askToRevert(io, location, steps);
    return withMigrator(io, location, async (migrator, database) => {
      const reverted = await migrator.revert(steps);
      output.success({ ...placeOf(database), reverted });
      for (const name of reverted) output.line(`${output.colors.yellow('reverted')} ${name}`);
      output.line(`${database.location}: ${reverted.length === 0 ? 'nothing to undo' : countOf(reverted, 'reverted')}`);
      return exitCodes.ok.code;
    });
  });
}

interface RevertOptions extends RecordOptions {
  readonly steps?: number;
  readonly yes?: boolean;
}

/** Names what would be undone. The database is let go meanwhile: an answer may take its time. */
async function askToRevert(io: CommandLineIo, location: DatabaseLocation, steps: number): Promise<void> {
  let question = '';
  await withMigrator(io, location, async (migrator, database) => {
    const applied = (await migrator.status()).filter(({ state }) => state !== 'pending');
    const names = applied.slice(-steps).map(({ name }) => name);
    if (names.length > 0) {
      question = `${database.location}: what is in the tables of ${names.toReversed().join(', ')} will be lost.`;
    }
    return exitCodes.ok.code;
  });
  if (question !== '') await askFirst(io, question);
}

function createStatusCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'status',
    summary: 'Show what is applied and what is pending',
    examples: [
      { line: 'llm-gateway migrate status', note: 'Of the database that the gateway would use' },
      { line: 'llm-gateway migrate status --json', note: 'For a script' },
    ],
  });
  for (const option of recordOptions()) command.addOption(option);

  return session.onRun<RecordOptions>(command, async ({ io, options, output }) => {
    const location = await locateRecord(io, options);
    // Asking makes no file: of one that is not there, everything is pending, as it is of an empty one.
    const isThere = await recordExists(location);
    const asked = isThere ? location : { file: ':memory:' };
    return withMigrator(io, asked, async (migrator, database) => {
      const place = 'file' in location ? location.file : database.location;
      const status = await migrator.status();
      const pending = status.filter(({ state }) => state === 'pending').length;
      output.success({ database: place, dialect: database.dialect, pending, migrations: status.map(describe) });
      await output.table(
        ['MIGRATION', 'STATE', 'APPLIED'],
        status.map((migration) => [migration.name, migration.state, timeOf(migration) ?? '']),
      );
      output.line(`${place}: ${pending} pending${isThere ? '' : ', and not made yet'}`);
      for (const { name, state } of status) {
        if (state === 'changed')
          output.warning(`${name} is not what was applied; "llm-gateway migrate run" refuses it.`);
        if (state === 'unknown') output.warning(`${name} was applied from a file that is not here.`);
      }
      return exitCodes.ok.code;
    });
  });
}

function createCreateCommand(session: Session): Command {
  const command = session.createCommand({
    name: 'create',
    summary: `Write an empty migration into ./${OWN_FOLDER}`,
    examples: [{ line: 'llm-gateway migrate create add_usage_tracking', note: 'Its file gets the time and this name' }],
  });
  command.argument('<NAME>', 'What it does, such as add_usage_tracking');

  return session.onRun(command, ({ io, operands, output }) =>
    asFailures(async () => {
      const { createMigration } = await import('../../stores/sql/migrations/migration-folder.ts');
      const folder = join(io.cwd, OWN_FOLDER);
      const file = await createMigration({ folder, name: operands[0] ?? '', now: io.clock.wallNow() });
      output.success({ file });
      output.line(file);
      return exitCodes.ok.code;
    }),
  );
}

/** Gives `work` a migrator of the gateway's migrations and the user's own. */
async function withMigrator(
  io: CommandLineIo,
  location: DatabaseLocation,
  work: (migrator: Migrator, database: Database) => Promise<number>,
): Promise<number> {
  return withDatabase(io, location, async (database) => {
    const { Migrator } = await import('../../stores/sql/migrations/migrator.ts');
    const { builtInFolder, readMigrations } = await import('../../stores/sql/migrations/migration-folder.ts');
    const folders = new Set([resolve(builtInFolder()), resolve(io.cwd, OWN_FOLDER)]);
    const migrations = await readMigrations([...folders]);
    return work(new Migrator({ database, clock: io.clock, migrations }), database);
  });
}

function placeOf({ location, dialect }: Database) {
  return { database: location, dialect };
}

function countOf(names: readonly string[], done: string): string {
  return `${names.length} ${names.length === 1 ? 'migration' : 'migrations'} ${done}`;
}

function timeOf({ appliedAt }: MigrationStatus): string | undefined {
  return appliedAt === undefined ? undefined : new Date(appliedAt).toISOString();
}

function describe(migration: MigrationStatus) {
  const { version, name, state, isReversible } = migration;
  return { version, name, state, applied_at: timeOf(migration) ?? null, reversible: isReversible };
}
