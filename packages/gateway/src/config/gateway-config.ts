import type { ConfigNoticeLike } from '../canonical/config-error.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import type { ModelOverride } from '../pricing/model-facts.ts';
import type { LimitRule } from '../stores/limit-store.ts';
import type { ResponseLimits } from '../stores/response-store.ts';
import type { NamespaceSettings } from '../stores/tenant-store.ts';
import type {
  AuditConfig,
  BudgetsConfig,
  DatabaseConfig,
  RedisConfig,
  SecretsConfig,
  StoredTargetsConfig,
} from './record-config.ts';
import type { AttemptLimitsConfig, ResilienceConfig } from './resilience-config.ts';
import type { RouteOptions, RoutingConfig } from './routing-config.ts';

export { ConfigError, type ConfigNoticeLike, type ConfigPlace, formatProblem } from '../canonical/config-error.ts';
export type {
  AuditConfig,
  BudgetsConfig,
  DatabaseConfig,
  RedisConfig,
  SecretsConfig,
  SpoolConfig,
  StoredModelConfig,
  StoredTargetsConfig,
} from './record-config.ts';
export type {
  AdaptiveConcurrencyConfig,
  AttemptLimitsConfig,
  ResilienceConfig,
  RetryStrategy,
} from './resilience-config.ts';
export type * from './routing-config.ts';

/** Configuration after reading, substitution, validation and defaults: what the rest of the gateway is built from. */
export interface GatewayConfig {
  /** Files it came from, in order; empty when it came from the environment alone. */
  readonly files: readonly string[];
  readonly server: ServerConfig;
  readonly auth: AuthConfig;
  readonly queue: QueueConfig;
  /** One rule for each configured section; all must pass. */
  readonly rateLimits: readonly RateLimitConfig[];
  readonly backends: readonly BackendConfig[];
  readonly models: readonly ModelPoolConfig[];
  /** What the operator states of models; absent: nothing. */
  readonly modelOverrides?: readonly ModelOverride[];
  readonly vllmBackends: readonly VllmBackendConfig[];
  readonly providers: readonly ProviderConfig[];
  readonly routing: RoutingConfig;
  /** Overrides of how targets are probed; absent: none configured. */
  readonly health?: HealthConfig;
  readonly resilience: ResilienceConfig;
  readonly security: SecurityConfig;
  readonly telemetry: TelemetryConfig;
  readonly proxy: ProxyConfig;
  readonly responses: ResponsesConfig;
  readonly cors: { readonly origins: readonly string[] };
  /** Where keys, providers and usage are kept; absent: nowhere. */
  readonly database?: DatabaseConfig;
  readonly secrets?: SecretsConfig;
  /** Where several gateways count together; absent: each counts by itself. */
  readonly redis?: RedisConfig;
  /** Absent: budgets refuse unknown prices, and nobody is told of them but the log. */
  readonly budgets?: BudgetsConfig;
  /** What holds for all keys of a tenant, by its id; absent: none is configured. */
  readonly tenants?: ReadonlyMap<string, NamespaceSettings>;
  /** Absent: as it is without the section. */
  readonly audit?: AuditConfig;
  /** Providers and models of the record, which no file names. */
  readonly stored?: StoredTargetsConfig;
}

export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  /** Whether a file, flag or variable named the host; an open gateway nobody asked for answers loopback only. */
  readonly hostGiven: boolean;
  /** 0 switches the second listener off. */
  readonly metricsPort: number;
  /** An explicit port that is busy fails the start, a default one only warns. */
  readonly metricsPortGiven: boolean;
  /** Serve /metrics on the main port too. */
  readonly publicMetrics: boolean;
  readonly maxConnections: number;
  /** Overall limit of one request, in milliseconds. */
  readonly timeoutMs: number;
  /** Addresses and CIDR ranges whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** How long in-flight requests may take after a stop was asked, in milliseconds. */
  readonly drainMs: number;
}

export interface AuthConfig {
  readonly mode: 'open' | 'required';
  readonly modeGiven: boolean;
  readonly keys: readonly { readonly name: string; readonly sha256: string; readonly tenant: string | undefined }[];
}

export interface QueueConfig {
  readonly maxConcurrent: number;
  readonly maxSize: number;
  /** Covers the wait and the upstream together, in milliseconds. */
  readonly timeoutMs: number;
}

/** `key`: what is counted apart. `bearer` = the bearer's hash or `anonymous`; `tenant_or_address`. */
export interface RateLimitConfig {
  readonly rule: LimitRule;
  readonly key: 'bearer' | 'tenant_or_address';
}

export interface TargetOptions {
  readonly weight: number | undefined;
  readonly priority: number | undefined;
  readonly region: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly maxRetries: number | undefined;
  /** Wires in which it is asked for chats; undefined: what its provider is known to speak. */
  readonly protocols: readonly ProtocolName[] | undefined;
  readonly requestsPerMinute: number | undefined;
  readonly tokensPerMinute: number | undefined;
  readonly enabled: boolean;
  /** Limits of one attempt where they are not `resilience.timeout`'s. */
  readonly timeouts?: Partial<AttemptLimitsConfig>;
  /** Whether it goes on with an answer whose beginning it is given; undefined: what is known of its provider. */
  readonly assistantPrefill?: boolean;
  /** Share of the requests of its tier that it gets, whatever the strategy, in percent; undefined: it takes part as any other. */
  readonly canaryPercent?: number;
  /** Share of requests that it gets a copy of, in percent, its answers thrown away. It never answers a caller. */
  readonly shadowPercent?: number;
  /** Variables that its key and its address name although they are not set: those values are `null`. */
  readonly unset?: UnsetVariables;
}

/** Names of variables that are not set, by the value that needs them. */
export interface UnsetVariables {
  readonly apiKey?: string;
  readonly baseUrl?: string;
}

export interface BackendConfig extends TargetOptions {
  readonly url: string;
  readonly name: string | undefined;
  readonly healthPath: string;
  readonly chatPath: string;
  /** Undefined: none configured. `null`: a variable that is not set was named. */
  readonly apiKey: string | null | undefined;
  readonly defaultModel: string | undefined;
  readonly models: ReadonlyMap<string, string> | undefined;
}

export interface ModelPoolConfig {
  /** Public name. */
  readonly key: string;
  readonly modelName: string;
  readonly strategy: string | undefined;
  /** What differs from `routing`; absent: nothing. */
  readonly options?: Partial<RouteOptions>;
  readonly providers: readonly PoolProviderConfig[];
}

export interface PoolProviderConfig extends TargetOptions {
  readonly name: string;
  /** As in ProviderConfig. */
  readonly kind: string | undefined;
  readonly baseUrl: string;
  readonly apiKey: string | null | undefined;
  readonly apiVersion: string | undefined;
  /** Upstream name of the model at this provider; undefined: the pool's model name. */
  readonly model: string | undefined;
}

export interface VllmBackendConfig {
  readonly model: string;
  readonly urls: readonly string[];
}

export interface ProviderConfig extends TargetOptions {
  readonly name: string;
  /** Provider definition to use; undefined: the one the name stands for. */
  readonly kind: string | undefined;
  readonly apiKey: string | null | undefined;
  readonly baseUrl: string | null | undefined;
  readonly apiVersion: string | undefined;
  readonly defaultModel: string | undefined;
  readonly models: ReadonlyMap<string, string> | undefined;
}

export interface HealthConfig {
  /** Undefined: the interval of the target's origin. */
  readonly intervalMs: number | undefined;
  readonly timeoutMs: number;
  readonly failureThreshold: number;
  readonly successThreshold: number;
}

export interface SecurityConfig {
  readonly enabled: boolean;
  readonly ipFilter: { readonly allow: readonly string[]; readonly deny: readonly string[] } | undefined;
  readonly signing: { readonly headerName: string; readonly secret: string | undefined } | undefined;
  readonly headers: {
    readonly removeSensitive: boolean;
    readonly addSecurityHeaders: boolean;
    /** Empty: any host. */
    readonly allowedHosts: readonly string[];
  };
  /** Fetching of media that requests name by URL. */
  readonly media: {
    readonly fetch: boolean;
    readonly maxBytes: number;
    readonly timeoutMs: number;
    readonly allowedHosts: readonly string[];
  };
  readonly validation: {
    readonly maxRequestBytes: number;
    readonly maxMessages: number;
    /** Characters of one message's text. */
    readonly maxMessageLength: number;
    readonly maxDepth: number;
  };
}

export interface TelemetryConfig {
  readonly logging: {
    readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
    /** Levels of single log targets, as in `{ health: 'debug' }`; absent: none configured. */
    readonly levels?: Readonly<Record<string, TelemetryConfig['logging']['level']>>;
    /** Undefined: pretty on a terminal, JSON elsewhere. */
    readonly format: 'json' | 'pretty' | undefined;
    /** Mask e-mail addresses, keys and the like in what is logged. */
    readonly redactPersonalData: boolean;
  };
  readonly metrics: { readonly enabled: boolean };
}

export interface ProxyConfig {
  readonly enabled: boolean;
  /** When not empty, only tails that start with one of these pass. */
  readonly allow: readonly string[];
  /** Tails that start with one of these never pass. */
  readonly deny: readonly string[];
}

/** Answers that are kept so that later requests can refer to them. */
export interface ResponsesConfig extends ResponseLimits {
  /** False: nothing is kept, whatever callers want. */
  readonly store: boolean;
}

/** Something the operator should read at start: a warning, or a section whose feature is still to come. */
export interface ConfigNotice extends ConfigNoticeLike {
  readonly level: 'warning' | 'pending';
}

/** Flags of the command line that override the file and the environment; only those really given are set. */
export interface ConfigFlags {
  readonly config?: string;
  readonly host?: string;
  readonly port?: number;
  readonly metricsPort?: number;
  readonly logLevel?: GatewayConfig['telemetry']['logging']['level'];
  readonly strict?: boolean;
  /** Ask for an open gateway on every address explicitly. */
  readonly open?: boolean;
}

/** Variables that carry the credential and the address of a provider, in order of precedence. */
export interface ProviderVariables {
  readonly name: string;
  /** Other names that configurations use for it; `-` and `_` are the same. */
  readonly aliases?: readonly string[];
  /** False: an address alone sets it up, as it does where the provider's own address is this machine. */
  readonly needsKey?: boolean;
  /** The provider's own address, where it has one. */
  readonly baseUrl?: string | undefined;
  readonly environment: { readonly apiKey: readonly string[]; readonly baseUrl?: readonly string[] };
}

export interface LoadConfigInput {
  readonly flags: ConfigFlags;
  /** Providers that can be set up by variables alone; without it there are none. */
  readonly providerVariables?: readonly ProviderVariables[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly homeDirectory: string;
}

export interface LoadedConfig {
  readonly config: GatewayConfig;
  readonly notices: readonly ConfigNotice[];
  /** The environment used: the process's own over that of `.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
}
