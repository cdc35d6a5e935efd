import { type CatalogTable, readCatalog } from './catalog.ts';
import type { CallLimits, Database, SqlCell, SqlRunner } from './database.ts';
import { RowDigest } from './row-digest.ts';
import { SqlError } from './sql-error.ts';

export interface CopySettings {
  /** Read in one transaction, so that it is of one moment; a SQLite file takes no writes meanwhile. */
  readonly from: Database;
  /** Has the same tables. It is written in one transaction: a copy that fails leaves it as it was. */
  readonly to: Database;
  /** Deletes what `to` holds; without it, a database that holds something is refused. */
  readonly isForced: boolean;
  readonly onProgress?: (progress: CopyProgress) => void;
  readonly signal?: AbortSignal;
}

export interface CopyProgress {
  readonly table: string;
  /** Rows copied so far. */
  readonly copied: number;
  readonly total: number;
}

export interface CopiedTable {
  readonly table: string;
  readonly rows: number;
}

/** Rows that are read and written at once. */
const BATCH = 500;
const TIMEOUT_MS = 24 * 60 * 60_000;
/** Tables that have rows before anybody wrote one: a database has them when it is migrated, or when a gateway first opens it. */
const bornWithRows: ReadonlySet<string> = new Set(['revisions', 'audit_chain', 'record_facts']);

type Row = Readonly<Record<string, SqlCell>>;

/**
 * Copies every row of every table, then reads them back and compares number and checksum of each table; only then is it
 * kept. Both databases are migrated to the same state beforehand. Gives what was copied, table by table.
 */
export async function copyDatabase(settings: CopySettings): Promise<readonly CopiedTable[]> {
  const { from, to, signal } = settings;
  const tables = await sameTables(from, to);
  const limits: CallLimits = { timeoutMs: TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) };
  return from.transaction(async (source) => {
    // One moment for all tables; SQLite has no other kind of transaction.
    if (from.dialect === 'postgres') await source.script('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return to.transaction(async (target) => {
      await clear(target, tables, settings);
      const digests: RowDigest[] = [];
      for (const table of tables) digests.push(await copyTable(source, target, table, settings));
      for (const [index, table] of tables.entries()) await compare(target, table, digests[index]!);
      if (to.dialect === 'postgres') await goOnNumbering(target);
      return tables.map(({ name }, index) => ({ table: name, rows: digests[index]!.count }));
    }, limits);
  }, limits);
}

async function sameTables(from: Database, to: Database): Promise<readonly CatalogTable[]> {
  const [tables, others] = [await readCatalog(from), await readCatalog(to)];
  const missing = tables.filter(({ name, columns }) => {
    const other = others.find((table) => table.name === name);
    return other === undefined || columns.some((column) => !other.columns.includes(column));
  });
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(', ');
    throw new SqlError(
      'invalid',
      `${to.location} has no such tables, or others, as ${from.location}: ${names}. Run "llm-gateway migrate run" on both.`,
    );
  }
  const keyless = tables.filter(({ primaryKey }) => primaryKey.length === 0).map(({ name }) => name);
  if (keyless.length > 0) {
    throw new SqlError('invalid', `These tables have no primary key to copy them by: ${keyless.join(', ')}.`);
  }
  return tables;
}

async function clear(
  target: SqlRunner,
  tables: readonly CatalogTable[],
  { to, isForced }: CopySettings,
): Promise<void> {
  for (const { name } of [...tables].reverse()) {
    if (!isForced && !bornWithRows.has(name)) {
      const found = await target.all(`SELECT 1 AS one FROM ${name} LIMIT 1`);
      if (found.length > 0) {
        throw new SqlError('invalid', `${to.location} is not empty: it has rows in ${name}. --force replaces them.`);
      }
    }
    await target.run(`DELETE FROM ${name}`);
  }
}

async function copyTable(
  source: SqlRunner,
  target: SqlRunner,
  table: CatalogTable,
  { onProgress }: CopySettings,
): Promise<RowDigest> {
  const { name, columns } = table;
  const [counted] = await source.all<{ readonly total: number }>(`SELECT COUNT(*) AS total FROM ${name}`);
  const total = counted?.total ?? 0;
  const digest = new RowDigest();
  for await (const rows of pages(source, table)) {
    const cells = rows.map((row) => columns.map((column) => row[column] ?? null));
    for (const row of cells) digest.add(row);
    await target.insertMany({ table: name, columns, rows: cells });
    onProgress?.({ table: name, copied: digest.count, total });
  }
  if (digest.count !== total) {
    throw new SqlError('invalid', `${name} has ${total} rows, of which ${digest.count} were read. Nothing was copied.`);
  }
  return digest;
}

async function compare(target: SqlRunner, table: CatalogTable, expected: RowDigest): Promise<void> {
  const digest = new RowDigest();
  for await (const rows of pages(target, table)) {
    for (const row of rows) digest.add(table.columns.map((column) => row[column] ?? null));
  }
  if (digest.text === expected.text) return;
  throw new SqlError('invalid', `${table.name} did not arrive as it was sent. Nothing was copied.`);
}

/**
 * Numbers that PostgreSQL gives by itself go on behind those that were copied. They never go back: what is set here
 * stays although the copy be undone.
 */
async function goOnNumbering(target: SqlRunner): Promise<void> {
  const numbered = await target.all<{ readonly table_name: string; readonly column_name: string }>(
    `SELECT c.relname AS table_name, a.attname AS column_name
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attidentity <> ''
      WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace`,
  );
  for (const { column_name: column, table_name: table } of numbered) {
    const counter = `pg_get_serial_sequence('${table}', '${column}')`;
    const behind = `(SELECT COALESCE(MAX(${column}), 0) + 1 FROM ${table})`;
    await target.all(`SELECT setval(${counter}, GREATEST(${behind}, nextval(${counter})), false)`);
  }
}

/** The rows of a table in the order of its primary key. */
async function* pages(runner: SqlRunner, { name, columns, primaryKey }: CatalogTable): AsyncIterable<readonly Row[]> {
  const key = primaryKey.join(', ');
  const after = `WHERE (${key}) > (${primaryKey.map(() => '?').join(', ')})`;
  const select = (condition: string) =>
    `SELECT ${columns.join(', ')} FROM ${name} ${condition} ORDER BY ${key} LIMIT ${BATCH}`;
  let rows = await runner.all<Row>(select(''));
  while (rows.length > 0) {
    yield rows;
    const last = rows.at(-1)!;
    rows = await runner.all<Row>(
      select(after),
      primaryKey.map((column) => last[column] ?? null),
    );
  }
}
