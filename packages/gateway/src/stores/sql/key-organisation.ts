import { GatewayError } from '../../canonical/gateway-error.ts';
import type { ApiKey } from '../key-store.ts';
import type { SqlCell, SqlRunner } from './database.ts';
import { lockTenant } from './tenant-lock.ts';

interface OrganisationRow {
  readonly organisation_id: SqlCell;
}

/**
 * Throws where a key's team is in one organisation and its tenant in another: what it spends is written down for one of
 * them. Until the transaction ends, the tenant stays where it is; a team does so for good.
 */
export async function checkKeyOrganisation(
  transaction: SqlRunner,
  { teamId, tenantId }: Pick<ApiKey, 'teamId' | 'tenantId'>,
): Promise<void> {
  if (teamId === null || tenantId === null) return;
  const tenant = await lockTenant(transaction, tenantId);
  const [team] = await transaction.all<OrganisationRow>('SELECT organisation_id FROM teams WHERE id = ?', [teamId]);
  const organisation = tenant?.organisation_id ?? null;
  if (team === undefined || organisation === null || organisation === team.organisation_id) return;
  throw new GatewayError(
    'invalid_request',
    'The team is of another organisation than the tenant. A key belongs to one organisation.',
    { param: 'team_id' },
  );
}

/** Throws where a tenant is to come to another organisation than the teams of its keys are in; those revoked do not count. */
export async function checkTenantMove(
  transaction: SqlRunner,
  tenantId: string,
  organisationId: string | null | undefined,
): Promise<void> {
  if (organisationId === undefined || organisationId === null) return;
  const tenant = await lockTenant(transaction, tenantId);
  if (tenant === undefined || tenant.organisation_id === organisationId) return;
  const sql = `SELECT api_keys.id AS id FROM api_keys JOIN teams ON teams.id = api_keys.team_id
    WHERE api_keys.tenant_id = ? AND api_keys.revoked_at IS NULL AND teams.organisation_id <> ? LIMIT 1`;
  if ((await transaction.all(sql, [tenantId, organisationId])).length === 0) return;
  throw new GatewayError(
    'invalid_request',
    'The tenant has keys whose teams are of another organisation. Take them out of their teams, or revoke them, first.',
    { status: 409, code: 'in_use', param: 'organisation_id' },
  );
}
