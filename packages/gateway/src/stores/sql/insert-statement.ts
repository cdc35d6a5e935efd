import type { RowsToInsert } from './database.ts';
import { SqlError } from './sql-error.ts';

const plainName = /^[a-z_][a-z0-9_]*$/;

/** The statement that inserts so many rows, with a `?` for every value. */
export function insertStatement({ table, columns, onConflict = 'fail' }: RowsToInsert, rowCount: number): string {
  // Names cannot be parameters; none that was not written in this program gets into a statement.
  const strange = [table, ...columns].find((name) => !plainName.test(name));
  if (strange !== undefined) throw new SqlError('invalid', `"${strange}" is no name of a table or column.`);
  const row = `(${columns.map(() => '?').join(', ')})`;
  const values = Array.from({ length: rowCount }, () => row).join(', ');
  const conflict = onConflict === 'ignore' ? ' ON CONFLICT DO NOTHING' : '';
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${values}${conflict}`;
}
