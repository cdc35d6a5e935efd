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
  /** Parts of the configuration that are different here. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Whether prompts and answers go into the audit log, redacted. Absent: they do not. */
  readonly auditBodies?: boolean;
}

/** Limits that all keys of a namespace share. */
export interface Quotas {
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
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

/** Keeps who keys belong to. What has something below it is `in_use` and cannot be deleted, only made inactive. */
export interface TenantStore {
  readonly organisations: Collection<Organisation>;
  readonly teams: Collection<Team>;
  readonly tenants: Collection<Tenant>;
}
