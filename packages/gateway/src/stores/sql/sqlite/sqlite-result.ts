import { SqlError } from '../sql-error.ts';
import type { ReadRows } from './sqlite-connection.ts';
import type { ThreadResult } from './sqlite-thread.ts';
import type { Carried } from './thread-messages.ts';

/** The number of rows that a statement changed. */
export function changesOf(result: ThreadResult): number {
  return 'changes' in result ? result.changes : 0;
}

/** The rows of a statement, objects keyed by column name. */
export function rowsOf<Row extends object>(result: ThreadResult | ReadRows): readonly Row[] {
  if (!('rows' in result)) return [];
  const { columns, rows } = result;
  // Whoever wrote the statement knows its columns; the type is their word.
  return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])) as Row);
}

/** What became of a spool that was to be carried. */
export function carriedOf(result: ThreadResult): Carried {
  if ('carried' in result) return result.carried;
  throw new SqlError('invalid', 'A thread of SQLite answered what it was not asked.');
}
