import { Option } from 'commander';
import type { Database, DatabaseLocation } from '../../stores/sql/database.ts';
import { CommandFailure } from '../command-failure.ts';
import type { CommandLineIo } from '../command-line-io.ts';
import { loadConfiguration } from './config-problems.ts';

/** Flags of every command that works on the record. */
export interface RecordOptions {
  readonly config?: string;
  readonly database?: string;
}

/** The flags of every command that works on the record. */
export function recordOptions(): readonly Option[] {
  return [
    new Option('-c, --config <FILE>', 'Configuration file path'),
    new Option('--database <FILE|URL>', 'Which database; wins over DATABASE_URL and the configuration'),
  ];
}

/**
 * Which database the commands work on: the one that is named, else that of DATABASE_URL, else the configuration's, else
 * the embedded file that the gateway itself would use.
 */
export async function locateRecord(io: CommandLineIo, options: RecordOptions): Promise<DatabaseLocation> {
  const { databaseLocation, DEFAULT_DATABASE_FILE } = await import('../../stores/sql/database-location.ts');
  const locate = (address: string) => asFailures(async () => databaseLocation(address, io.cwd));
  if (options.database !== undefined) return locate(options.database);
  const { config, env } = await loadConfiguration(io, options.config === undefined ? {} : { config: options.config });
  const { database } = config;
  return locate(env['DATABASE_URL'] || database?.url || database?.path || DEFAULT_DATABASE_FILE);
}

/** Whether there is a database; a server is asked for one only when it is used. */
export async function recordExists(location: DatabaseLocation): Promise<boolean> {
  if ('url' in location) return true;
  const { fileExists } = await import('../../stores/sql/sqlite/sqlite-file.ts');
  return fileExists(location.file);
}

/** The failure of a command that needs a database where there is none: none is made only to be read. */
export async function requireRecord(location: DatabaseLocation): Promise<void> {
  if ('url' in location || (await recordExists(location))) return;
  throw new CommandFailure(
    'unwell',
    `There is no database at ${location.file}. "llm-gateway migrate run" makes one; --database names another.`,
  );
}

/** Opens the database for the time of `work`. What goes wrong in it is the command's failure. */
export function withDatabase<Result>(
  io: CommandLineIo,
  location: DatabaseLocation,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  return asFailures(async () => {
    const { openDatabase } = await import('../../stores/sql/database.ts');
    const database = await openDatabase({ location, clock: io.clock, maxConnections: 3, timeoutMs: 30_000 });
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  });
}

/** Runs `work`; what the database or a migration says of a failure is what the user is told. */
export async function asFailures<Result>(work: () => Promise<Result>): Promise<Result> {
  const { SqlError } = await import('../../stores/sql/sql-error.ts');
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    if (error.kind === 'aborted') throw new CommandFailure('interrupted', 'Interrupted.', { cause: error });
    throw new CommandFailure('unwell', error.message, { cause: error });
  }
}
