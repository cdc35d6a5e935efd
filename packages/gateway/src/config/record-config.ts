import type { WhenStoreIsAway } from '../stores/limit-store.ts';
import type { ProviderConfig } from './gateway-config.ts';

/** The database that keeps the record. */
export interface DatabaseConfig {
  /** Address of a server; undefined: the embedded file. */
  readonly url: string | undefined;
  /** The embedded file, relative to the working directory. */
  readonly path: string;
  readonly maxConnections: number;
  readonly minConnections: number;
  /** Bring the tables up to date at the start. */
  readonly autoMigrate: boolean;
  readonly spool: SpoolConfig;
}

/** How rows of the ledger are kept until the database takes them. */
export interface SpoolConfig {
  /** Bytes on disk, over all processes of the gateway. */
  readonly maxBytes: number;
  /** What becomes of requests when there is no more room: the oldest rows are given up, or requests are refused with 503. */
  readonly whenFull: 'drop_oldest' | 'refuse';
  /** Milliseconds between two orders to the disk to keep what was written; 0 leaves it to the system. */
  readonly syncMs: number;
}

/** The server in which several gateways count together. */
export interface RedisConfig {
  /** With user and password where they are needed. */
  readonly url: string;
  /** Begins the names of all keys there. */
  readonly keyPrefix: string;
  /** What becomes of callers' limits while it does not answer. */
  readonly whenAway: WhenStoreIsAway;
}

/** How secrets of the record are kept. */
export interface SecretsConfig {
  /** Undefined: a key is derived from that of the operators. */
  readonly encryptionKey: string | undefined;
  readonly previousEncryptionKeys: readonly string[];
  /** Age in days at which a credential should be replaced. */
  readonly rotationDays: number;
}

/** What happens around budgets, which themselves are in the record. */
export interface BudgetsConfig {
  /** What becomes of requests whose price nobody knows, where a hard budget holds. */
  readonly unknownPrice: 'deny' | 'allow';
  readonly webhooks: readonly WebhookConfig[];
  /** Milliseconds of one try. */
  readonly webhookTimeoutMs: number;
  /** Hosts that may be told although they are in a private network. */
  readonly webhookAllowedHosts: readonly string[];
}

export interface WebhookConfig {
  readonly url: string;
  /** Signs the messages. */
  readonly secret: string;
}

/** How much of who did what is kept, and for how long. */
export interface AuditConfig {
  /** Milliseconds; undefined: for ever. */
  readonly retentionMs: number | undefined;
  readonly bodyRetentionMs: number;
  /** Of one body. */
  readonly maxBodyBytes: number;
}

/** Providers of the record, and the names of models that lead to them. They serve no other model. */
export interface StoredTargetsConfig {
  readonly providers: readonly ProviderConfig[];
  readonly models: readonly StoredModelConfig[];
}

export interface StoredModelConfig {
  /** The name that callers give; it goes before the same name in a file. */
  readonly name: string;
  /** Index in the list of providers. */
  readonly provider: number;
  readonly upstreamModel: string;
}
