import * as z from 'zod';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { ProviderConfig } from '../../config/gateway-config.ts';
import { DEFAULT_ROTATION_DAYS, isRotationDue, providerContext } from '../../credentials/secret-rotation.ts';
import type { ProviderDefinition } from '../../providers/define-provider.ts';
import { findProvider, findProviderByName } from '../../providers/find-provider.ts';
import { providerDefinitions } from '../../providers/registry.gen.ts';
import { isCredentialReference, isOwnSecret } from '../../record/credential-reference.ts';
import type { ProviderSettings } from '../../record/provider-settings.ts';
import type { StoredProvider } from '../../stores/provider-store.ts';
import { maskSecrets } from '../../telemetry/secrets.ts';
import { address, isoOf, isoOrNull, limit, MOST_LISTED, name, pageQuery, shownTime } from './admin-fields.ts';
import { type AdminRoute, type AdminSource, defineAdminRoute } from './admin-route.ts';
import { auditedValues } from './audited-values.ts';
import { credentialPreview } from './credential-preview.ts';
import { invalidField } from './invalid-field.ts';
import { listPage } from './list-page.ts';
import { notFound } from './not-found.ts';

const settings = z
  .strictObject({
    region: name().optional().describe('Where the upstream is.'),
    api_version: name().optional().describe('Version of its API, where it wants one.'),
    timeout_seconds: z.number().positive().max(86_400).optional().describe('Longest time for one answer.'),
    max_retries: z.number().int().min(0).max(100).optional().describe('Further attempts within one request.'),
    requests_per_minute: limit().optional().describe('What it allows; the next target is taken when it is used up.'),
    tokens_per_minute: limit().optional().describe('The same of tokens, input and output.'),
  })
  .describe('What else a provider can be configured with.');

const apiKey = () =>
  z
    .string()
    .trim()
    .min(1)
    .max(8_192)
    .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII characters without spaces')
    .describe('The credential, or where it is: `env:NAME` or `file:/path`. It is never shown again.');

const baseUrl = () => address().nullable().describe("Default: the kind's own address; null goes back to it.");

const creation = z.strictObject({
  name: name().describe('Its name in models, logs and metrics.'),
  kind: z.string().min(1).max(64).describe('Which provider it is.'),
  api_key: apiKey().optional(),
  base_url: baseUrl().optional(),
  is_active: z.boolean().optional().describe('Default: true. One that is not is never asked.'),
  settings: settings.optional(),
});

const changes = creation.partial();

const shown = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  base_url: z.string().nullable(),
  api_key_preview: z.string().nullable().describe('Both ends of the credential.'),
  is_active: z.boolean(),
  settings,
  source: z.enum(['database', 'config']).describe('Those of the configuration can be changed only there.'),
  created_at: shownTime().nullable(),
  updated_at: shownTime().nullable(),
  rotated_at: shownTime().nullable().describe('When the credential was last set.'),
  rotation_due: z.boolean().describe('The credential is older than `security.secrets.rotation_days`.'),
});

const CONFIGURED = 'config:';
const tag = 'providers';

/** `/admin/providers`. */
export const providerRoutes: readonly AdminRoute[] = [
  defineAdminRoute({
    method: 'POST',
    path: '/admin/providers',
    summary: 'Register a provider',
    tag,
    allows: [],
    body: creation,
    status: 201,
    reply: shown,
    async handle({ audit, body, source }) {
      const definition = kindOf(body.kind);
      const id = source.newId();
      requireAddress(definition, body.base_url);
      if (body.api_key === undefined && definition.needsKey) {
        throw invalidField('api_key', `is missing; ${definition.name} needs one`);
      }
      const created = await source.record.stores.providers.create({
        id,
        name: body.name,
        kind: definition.name,
        baseUrl: body.base_url ?? null,
        ...(await credentialOf(source, id, body.api_key)),
        settings: { ...body.settings },
        isActive: body.is_active ?? true,
      });
      await source.record.changed({ topics: ['providers'] });
      const detail = { name: created.name, kind: created.kind, ...setBy(body, created) };
      await audit({ kind: 'provider.created', subject: id, detail });
      return describeProvider(source, created);
    },
  }),
  defineAdminRoute({
    method: 'GET',
    path: '/admin/providers',
    summary: 'List providers, the newest first',
    tag,
    allows: ['read'],
    query: z.strictObject(pageQuery),
    status: 200,
    reply: z.array(shown),
    async handle({ query, source }) {
      // Those of the configuration have no place in the order of time, and come last.
      const configured = source.runtime().config.providers.map(describeConfigured);
      const { after, limit = MOST_LISTED } = query;
      const place = configured.findIndex(({ id }) => id === after);
      if (place !== -1) return configured.slice(place + 1, place + 1 + limit);
      const stored = await listPage(source.record.stores.providers, query);
      const page = await Promise.all(stored.map((provider) => describeProvider(source, provider)));
      return [...page, ...configured.slice(0, limit - page.length)];
    },
  }),
  defineAdminRoute({
    method: 'GET',
    path: '/admin/providers/{id}',
    summary: 'Show a provider',
    tag,
    allows: ['read'],
    status: 200,
    reply: shown,
    async handle({ id, source }) {
      const configured = source.runtime().config.providers.find((provider) => `${CONFIGURED}${provider.name}` === id);
      if (configured !== undefined) return describeConfigured(configured);
      const provider = await source.record.stores.providers.get(id);
      if (provider === undefined) throw notFound('provider', id);
      return describeProvider(source, provider);
    },
  }),
  defineAdminRoute({
    method: 'PUT',
    path: '/admin/providers/{id}',
    summary: 'Change a provider; what is left out stays',
    tag,
    allows: [],
    body: changes,
    status: 200,
    reply: shown,
    async handle({ audit, body, id, source }) {
      refuseConfigured(id);
      const { providers } = source.record.stores;
      const before = await providers.get(id);
      if (before === undefined) throw notFound('provider', id);
      const definition = kindOf(body.kind ?? before.kind);
      requireAddress(definition, body.base_url === undefined ? before.baseUrl : body.base_url);
      const updated = await providers.update(id, {
        ...(body.name !== undefined && { name: body.name }),
        ...(body.kind !== undefined && { kind: definition.name }),
        ...(body.base_url !== undefined && { baseUrl: body.base_url }),
        ...(body.api_key !== undefined && (await credentialOf(source, id, body.api_key))),
        ...(body.settings !== undefined && { settings: { ...body.settings } }),
        ...(body.is_active !== undefined && { isActive: body.is_active }),
      });
      if (updated === undefined) throw notFound('provider', id);
      await source.record.changed({ topics: ['providers'] });
      const detail = { name: updated.name, changed: Object.keys(body), ...setBy(body, updated) };
      await audit({ kind: 'provider.updated', subject: id, detail });
      return describeProvider(source, updated);
    },
  }),
  defineAdminRoute({
    method: 'DELETE',
    path: '/admin/providers/{id}',
    summary: 'Delete a provider that no model refers to',
    tag,
    allows: [],
    status: 204,
    reply: undefined,
    async handle({ audit, id, source }) {
      refuseConfigured(id);
      if (!(await source.record.stores.providers.delete(id))) throw notFound('provider', id);
      await source.record.changed({ topics: ['providers'] });
      await audit({ kind: 'provider.deleted', subject: id });
    },
  }),
];

function kindOf(kind: string): ProviderDefinition {
  const definition = findProviderByName(kind);
  if (definition !== undefined) return definition;
  throw invalidField('kind', `must be one of ${providerDefinitions.map((known) => known.name).join(', ')}`);
}

function requireAddress({ baseUrl: own, missingAddress, name: kind }: ProviderDefinition, given?: string | null): void {
  if (given || own !== undefined) return;
  throw invalidField('base_url', missingAddress ?? `is missing; ${kind} has no address of its own`);
}

async function credentialOf({ record }: AdminSource, id: string, credential: string | undefined) {
  if (credential === undefined) return { apiKeyEncrypted: null, keyId: null, apiKeyRef: null };
  if (isCredentialReference(credential)) {
    if (isOwnSecret(credential)) throw invalidField('api_key', "refers to a secret of the gateway's own");
    return { apiKeyEncrypted: null, keyId: null, apiKeyRef: credential };
  }
  const { secrets } = record;
  if (secrets === undefined) {
    const remedy = 'Set SECRETS_ENCRYPTION_KEY, such as of "openssl rand -base64 32", and start the gateway again.';
    throw new GatewayError('store_unavailable', `Credentials cannot be encrypted now. ${remedy}`);
  }
  const { box } = await secrets.open();
  return { apiKeyEncrypted: box.seal(credential, providerContext(id)), keyId: box.keyId, apiKeyRef: null };
}

function refuseConfigured(id: string): void {
  if (!id.startsWith(CONFIGURED)) return;
  throw new GatewayError('forbidden', 'This provider is one of the configuration. Change it there.');
}

/** Without the credential. */
function setBy(body: object, { baseUrl, isActive, settings: kept }: StoredProvider): object {
  return auditedValues(body, { base_url: baseUrl, is_active: isActive, settings: kept });
}

async function describeProvider(source: AdminSource, provider: StoredProvider): Promise<z.input<typeof shown>> {
  const { createdAt, id, isActive, kind, rotatedAt, updatedAt } = provider;
  return {
    id,
    name: provider.name,
    kind,
    base_url: provider.baseUrl ?? findProviderByName(kind)?.baseUrl ?? null,
    api_key_preview: await previewOf(source, provider),
    is_active: isActive,
    // Its shape was checked when it was written.
    settings: provider.settings as ProviderSettings,
    source: 'database',
    created_at: isoOf(createdAt),
    updated_at: isoOf(updatedAt),
    rotated_at: isoOrNull(rotatedAt),
    rotation_due: isRotationDue(provider, rotationDaysOf(source), source.wallNow()),
  };
}

function rotationDaysOf({ runtime }: AdminSource): number {
  return runtime().config.secrets?.rotationDays ?? DEFAULT_ROTATION_DAYS;
}

async function previewOf(
  { record }: AdminSource,
  { apiKeyEncrypted, apiKeyRef, id }: StoredProvider,
): Promise<string | null> {
  if (apiKeyRef !== null) return apiKeyRef;
  if (apiKeyEncrypted === null) return null;
  try {
    const opened = await record.secrets?.open();
    return credentialPreview(opened?.box.open(apiKeyEncrypted, providerContext(id)) ?? '');
  } catch {
    return '****';
  }
}

function describeConfigured(provider: ProviderConfig): z.input<typeof shown> {
  const hostname = provider.baseUrl && URL.canParse(provider.baseUrl) ? new URL(provider.baseUrl).hostname : undefined;
  const definition = findProvider({ name: provider.name, kind: provider.kind, hostname });
  const url = provider.baseUrl ?? definition.baseUrl;
  return {
    id: `${CONFIGURED}${provider.name}`,
    name: provider.name,
    kind: definition.name,
    base_url: url === undefined ? null : maskSecrets(url),
    api_key_preview: provider.apiKey ? credentialPreview(provider.apiKey) : null,
    is_active: provider.enabled,
    settings: {},
    source: 'config',
    created_at: null,
    updated_at: null,
    rotated_at: null,
    rotation_due: false,
  };
}
