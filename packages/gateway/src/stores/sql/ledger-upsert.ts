import type { SqlRunner } from './database.ts';
import type { Sums } from './ledger-rollups.ts';

/** Rows of one statement; few sizes, so that few statements are prepared. */
const chunkSizes = [100, 20, 4, 1] as const;

/** Adds rows to a table of sums: to the row with the same keys where there is one. */
export async function addSums(runner: SqlRunner, sums: Sums): Promise<void> {
  let done = 0;
  while (done < sums.rows.length) {
    const left = sums.rows.length - done;
    const size = chunkSizes.find((chunk) => chunk <= left)!;
    const rows = sums.rows.slice(done, done + size);
    await runner.run(statementOf(sums, size), rows.flat());
    done += size;
  }
}

const statements = new Map<string, string>();

function statementOf(sums: Sums, rowCount: number): string {
  const name = `${sums.table} ${rowCount}`;
  const known = statements.get(name) ?? buildStatement(sums, rowCount);
  statements.set(name, known);
  return known;
}

function buildStatement({ table, keys, added, least, greatest }: Sums, rowCount: number): string {
  const columns = [...keys, ...added, ...least, ...greatest];
  const row = `(${columns.map(() => '?').join(', ')})`;
  const changes = [
    ...added.map((name) => `${name} = ${table}.${name} + excluded.${name}`),
    ...least.map((name) => `${name} = ${extreme(table, name, '<')}`),
    ...greatest.map((name) => `${name} = ${extreme(table, name, '>')}`),
  ];
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${Array.from({ length: rowCount }, () => row).join(', ')}
    ON CONFLICT (${keys.join(', ')}) DO UPDATE SET ${changes.join(', ')}`;
}

/** The two databases call the smaller of two values by different names. */
function extreme(table: string, column: string, comparison: '<' | '>'): string {
  const [old, added] = [`${table}.${column}`, `excluded.${column}`];
  return `CASE WHEN ${old} IS NULL OR ${added} ${comparison} ${old} THEN ${added} ELSE ${old} END`;
}
