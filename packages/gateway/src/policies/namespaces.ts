import type { Principal, PrincipalLimit, PrincipalOverrides, PrincipalScopes } from '../canonical/exchange.ts';
import type { NamespaceConfig, NamespaceSettings } from '../stores/tenant-store.ts';

/** Something that a key is below, and what it says. */
export interface Namespace {
  readonly scope: 'team' | 'tenant' | 'organisation';
  readonly id: string;
  readonly settings: NamespaceSettings;
}

/**
 * A principal with everything that the namespaces above it say, the nearest first. What restricts holds all together:
 * models, providers, regions, quotas. Of what is only set in another way, the nearest one that sets it decides.
 */
export function withinNamespaces(principal: Principal, namespaces: readonly Namespace[]): Principal {
  if (namespaces.length === 0) return principal;
  const settings = namespaces.map((namespace) => namespace.settings);
  const scopes = scopesWithin(principal.scopes, settings);
  const limits = limitsWithin(principal.limits ?? [], namespaces);
  const overrides = overridesWithin(principal.overrides, settings);
  const keepsBodies = principal.keepsBodies ?? settings.find((one) => one.auditBodies !== undefined)?.auditBodies;
  return {
    ...principal,
    ...(scopes && { scopes }),
    ...(limits.length > 0 && { limits }),
    ...(overrides && { overrides }),
    ...(keepsBodies !== undefined && { keepsBodies }),
  };
}

function scopesWithin(
  own: PrincipalScopes | undefined,
  settings: readonly NamespaceSettings[],
): PrincipalScopes | undefined {
  const models = listsOf(own?.models, settings, 'allowedModels');
  const providers = listsOf(own?.providers, settings, 'allowedProviders');
  const regions = listsOf(own?.regions, settings, 'regions');
  if (own === undefined && models.length + providers.length + regions.length === 0) return undefined;
  return {
    ...own,
    ...(models.length > 0 && { models }),
    ...(providers.length > 0 && { providers }),
    ...(regions.length > 0 && { regions }),
  };
}

function listsOf(
  own: readonly (readonly string[])[] | undefined,
  settings: readonly NamespaceSettings[],
  name: 'allowedModels' | 'allowedProviders' | 'regions',
): readonly (readonly string[])[] {
  return [...(own ?? []), ...settings.map((one) => one[name])].filter((list) => list !== undefined);
}

function limitsWithin(own: readonly PrincipalLimit[], namespaces: readonly Namespace[]): readonly PrincipalLimit[] {
  const limits = [...own];
  for (const { id, scope, settings } of namespaces) {
    if (settings.quotas === undefined) continue;
    const { maxConcurrent, requestsPerDay, requestsPerMinute, tokensPerDay, tokensPerMinute } = settings.quotas;
    const limit: PrincipalLimit = {
      scope,
      id,
      requestsPerMinute,
      tokensPerMinute,
      requestsPerDay,
      tokensPerDay,
      maxConcurrent,
    };
    const same = limits.findIndex((other) => other.scope === scope && other.id === id);
    // What is counted by one counter has one limit.
    if (same >= 0) limits[same] = smallerOf(limits[same]!, limit);
    else limits.push(limit);
  }
  return limits.filter(limitsSomething);
}

const quotaNames = [
  'requestsPerMinute',
  'tokensPerMinute',
  'requestsPerDay',
  'tokensPerDay',
  'maxConcurrent',
] as const satisfies readonly (keyof PrincipalLimit)[];

function limitsSomething(limit: PrincipalLimit): boolean {
  return quotaNames.some((name) => limit[name] !== undefined);
}

function smallerOf(one: PrincipalLimit, other: PrincipalLimit): PrincipalLimit {
  const smaller = quotaNames.map((name) => {
    const given = [one[name], other[name]].filter((limit) => limit !== undefined);
    return [name, given.length === 0 ? undefined : Math.min(...given)];
  });
  return { ...one, ...Object.fromEntries(smaller) };
}

function overridesWithin(
  own: PrincipalOverrides | undefined,
  settings: readonly NamespaceSettings[],
): PrincipalOverrides | undefined {
  const given = settings.map((one) => one.config).filter((config) => config !== undefined);
  if (given.length === 0) return own;
  // The farthest first, so that what is nearer replaces it.
  let overrides: PrincipalOverrides = {};
  for (const config of given.toReversed()) overrides = { ...overrides, ...overridesOf(config) };
  return { ...overrides, ...own };
}

function overridesOf({ timeoutSeconds, ...rest }: NamespaceConfig): PrincipalOverrides {
  return { ...rest, ...(timeoutSeconds !== undefined && { timeoutMs: timeoutSeconds * 1_000 }) };
}
