import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SqlError } from '../sql-error.ts';
import { isMigrationName, type Migration, readMigration } from './migration-file.ts';

/** More files than this in one folder are no migrations. */
const MAX_FILES = 10_000;

/** The folder of the migrations that come with the gateway, beside its bundle or its sources. */
export function builtInFolder(): string {
  const candidates = ['../migrations/', '../../../../migrations/'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const found = candidates.find((folder) => existsSync(join(folder, '20240101000000_initial_schema.sql')));
  if (found === undefined) {
    throw new SqlError('unavailable', `The migrations of the gateway are not at ${candidates[0]}. Install it anew.`);
  }
  return found;
}

/**
 * Reads the migrations of these folders in the order of their versions. A folder that does not exist has none. Throws
 * where two have one version, and where a file cannot be read as a migration.
 */
export async function readMigrations(folders: readonly string[]): Promise<readonly Migration[]> {
  const found = (await Promise.all(folders.map(readFolder))).flat();
  found.sort((a, b) => (a.version < b.version ? -1 : 1));
  found.forEach(({ version, name }, index) => {
    const before = found[index - 1];
    if (before?.version === version) {
      throw new SqlError('invalid', `Two migrations have one time: ${before.name} and ${name}. Rename the newer one.`);
    }
  });
  return found;
}

async function readFolder(folder: string): Promise<readonly Migration[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new SqlError('unavailable', `${folder} cannot be read.`, error);
  });
  const files = names.filter((name) => name.endsWith('.sql')).slice(0, MAX_FILES);
  const whole = files.filter((name) => !name.endsWith('.down.sql'));
  return Promise.all(
    whole.map(async (file) => {
      const name = file.slice(0, -'.sql'.length);
      const down = `${name}.down.sql`;
      return readMigration(
        name,
        await readFile(join(folder, file), 'utf8'),
        files.includes(down) ? await readFile(join(folder, down), 'utf8') : undefined,
      );
    }),
  );
}

export interface NewMigration {
  readonly folder: string;
  /** What it does, such as `add_usage_tracking`. */
  readonly name: string;
  /** Its time, in milliseconds since 1970. */
  readonly now: number;
}

/** Writes an empty migration; gives its path. Never overwrites a file. */
export async function createMigration({ folder, name, now }: NewMigration): Promise<string> {
  const plain = name
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_');
  const timestamp = new Date(now).toISOString().replace(/\D/g, '').slice(0, 14);
  const whole = `${timestamp}_${plain}`;
  if (!/[a-z0-9]/.test(plain) || !isMigrationName(whole)) {
    throw new SqlError(
      'invalid',
      `"${name}" is no name for a migration. Say what it does, such as add_usage_tracking.`,
    );
  }
  const path = join(folder, `${whole}.sql`);
  await mkdir(folder, { recursive: true });
  try {
    const file = await open(path, 'wx');
    await file.writeFile(`-- ${name.replace(/\s+/g, ' ').trim()}\n\n-- up\n\n\n-- down\n\n`);
    await file.close();
  } catch (error) {
    throw new SqlError('invalid', `${path} cannot be written: it is there already, or its folder is read-only.`, error);
  }
  return path;
}
