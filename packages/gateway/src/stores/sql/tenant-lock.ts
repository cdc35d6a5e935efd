import type { SqlCell, SqlRunner } from './database.ts';

export interface LockedTenant {
  readonly organisation_id: SqlCell;
  readonly settings: SqlCell;
}

/**
 * A tenant's row, which nobody else changes or locks until the transaction ends; undefined where there is none. A change that
 * changes nothing makes others wait, on every database.
 */
export async function lockTenant(transaction: SqlRunner, id: string): Promise<LockedTenant | undefined> {
  const sql = 'UPDATE tenants SET updated_at = updated_at WHERE id = ? RETURNING organisation_id, settings';
  const [tenant] = await transaction.all<LockedTenant & Record<string, SqlCell>>(sql, [id]);
  return tenant;
}
