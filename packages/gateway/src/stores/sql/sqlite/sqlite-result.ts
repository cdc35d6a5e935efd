import type { ThreadResult } from './sqlite-thread.ts';

/** The number of rows that a statement changed. */
export function changesOf(result: ThreadResult): number {
  return 'changes' in result ? result.changes : 0;
}

/** The rows of a statement, objects keyed by column name. */
export function rowsOf<Row extends object>(result: ThreadResult): readonly Row[] {
  if (!('rows' in result)) return [];
  const { columns, rows } = result;
  // Whoever wrote the statement knows its columns; the type is their word.
  return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])) as Row);
}
