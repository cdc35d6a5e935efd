import { resolve } from 'node:path';
import type { DatabaseLocation } from './database.ts';
import { SqlError } from './sql-error.ts';

/** Where the record is kept when nothing else is said, below the working directory. */
export const DEFAULT_DATABASE_FILE = 'data/llm-gateway.db';

/**
 * What an address of a database means: `postgres://…` or `postgresql://…` a server; `sqlite:…`, `file:…` or a path a
 * file. Throws for addresses of other databases.
 */
export function databaseLocation(address: string, workingDirectory: string): DatabaseLocation {
  if (/^postgres(ql)?:\/\//i.test(address)) return { url: address };
  const file = /^(?:sqlite|file):(?:\/\/)?(.+)$/i.exec(address)?.[1] ?? address;
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(file)?.[1];
  if (scheme !== undefined) {
    throw new SqlError('invalid', `No database speaks ${scheme}. Name a file, or postgres://user@host:port/name.`);
  }
  return { file: file === ':memory:' ? file : resolve(workingDirectory, file) };
}
