import { hash } from 'node:crypto';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { Exchange } from '../../exchange.ts';
import type { AdminAccess } from '../../policies/admin-access.ts';
import { readBearer } from '../../policies/authenticate.ts';
import { checkAddressScope } from '../../policies/key-scopes.ts';
import type { GatewayRecord } from '../../record/gateway-record.ts';
import { KeyOwnerLookup } from '../../record/key-owners.ts';
import { isInactive } from '../../record/known-key.ts';
import { type ApiKey, keyState } from '../../stores/key-store.ts';

/** Who administers. `all`: everything. `read`: everything, without changing it. `tenant`: one tenant. */
export interface AdminCaller {
  readonly role: 'all' | 'read' | 'tenant';
  /** Who it is, for the audit log: `admin`, or the id of a key. */
  readonly actor: string;
  /** The tenant of those who administer one. */
  readonly tenantId: string | undefined;
}

/** The tenant that is meant: those who administer one mean that one. Throws `forbidden` where they name another. */
export function tenantOf(caller: AdminCaller, given: string | null | undefined): string | null | undefined {
  if (caller.tenantId === undefined) return given;
  if (given !== undefined && given !== caller.tenantId) {
    throw new GatewayError('forbidden', 'This key administers another tenant.', { param: 'tenant_id' });
  }
  return caller.tenantId;
}

const operator: AdminCaller = { role: 'all', actor: 'admin', tenantId: undefined };
/** Keys of the record; nothing else is looked for there. */
const keyShape = /^sk-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface AdminCallerInput {
  readonly exchange: Pick<Exchange, 'headers' | 'clientAddress'>;
  readonly access: AdminAccess;
  readonly record: Pick<GatewayRecord, 'keys' | 'keyUses' | 'stores'> | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Told whose key it is, before it may be refused. */
  readonly onKnown: (caller: AdminCaller) => void;
}

/**
 * Finds out who wants to administer: whoever has the operators' key, or a key of the record that was made for it. Keys of
 * callers are refused as any wrong key is. Throws `not_found` where there is no operators' key, `unauthenticated`,
 * `rate_limited`, and as `findKeyCaller`.
 */
export async function findAdminCaller({ access, ...input }: AdminCallerInput): Promise<AdminCaller> {
  const { exchange } = input;
  const { authorization } = exchange.headers;
  const key = await findKeyCaller(input);
  if (key !== undefined) return key;
  try {
    access(exchange);
  } catch (error) {
    if (!(error instanceof GatewayError) || error.kind !== 'unauthenticated') throw error;
    const message = authorization === undefined ? 'Missing Authorization header' : 'Invalid admin key';
    throw new GatewayError('unauthenticated', message, { code: 'invalid_admin_key', headers: error.headers });
  }
  return operator;
}

/**
 * Who administers by a key of the record; undefined: the request has none that was made for it. Throws `forbidden` where
 * the key may not come from this address, or belongs to somebody who is inactive.
 */
export async function findKeyCaller({
  exchange,
  now,
  onKnown,
  record,
}: Omit<AdminCallerInput, 'access'>): Promise<AdminCaller | undefined> {
  const bearer = readBearer({ authorization: exchange.headers.authorization });
  if (bearer === undefined || record === undefined || !keyShape.test(bearer)) return undefined;
  const key = await findAdminKey(record, hash('sha256', bearer), now);
  const caller = key && callerOf(key);
  if (key === undefined || caller === undefined) return undefined;
  onKnown(caller);
  const { addresses } = key.scopes;
  if (addresses !== undefined)
    checkAddressScope({ principal: { scopes: { addresses } }, clientAddress: exchange.clientAddress });
  await checkOwners(key, record);
  record.keyUses.note(key.id);
  return caller;
}

async function findAdminKey(
  record: Pick<GatewayRecord, 'keys' | 'stores'>,
  keyHash: string,
  now: number,
): Promise<ApiKey | undefined> {
  // The directory spares the record those who try keys; while the record is away, nobody's key administers.
  const known = await Promise.resolve(record.keys.find(keyHash)).catch(() => undefined);
  if (known === undefined || !('refusal' in known) || known.refusal !== 'administers') return undefined;
  const found = await record.stores.keys.findByHash(keyHash);
  return found === undefined || keyState(found, now) !== 'valid' ? undefined : found.key;
}

function callerOf({ id, scopes, tenantId }: ApiKey): AdminCaller | undefined {
  if (scopes.admin === undefined) return undefined;
  if (scopes.admin !== 'tenant') return { role: scopes.admin, actor: id, tenantId: undefined };
  return tenantId === null ? undefined : { role: 'tenant', actor: id, tenantId };
}

/** Read anew each time: whoever was made inactive a moment ago changes nothing any more. */
async function checkOwners(key: ApiKey, { stores }: Pick<GatewayRecord, 'stores'>): Promise<void> {
  if (!isInactive(await new KeyOwnerLookup(stores.tenants).of(key))) return;
  throw new GatewayError('forbidden', 'The team, tenant or organisation of this key is inactive.');
}
