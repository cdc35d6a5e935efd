import type { StreamRecovery } from '../config/gateway-config.ts';
import type { Collection, StoredItem } from './collection.ts';

/** What holds for everyone below: of an organisation for its teams and tenants, of a team or a tenant for their keys. */
export interface NamespaceSettings {
  /** Models that may be used, by the name a caller gives; absent: all. */
  readonly allowedModels?: readonly string[];
  /** Providers that may be used; absent: all. */
  readonly allowedProviders?: readonly string[];
  /** Regions in which data may be processed; absent: anywhere. */
  readonly regions?: readonly string[];
  readonly quotas?: Quotas;
  readonly config?: NamespaceConfig;
  /** Whether what is asked is kept beside the audit log, redacted. Absent: as above it, or not at all. */
  readonly auditBodies?: boolean;
}

/** What of the configuration is different in a namespace; what is absent is as above it, or as everywhere. */
export interface NamespaceConfig {
  /** The model of conversations that name none. */
  readonly defaultModel?: string;
  /** Whether other models answer when that asked for cannot. */
  readonly fallbacks?: boolean;
  /** Attempts in all for one request. */
  readonly maxAttempts?: number;
  /** Longest time for one request; it only shortens what holds everywhere. */
  readonly timeoutSeconds?: number;
  /** What becomes of a stream that breaks. */
  readonly streamRecovery?: StreamRecovery;
}

/** Limits that all keys of a namespace share. */
export interface Quotas {
  readonly requestsPerMinute?: number;
  readonly requestsPerDay?: number;
  readonly tokensPerMinute?: number;
  readonly tokensPerDay?: number;
  readonly maxConcurrent?: number;
  /** Keys that are valid at one time. */
  readonly maxKeys?: number;
}

interface Namespace extends StoredItem {
  readonly name: string;
  readonly settings: NamespaceSettings;
  /** While it is false, nobody below it is served. */
  readonly isActive: boolean;
}

export type Organisation = Namespace;

/** A part of an organisation that has keys. Its name is unique within the organisation. */
export interface Team extends Namespace {
  readonly organisationId: string;
}

/** A namespace of its own: keys, limits, cache and usage of two tenants never meet. Who makes it chooses its id. */
export interface Tenant extends Namespace {
  readonly organisationId: string | null;
}

/**
 * Keeps who keys belong to. What has something below it, or budgets, is `in_use` and cannot be deleted, only made
 * inactive.
 */
export interface TenantStore {
  readonly organisations: Collection<Organisation>;
  readonly teams: Collection<Team>;
  readonly tenants: Collection<Tenant>;
}
