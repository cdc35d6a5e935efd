import type { ConfigPath } from './config-path.ts';
import type { EnvironmentSettings } from './environment-settings.ts';
import type { Findings } from './findings.ts';
import type {
  ConfigFlags,
  GatewayConfig,
  QueueConfig,
  ResilienceConfig,
  ResponsesConfig,
  ServerConfig,
  TelemetryConfig,
} from './gateway-config.ts';
import type { Environment, UnsetVariable } from './interpolate.ts';
import { parseLogLevel } from './log-level.ts';
import { milliseconds } from './milliseconds.ts';
import { checkAccessLists, normalizeAuth, normalizeRateLimits, normalizeSecurity } from './normalize-access.ts';
import { normalizeModelOverrides } from './normalize-model-overrides.ts';
import { normalizeRecord } from './normalize-record.ts';
import { normalizeResilience } from './normalize-resilience.ts';
import { normalizeRouting } from './normalize-routing.ts';
import { normalizeBackends, normalizeModels, normalizeProviders, normalizeVllmBackends } from './normalize-targets.ts';
import { normalizeAudit, normalizeTenants } from './normalize-tenants.ts';
import { notePendingFeatures } from './pending-features.ts';
import type { FileConfig } from './schema.ts';
import { warnOfSpellings } from './spellings.ts';

/** Everything that a configuration is made of, after reading and validation. */
export interface NormalizeInput {
  readonly files: readonly string[];
  readonly file: FileConfig;
  /** The document before defaults: tells what was given. */
  readonly given: unknown;
  readonly unset: readonly UnsetVariable[];
  readonly settings: EnvironmentSettings;
  readonly flags: ConfigFlags;
  readonly env: Environment;
}

const DEFAULT_CONCURRENCY = 1000;
const DEFAULT_METRICS_PORT = 9090;

/** Puts flags over variables over the file over defaults, and durations into milliseconds. */
export function normalize(input: NormalizeInput, findings: Findings): GatewayConfig {
  const { file, settings } = input;
  checkAccessLists(input.unset, file, findings);
  warnOfSpellings(input.given, findings);
  const targets = {
    backends: normalizeBackends(input, findings),
    models: normalizeModels(input, findings),
    vllmBackends: normalizeVllmBackends(input),
    providers: normalizeProviders(input, findings),
  };
  const resilience = normalizeResilience(file);
  const config: GatewayConfig = {
    files: input.files,
    server: normalizeServer(input),
    auth: normalizeAuth(input, findings),
    queue: normalizeQueue(file, countTargets(targets), resilience),
    rateLimits: normalizeRateLimits(file),
    ...targets,
    modelOverrides: normalizeModelOverrides(file),
    routing: normalizeRouting(file, findings),
    ...(file.health && { health: normalizeHealth(file.health) }),
    resilience,
    security: normalizeSecurity(file, settings, findings),
    telemetry: normalizeTelemetry(input),
    proxy: file.proxy,
    responses: normalizeResponses(file),
    cors: { origins: settings.corsOrigins ?? file.cors.allowed_origins ?? file.cors.origins },
    ...normalizeRecord(input, findings),
    tenants: normalizeTenants(file),
    audit: normalizeAudit(file),
  };
  notePendingFeatures(file, input.env, findings);
  return config;
}

function normalizeServer({ file, given, settings, flags }: NormalizeInput): ServerConfig {
  const { server, telemetry } = file;
  const metricsPort =
    flags.metricsPort ??
    settings.metricsPort ??
    telemetry.metrics.port ??
    (isGiven(given, ['server', 'metrics_port']) ? server.metrics_port : undefined);
  return {
    host: flags.host ?? settings.host ?? server.host,
    port: flags.port ?? settings.port ?? server.port,
    hostGiven: flags.host !== undefined || settings.host !== undefined || isGiven(given, ['server', 'host']),
    metricsPort: telemetry.metrics.enabled ? (metricsPort ?? DEFAULT_METRICS_PORT) : 0,
    metricsPortGiven: metricsPort !== undefined,
    publicMetrics: telemetry.metrics.enabled && telemetry.metrics.public,
    maxConnections: server.max_connections,
    timeoutMs: milliseconds(server.timeout_seconds),
    trustedProxies: server.trusted_proxies,
    drainMs: milliseconds(server.drain_seconds),
  };
}

function normalizeQueue({ queue }: FileConfig, targetCount: number, { bulkhead }: ResilienceConfig): QueueConfig {
  const ofBulkheads = bulkhead && targetCount > 0 ? targetCount * bulkhead.maxConcurrent : undefined;
  return {
    maxConcurrent: queue.max_concurrent ?? ofBulkheads ?? DEFAULT_CONCURRENCY,
    maxSize: queue.max_size,
    timeoutMs: milliseconds(queue.timeout_seconds ?? queue.timeout_secs),
  };
}

function countTargets({
  backends,
  models,
  providers,
  vllmBackends,
}: Pick<GatewayConfig, 'backends' | 'models' | 'providers' | 'vllmBackends'>): number {
  const optional = [...backends, ...providers, ...models.flatMap((pool) => pool.providers)];
  const replicas = vllmBackends.reduce((count, { urls }) => count + urls.length, 0);
  // A shadow answers nobody, so it holds no request that was admitted.
  return optional.filter(({ enabled, shadowPercent }) => enabled && shadowPercent === undefined).length + replicas;
}

function normalizeHealth(health: NonNullable<FileConfig['health']>): NonNullable<GatewayConfig['health']> {
  return {
    intervalMs: health.interval_seconds === undefined ? undefined : milliseconds(health.interval_seconds),
    timeoutMs: milliseconds(health.timeout_seconds),
    failureThreshold: health.failure_threshold,
    successThreshold: health.success_threshold,
  };
}

function normalizeResponses({ responses }: FileConfig): ResponsesConfig {
  return {
    store: responses.store,
    maxEntries: responses.max_entries,
    maxBytes: responses.max_bytes,
    ttlMs: milliseconds(responses.ttl_seconds),
  };
}

function normalizeTelemetry({ file: { telemetry }, settings, flags }: NormalizeInput): TelemetryConfig {
  return {
    logging: {
      level: flags.logLevel ?? settings.logFilter?.level ?? parseLogLevel(telemetry.logging.level) ?? 'info',
      // A flag says it for all of them.
      levels: flags.logLevel === undefined ? (settings.logFilter?.levels ?? {}) : {},
      format: settings.logFormat ?? telemetry.logging.format,
      redactPersonalData: telemetry.logging.pii_redaction,
    },
    metrics: { enabled: telemetry.metrics.enabled },
  };
}

function isGiven(given: unknown, path: ConfigPath): boolean {
  let value = given;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return false;
    value = (value as Readonly<Record<string | number, unknown>>)[part];
  }
  return value !== undefined;
}
