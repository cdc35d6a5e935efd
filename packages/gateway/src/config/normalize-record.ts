import { readAdminKey } from './admin-key.ts';
import type { Findings } from './findings.ts';
import type { BudgetsConfig, DatabaseConfig, GatewayConfig, RedisConfig, SecretsConfig } from './gateway-config.ts';
import type { Environment } from './interpolate.ts';
import { milliseconds } from './milliseconds.ts';
import type { FileConfig } from './schema.ts';

const DEFAULT_PATH = './data/llm-gateway.db';
const DEFAULT_CONNECTIONS = 20;
const DEFAULT_KEPT_CONNECTIONS = 5;
const DEFAULT_ROTATION_DAYS = 90;
const DEFAULT_KEY_PREFIX = 'llm-gateway';
const DEFAULT_SPOOL_BYTES = 1024 * 1024 * 1024;

/** Where the record is kept, how its secrets are, what holds for budgets, and where is counted what several gateways share. */
export function normalizeRecord(
  { file, env }: { readonly file: FileConfig; readonly env: Environment },
  findings: Findings,
): Pick<GatewayConfig, 'budgets' | 'database' | 'redis' | 'secrets'> {
  const database = normalizeDatabase(file, env);
  const redis = normalizeRedis(file, env);
  return {
    ...(database && { database }),
    ...(redis && { redis }),
    secrets: normalizeSecrets(file, env),
    budgets: normalizeBudgets(file, findings),
  };
}

function normalizeRedis({ redis }: FileConfig, env: Environment): RedisConfig | undefined {
  const url = env['REDIS_URL']?.trim() || redis?.url?.trim() || undefined;
  if (url === undefined) return undefined;
  return { url, keyPrefix: redis?.key_prefix ?? DEFAULT_KEY_PREFIX, whenAway: redis?.when_away ?? 'open' };
}

/** A record is kept where somebody names a place for it, or wants to administer what is in it. */
function normalizeDatabase({ database }: FileConfig, env: Environment): DatabaseConfig | undefined {
  const url = env['DATABASE_URL']?.trim() || database?.url?.trim() || undefined;
  const isWanted = url !== undefined || database?.path !== undefined || readAdminKey(env).key !== undefined;
  if (!isWanted) return undefined;
  return {
    url,
    path: database?.path ?? DEFAULT_PATH,
    maxConnections: database?.max_connections ?? DEFAULT_CONNECTIONS,
    minConnections: database?.min_connections ?? DEFAULT_KEPT_CONNECTIONS,
    autoMigrate: database?.auto_migrate ?? true,
    spool: {
      maxBytes: database?.spool.max_bytes ?? DEFAULT_SPOOL_BYTES,
      whenFull: database?.spool.when_full ?? 'drop_oldest',
      syncMs: database?.spool.sync_ms ?? 0,
    },
  };
}

function normalizeSecrets({ security: { secrets } }: FileConfig, env: Environment): SecretsConfig {
  const previous = secrets?.previous_encryption_keys ?? [];
  return {
    encryptionKey: env['SECRETS_ENCRYPTION_KEY']?.trim() || secrets?.encryption_key?.trim() || undefined,
    previousEncryptionKeys: previous.filter((key) => key !== null && key !== undefined),
    rotationDays: secrets?.rotation_days ?? DEFAULT_ROTATION_DAYS,
  };
}

/** A webhook without address or secret is not told anything: a message that nobody can check is worth nothing. */
function normalizeBudgets({ budgets }: FileConfig, findings: Findings): BudgetsConfig {
  const webhooks = budgets.webhooks.flatMap(({ url, secret }, index) => {
    if (url && secret) return [{ url, secret }];
    findings.warn('This webhook has no url or no secret, so nobody is told through it. Set both.', [
      'budgets',
      'webhooks',
      index,
    ]);
    return [];
  });
  return {
    unknownPrice: budgets.unknown_price,
    webhooks,
    webhookTimeoutMs: milliseconds(budgets.webhook_timeout_seconds),
    webhookAllowedHosts: budgets.webhook_allowed_hosts,
  };
}
