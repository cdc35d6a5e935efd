import type { Database } from './database.ts';
import { SqlError } from './sql-error.ts';

/** What is known of a table from the database itself. */
export interface CatalogTable {
  readonly name: string;
  readonly columns: readonly string[];
  /** Columns by which its rows are told apart; empty where there are none. */
  readonly primaryKey: readonly string[];
  /** Other tables that its rows refer to. */
  readonly references: readonly string[];
}

interface ColumnRow {
  readonly table_name: string;
  readonly column_name: string;
  /** Place in the primary key, from 1; 0 outside of it. */
  readonly key_position: number;
}

interface ReferenceRow {
  readonly table_name: string;
  readonly referred: string;
}

const statements = {
  sqlite: {
    columns: `SELECT m.name AS table_name, c.name AS column_name, c.pk AS key_position
      FROM sqlite_master m JOIN pragma_table_info(m.name) c
      WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY m.name, c.cid`,
    references: `SELECT DISTINCT m.name AS table_name, f."table" AS referred
      FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`,
  },
  postgres: {
    columns: `SELECT c.relname AS table_name, a.attname AS column_name,
        COALESCE(array_position(k.conkey, a.attnum), 0) AS key_position
      FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
      WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace ORDER BY c.relname, a.attnum`,
    references: `SELECT DISTINCT c.relname AS table_name, r.relname AS referred
      FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class r ON r.oid = k.confrelid
      WHERE k.contype = 'f' AND c.relnamespace = current_schema()::regnamespace`,
  },
} as const;

/** Every table but the list of migrations, those that others refer to first. */
export async function readCatalog(database: Database): Promise<readonly CatalogTable[]> {
  const { columns, references } = statements[database.dialect];
  const tables = new Map<string, { columns: string[]; key: [position: number, column: string][] }>();
  for (const row of await database.report<ColumnRow>(columns)) {
    const table = tables.get(row.table_name) ?? { columns: [], key: [] };
    table.columns.push(row.column_name);
    if (row.key_position > 0) table.key.push([row.key_position, row.column_name]);
    tables.set(row.table_name, table);
  }
  const referred = await database.report<ReferenceRow>(references);
  const unordered = [...tables]
    .filter(([name]) => name !== 'schema_migrations')
    .map(([name, table]) => ({
      name,
      columns: table.columns,
      primaryKey: table.key.sort(([a], [b]) => a - b).map(([, column]) => column),
      references: referred.filter((row) => row.table_name === name && row.referred !== name).map((row) => row.referred),
    }));
  return inOrder(unordered);
}

function inOrder(tables: readonly CatalogTable[]): readonly CatalogTable[] {
  const ordered: CatalogTable[] = [];
  let left = tables;
  while (left.length > 0) {
    const isFree = ({ references }: CatalogTable) =>
      references.every((name) => !left.some((table) => table.name === name));
    const free = left.filter(isFree);
    if (free.length === 0) {
      const names = left.map(({ name }) => name).join(', ');
      throw new SqlError('invalid', `These tables refer to each other in a circle, so none can be first: ${names}.`);
    }
    ordered.push(...free);
    left = left.filter((table) => !free.includes(table));
  }
  return ordered;
}
