import { GatewayError } from '../../canonical/gateway-error.ts';
import type { NamespaceSettings } from '../tenant-store.ts';
import { jsonColumn } from './columns.ts';
import type { SqlRunner } from './database.ts';
import { lockTenant } from './tenant-lock.ts';

/** Of keys that are valid at a time. */
export const IS_VALID_AT = 'revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)';

const settingsColumn = jsonColumn<NamespaceSettings>('settings');

/**
 * Throws `quota_exceeded` where a tenant has as many valid keys as it may. Until the transaction ends, nobody else gets
 * past this for the same tenant, so that what was counted still holds when the key is written.
 */
export async function checkKeyQuota(transaction: SqlRunner, tenantId: string | null, now: number): Promise<void> {
  if (tenantId === null) return;
  const tenant = await lockTenant(transaction, tenantId);
  const most = tenant && settingsColumn.decode(tenant.settings).quotas?.maxKeys;
  if (most === undefined) return;
  const count = `SELECT COUNT(*) AS count FROM api_keys WHERE tenant_id = ? AND ${IS_VALID_AT}`;
  const [row] = await transaction.all<{ readonly count: number }>(count, [tenantId, now]);
  const valid = Number(row?.count);
  if (valid < most) return;
  const message = `The tenant has ${valid} keys and may have ${most}. Revoke one, or raise quotas.max_keys.`;
  throw new GatewayError('invalid_request', message, { status: 409, code: 'quota_exceeded' });
}
