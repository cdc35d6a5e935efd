import type { Principal, PrincipalLimit } from '../canonical/exchange.ts';
import type { KeyAnswer, TenantAnswer } from '../policies/key-lookup.ts';
import { type Namespace, withinNamespaces } from '../policies/namespaces.ts';
import { type ApiKey, type FoundKey, keyState } from '../stores/key-store.ts';
import type { Organisation, Team, Tenant } from '../stores/tenant-store.ts';

/** Whom a key belongs to; undefined: nobody of this kind. */
export interface KeyOwners {
  readonly tenant: Tenant | undefined;
  readonly team: Team | undefined;
  /** The team's, then the tenant's where that is another one: a key has to keep what both say. */
  readonly organisations: readonly Organisation[];
}

/** What is remembered of a key. */
export interface KnownKey {
  readonly answer: KeyAnswer;
  /** Milliseconds since 1970 at which the answer is another one; infinite where nothing ends it. */
  readonly endsAt: number;
  /** Id of the key; undefined where there is none with this hash. */
  readonly id: string | undefined;
  /** Ids of whom it belongs to. */
  readonly ownerIds: readonly string[];
}

/** What is remembered of a tenant that keys of the configuration name. */
export interface KnownTenant {
  readonly answer: TenantAnswer;
  /** Ids of the tenant and its organisation. */
  readonly ownerIds: readonly string[];
}

export const unknownKey: KnownKey = {
  answer: { refusal: 'unknown' },
  endsAt: Number.POSITIVE_INFINITY,
  id: undefined,
  ownerIds: [],
};

/** The record says nothing of this tenant. */
export const unknownTenant: KnownTenant = { answer: { namespaces: [], organisation: undefined }, ownerIds: [] };

/** What a key that was found is good for at a time, in milliseconds since 1970. */
export function knownKeyOf(found: FoundKey, owners: KeyOwners, now: number): KnownKey {
  const { key, validUntil } = found;
  const ends = [validUntil, key.expiresAt].filter((at) => at !== null);
  return {
    answer: answerOf(found, owners, now),
    endsAt: Math.min(Number.POSITIVE_INFINITY, ...ends),
    id: key.id,
    // As the key names them: an owner that it may have lost meanwhile is one that changed.
    ownerIds: [key.tenantId, key.teamId, ...owners.organisations.map(({ id }) => id)].filter((id) => id !== null),
  };
}

/** What holds for a key of the configuration that names a tenant. */
export function knownTenantOf(owners: KeyOwners): KnownTenant {
  const { organisations, tenant } = owners;
  const all = [tenant, ...organisations].filter((owner) => owner !== undefined);
  return {
    answer: isInactive(owners)
      ? { refusal: 'inactive' }
      : { namespaces: namespacesOfAll(owners), organisation: organisations[0]?.id },
    ownerIds: all.map(({ id }) => id),
  };
}

/** Whether one of them was switched off: then so is all that belongs to it. */
export function isInactive({ organisations, team, tenant }: KeyOwners): boolean {
  return [tenant, team, ...organisations].some((owner) => owner?.isActive === false);
}

function answerOf(found: FoundKey, owners: KeyOwners, now: number): KeyAnswer {
  const { key } = found;
  const state = keyState(found, now);
  if (state !== 'valid') return { refusal: state };
  if (key.scopes.admin !== undefined) return { refusal: 'administers' };
  if (isInactive(owners)) return { refusal: 'inactive' };
  return { principal: principalOf(key, owners) };
}

function principalOf(key: ApiKey, owners: KeyOwners): Principal {
  const { addresses, endpoints, models } = key.scopes;
  const [organisation, other] = owners.organisations;
  const isScoped = [addresses, endpoints, models].some((list) => list !== undefined);
  const own: Principal = {
    kind: 'key',
    name: key.name,
    // A key that comes to another tenant leaves behind what it had in the one before.
    identity: key.tenantId === null ? key.id : `${key.tenantId}/${key.id}`,
    tenant: key.tenantId ?? undefined,
    keyId: key.id,
    team: key.teamId ?? undefined,
    organisation: organisation?.id,
    ...(other && { otherOrganisation: other.id }),
    ...(isScoped && {
      scopes: {
        ...(models !== undefined && { models: [models] }),
        ...(endpoints !== undefined && { endpoints }),
        ...(addresses !== undefined && { addresses }),
      },
    }),
    ...(hasLimits(key) && { limits: [ownLimit(key)] }),
    ...(key.tokenBudget !== null && { tokenBudget: { tokens: key.tokenBudget, since: key.usageResetAt ?? 0 } }),
  };
  return withinNamespaces(own, namespacesOfAll(owners));
}

/** The nearest first. */
function namespacesOfAll({ organisations, team, tenant }: KeyOwners): readonly Namespace[] {
  return [
    ...namespacesOf('team', [team]),
    ...namespacesOf('tenant', [tenant]),
    ...namespacesOf('organisation', organisations),
  ];
}

function hasLimits({ maxConcurrent, requestsPerMinute, tokensPerMinute }: ApiKey): boolean {
  return [maxConcurrent, requestsPerMinute, tokensPerMinute].some((limit) => limit !== null);
}

function ownLimit(key: ApiKey): PrincipalLimit {
  return {
    scope: 'key',
    id: key.id,
    requestsPerMinute: key.requestsPerMinute ?? undefined,
    tokensPerMinute: key.tokensPerMinute ?? undefined,
    maxConcurrent: key.maxConcurrent ?? undefined,
  };
}

function namespacesOf(scope: Namespace['scope'], owners: readonly (Organisation | undefined)[]): readonly Namespace[] {
  return owners.flatMap((owner) => (owner === undefined ? [] : [{ scope, id: owner.id, settings: owner.settings }]));
}
