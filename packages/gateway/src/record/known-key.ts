import type { Principal, PrincipalLimit, PrincipalScopes } from '../canonical/exchange.ts';
import type { KeyAnswer } from '../policies/key-lookup.ts';
import { type ApiKey, type FoundKey, keyState } from '../stores/key-store.ts';
import type { NamespaceSettings, Organisation, Team, Tenant } from '../stores/tenant-store.ts';

/** Whom a key belongs to; undefined: nobody of this kind. */
export interface KeyOwners {
  readonly tenant: Tenant | undefined;
  readonly team: Team | undefined;
  readonly organisation: Organisation | undefined;
}

/** What is remembered of a key. */
export interface KnownKey {
  readonly answer: KeyAnswer;
  /** Milliseconds since 1970 at which the answer is another one; infinite where nothing ends it. */
  readonly endsAt: number;
  /** Id of the key; undefined where there is none with this hash. */
  readonly id: string | undefined;
}

export const unknownKey: KnownKey = {
  answer: { refusal: 'unknown' },
  endsAt: Number.POSITIVE_INFINITY,
  id: undefined,
};

/** What a key that was found is good for at a time, in milliseconds since 1970. */
export function knownKeyOf(found: FoundKey, owners: KeyOwners, now: number): KnownKey {
  const { key, validUntil } = found;
  const ends = [validUntil, key.expiresAt].filter((at) => at !== null);
  return { answer: answerOf(found, owners, now), endsAt: Math.min(Number.POSITIVE_INFINITY, ...ends), id: key.id };
}

function answerOf(found: FoundKey, owners: KeyOwners, now: number): KeyAnswer {
  const { key } = found;
  const state = keyState(found, now);
  if (state !== 'valid') return { refusal: state };
  if (key.scopes.admin !== undefined) return { refusal: 'administers' };
  const all = [owners.tenant, owners.team, owners.organisation];
  if (all.some((owner) => owner?.isActive === false)) return { refusal: 'inactive' };
  return { principal: principalOf(key, owners) };
}

function principalOf(key: ApiKey, owners: KeyOwners): Principal {
  const settings = [owners.team, owners.tenant, owners.organisation].map((owner) => owner?.settings);
  const scopes = scopesOf(key, settings);
  const limits = limitsOf(key, owners);
  return {
    kind: 'key',
    name: key.name,
    identity: key.id,
    tenant: key.tenantId ?? undefined,
    keyId: key.id,
    team: key.teamId ?? undefined,
    organisation: owners.organisation?.id,
    ...(scopes && { scopes }),
    ...(limits.length > 0 && { limits }),
  };
}

function scopesOf(
  { scopes }: ApiKey,
  settings: readonly (NamespaceSettings | undefined)[],
): PrincipalScopes | undefined {
  const given = settings.filter((one) => one !== undefined);
  const models = [scopes.models, ...given.map((one) => one.allowedModels)].filter((list) => list !== undefined);
  const providers = given.map((one) => one.allowedProviders).filter((list) => list !== undefined);
  const regions = given.map((one) => one.regions).filter((list) => list !== undefined);
  const { addresses, endpoints } = scopes;
  const lists = models.length + providers.length + regions.length;
  if (lists === 0 && addresses === undefined && endpoints === undefined) return undefined;
  return {
    ...(models.length > 0 && { models }),
    ...(providers.length > 0 && { providers }),
    ...(regions.length > 0 && { regions }),
    ...(endpoints !== undefined && { endpoints }),
    ...(addresses !== undefined && { addresses }),
  };
}

function limitsOf(key: ApiKey, { organisation, team, tenant }: KeyOwners): readonly PrincipalLimit[] {
  const own: PrincipalLimit = {
    scope: 'key',
    id: key.id,
    requestsPerMinute: key.requestsPerMinute ?? undefined,
    tokensPerMinute: key.tokensPerMinute ?? undefined,
    maxConcurrent: key.maxConcurrent ?? undefined,
  };
  const shared = (
    [
      ['team', team],
      ['tenant', tenant],
      ['organisation', organisation],
    ] as const
  ).flatMap(([scope, owner]): readonly PrincipalLimit[] => {
    const quotas = owner?.settings.quotas;
    if (owner === undefined || quotas === undefined) return [];
    const { maxConcurrent, requestsPerMinute, tokensPerMinute } = quotas;
    return [{ scope, id: owner.id, requestsPerMinute, tokensPerMinute, maxConcurrent }];
  });
  const isLimit = ({ maxConcurrent, requestsPerMinute, tokensPerMinute }: PrincipalLimit): boolean =>
    [maxConcurrent, requestsPerMinute, tokensPerMinute].some((limit) => limit !== undefined);
  return [own, ...shared].filter(isLimit);
}
