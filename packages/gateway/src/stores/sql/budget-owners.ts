import { GatewayError } from '../../canonical/gateway-error.ts';
import type { Budget, BudgetScope } from '../budget-store.ts';
import type { SqlRunner } from './database.ts';

type OwnerScope = Exclude<BudgetScope, 'global'>;

const tables: Readonly<Record<OwnerScope, string>> = {
  organisation: 'organisations',
  team: 'teams',
  tenant: 'tenants',
  key: 'api_keys',
};

/**
 * Throws where a budget is of somebody who does not exist: it would never hold, and nobody would know. Until the
 * transaction ends, the owner cannot be deleted.
 */
export async function checkOwner(
  transaction: SqlRunner,
  { scope, scopeId }: Pick<Budget, 'scope' | 'scopeId'>,
): Promise<void> {
  if (scope === 'global' || (await lockOwner(transaction, scope, scopeId))) return;
  const message = `\`scope_id\` must be the id of a ${scope} that there is.`;
  throw new GatewayError('invalid_request', message, { param: 'scope_id' });
}

/**
 * Throws where somebody who is to be deleted has budgets: they would hold for whoever gets the id next. Until the
 * transaction ends, nobody makes one.
 */
export async function checkNoBudgets(transaction: SqlRunner, scope: OwnerScope, id: string): Promise<void> {
  await lockOwner(transaction, scope, id);
  const sql = 'SELECT id FROM budgets WHERE scope_kind = ? AND scope_id = ? LIMIT 1';
  if ((await transaction.all(sql, [scope, id])).length === 0) return;
  const message = `The ${scope} has budgets. Delete them first, or make it inactive.`;
  throw new GatewayError('invalid_request', message, { status: 409, code: 'in_use' });
}

/** A change that changes nothing makes others wait for the row. Whether there is one. */
async function lockOwner(transaction: SqlRunner, scope: OwnerScope, id: string): Promise<boolean> {
  return (await transaction.run(`UPDATE ${tables[scope]} SET updated_at = updated_at WHERE id = ?`, [id])) > 0;
}
