import type { NamespaceConfig, NamespaceSettings, Quotas } from '../stores/tenant-store.ts';
import { given } from './given.ts';
import type { AuditConfig } from './record-config.ts';
import type { FileConfig } from './schema.ts';

const DAY_MS = 86_400_000;

type TenantEntry = NonNullable<FileConfig['tenants']>[string];

/** `tenants`, by id. */
export function normalizeTenants({ tenants }: FileConfig): ReadonlyMap<string, NamespaceSettings> {
  return new Map(Object.entries(tenants ?? {}).map(([id, entry]) => [id, settingsOf(entry)]));
}

/** `audit`, in milliseconds. */
export function normalizeAudit({ audit }: FileConfig): AuditConfig {
  return {
    retentionMs: audit.retention_days === undefined ? undefined : audit.retention_days * DAY_MS,
    bodyRetentionMs: audit.body_retention_days * DAY_MS,
    maxBodyBytes: audit.max_body_bytes,
  };
}

function settingsOf(entry: TenantEntry): NamespaceSettings {
  const regions = entry.data_residency ?? entry.regions;
  return {
    ...(entry.allowed_models !== undefined && { allowedModels: entry.allowed_models }),
    ...(entry.allowed_providers !== undefined && { allowedProviders: entry.allowed_providers }),
    ...(regions !== undefined && { regions }),
    ...(entry.quotas !== undefined && { quotas: quotasOf(entry.quotas) }),
    ...(entry.config !== undefined && { config: configOf(entry.config) }),
    ...(entry.audit_bodies !== undefined && { auditBodies: entry.audit_bodies }),
  };
}

function quotasOf(quotas: NonNullable<TenantEntry['quotas']>): Quotas {
  return given({
    requestsPerMinute: quotas.requests_per_minute,
    requestsPerDay: quotas.requests_per_day,
    tokensPerMinute: quotas.tokens_per_minute,
    tokensPerDay: quotas.tokens_per_day,
    maxConcurrent: quotas.max_concurrent,
  });
}

function configOf(config: NonNullable<TenantEntry['config']>): NamespaceConfig {
  return given({
    defaultModel: config.default_model,
    fallbacks: config.fallbacks,
    maxAttempts: config.max_attempts,
    timeoutSeconds: config.timeout_seconds,
    streamRecovery: config.stream_recovery,
  });
}
