import type { GroupsToInsert, RowsToInsert, SqlValue } from './database.ts';
import { SqlError } from './sql-error.ts';

const plainName = /^[a-z_][a-z0-9_]*$/;

/** The statement that inserts so many rows, with a `?` for every value. */
export function insertStatement({ table, columns, onConflict = 'fail' }: RowsToInsert, rowCount: number): string {
  checkNames([table, ...columns]);
  const values = valuesOf(columns.length, rowCount);
  const conflict = onConflict === 'ignore' ? ' ON CONFLICT DO NOTHING' : '';
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${values}${conflict}`;
}

/** The same rows without groups. */
export function withoutGroups({ table, sharedColumns, ownColumns, groups, rows }: GroupsToInsert): RowsToInsert {
  const width = 1 + ownColumns.length;
  const whole: SqlValue[][] = [];
  for (let at = 0; at < rows.length; at += width) {
    whole.push([...groups[Number(rows[at])]!, ...rows.slice(at + 1, at + width)]);
  }
  return { table, columns: [...sharedColumns, ...ownColumns], rows: whole };
}

/** A row of so many values, so many times. */
export function valuesOf(width: number, rowCount: number): string {
  const row = `(${Array.from({ length: width }, () => '?').join(', ')})`;
  return Array.from({ length: rowCount }, () => row).join(', ');
}

/** Names cannot be parameters; none that was not written in this program gets into a statement. */
export function checkNames(names: readonly string[]): void {
  const strange = names.find((name) => !plainName.test(name));
  if (strange !== undefined) throw new SqlError('invalid', `"${strange}" is no name of a table or column.`);
}
