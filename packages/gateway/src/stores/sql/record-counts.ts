import { asNumber, type Database } from './database.ts';
import { asStore } from './store-error.ts';

/** How many there are, and how many of them are in use. */
export interface RecordCount {
  readonly total: number;
  readonly active: number;
}

/** How much the record holds of each kind. */
export type RecordCounts = Readonly<Record<'keys' | 'providers' | 'models' | 'tenants', RecordCount>>;

interface CountRow {
  readonly kind: keyof RecordCounts;
  readonly total: number;
  readonly active: number;
}

/** Counts what the record holds. */
export async function countRecord(database: Database): Promise<RecordCounts> {
  const count = (kind: string, table: string, isActive: string): string =>
    `SELECT '${kind}' AS kind, COUNT(*) AS total, COUNT(CASE WHEN ${isActive} THEN 1 END) AS active FROM ${table}`;
  const sql = [
    count('keys', 'api_keys', 'revoked_at IS NULL'),
    count('providers', 'providers', 'is_active = 1'),
    count('models', 'models', 'is_active = 1'),
    count('tenants', 'tenants', 'is_active = 1'),
  ].join(' UNION ALL ');
  const none = { total: 0, active: 0 };
  const counts: Record<keyof RecordCounts, RecordCount> = { keys: none, providers: none, models: none, tenants: none };
  for (const { active, kind, total } of await asStore(() => database.all<CountRow>(sql))) {
    counts[kind] = { total: asNumber(total), active: asNumber(active) };
  }
  return counts;
}
