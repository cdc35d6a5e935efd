import { createHash } from 'node:crypto';
import { readAdminKey } from './admin-key.ts';
import type { EnvironmentSettings } from './environment-settings.ts';
import type { Findings } from './findings.ts';
import type { AuthConfig, ConfigFlags, RateLimitConfig, SecurityConfig } from './gateway-config.ts';
import type { Environment, UnsetVariable } from './interpolate.ts';
import type { FileConfig } from './schema.ts';

const WINDOW_MS = 60_000;

/** What decides who may use the gateway. */
export interface AuthInput {
  readonly file: FileConfig;
  readonly settings: EnvironmentSettings;
  readonly flags: ConfigFlags;
  readonly env: Environment;
  readonly unset: readonly UnsetVariable[];
}

type KeyConfig = AuthConfig['keys'][number];

/** `auth`, with the keys of GATEWAY_API_KEYS added to those of the file. */
export function normalizeAuth({ file, settings, flags, env, unset }: AuthInput, findings: Findings): AuthConfig {
  const keys = distinctKeys([...fileKeys(file, findings), ...settings.apiKeys.map(environmentKey)], findings);
  const givenMode = flags.open === true ? 'open' : (settings.authMode ?? file.auth.mode);
  // A key whose variable is not set still says that keys are wanted.
  const namesKeys = keys.length > 0 || unset.some(({ path }) => path[0] === 'auth' && path[1] === 'keys');
  // Who can make keys in the record wants them to be asked for.
  const wantsKeyStore = isSet(env['ADMIN_KEY']);
  const adminKey = readAdminKey(env, keys);
  if (adminKey.problem !== undefined) findings.warn(adminKey.problem);
  const hasKeyStore = adminKey.key !== undefined || isSet(env['DATABASE_URL'] ?? file.database?.url ?? '');
  const mode = givenMode ?? (namesKeys || wantsKeyStore ? 'required' : 'open');
  if (mode === 'required' && keys.length === 0 && !hasKeyStore) {
    findings.warn(
      'Keys are required, but none is configured: every request will be refused. Set GATEWAY_API_KEYS or auth.keys, or AUTH_MODE=open.',
      ['auth'],
    );
  }
  if (mode === 'open' && keys.length > 0) {
    findings.warn('Keys are configured, but the gateway is open: requests without a key are served too.', ['auth']);
  }
  return { mode, modeGiven: givenMode !== undefined, keys };
}

function fileKeys(file: FileConfig, findings: Findings): readonly KeyConfig[] {
  return file.auth.keys.flatMap((entry, index) => {
    const name = `key-${index + 1}`;
    if (typeof entry === 'string') return [{ name, sha256: sha256Of(entry), tenant: undefined }];
    if (typeof entry.key === 'string' && entry.sha256 !== undefined) {
      findings.warn('Both `key` and `sha256` are given; `sha256` is used.', ['auth', 'keys', index]);
    }
    const sha256 = entry.sha256?.toLowerCase() ?? (typeof entry.key === 'string' ? sha256Of(entry.key) : undefined);
    return sha256 === undefined ? [] : [{ name: entry.name ?? name, sha256, tenant: entry.tenant }];
  });
}

function environmentKey(key: string, index: number): KeyConfig {
  return { name: `environment-${index + 1}`, sha256: sha256Of(key), tenant: undefined };
}

function distinctKeys(keys: readonly KeyConfig[], findings: Findings): readonly KeyConfig[] {
  const names = new Set<string>();
  for (const { name } of keys) {
    if (names.has(name))
      findings.fail(`auth.keys has two keys named ${name}. Give each a name of its own.`, ['auth', 'keys']);
    names.add(name);
  }
  return keys.filter(({ sha256 }, index) => keys.findIndex((key) => key.sha256 === sha256) === index);
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** One rule for each section that configures a limit. */
export function normalizeRateLimits(file: FileConfig): readonly RateLimitConfig[] {
  const limits: RateLimitConfig[] = [];
  const perKey = file.rate_limit;
  if (perKey?.enabled) {
    limits.push({ rule: limitRule('rate_limit', perKey, file), key: 'bearer' });
  }
  const perAddress = file.security.rate_limit;
  if (file.security.enabled && perAddress?.enabled) {
    limits.push({ rule: limitRule('security.rate_limit', perAddress, file), key: 'tenant_or_address' });
  }
  return limits;
}

type LimitSection = NonNullable<FileConfig['rate_limit']>;

function limitRule(
  id: string,
  section: Omit<LimitSection, 'enabled'>,
  { redis }: Pick<FileConfig, 'redis'>,
): RateLimitConfig['rule'] {
  const { requests_per_minute: perMinute, burst_size: burst, algorithm } = section;
  const whenStoreIsAway = section.when_redis_is_away ?? redis?.when_away;
  const common = { id, ...(whenStoreIsAway !== undefined && { whenStoreIsAway }) };
  if (algorithm === 'sliding_window') return { ...common, algorithm, limit: perMinute, windowMs: WINDOW_MS };
  return { ...common, algorithm, capacity: burst ?? perMinute, refillPerSecond: perMinute / 60 };
}

/** `security`; switched off as a whole, only the limits on what a request may contain remain. */
export function normalizeSecurity(file: FileConfig, settings: EnvironmentSettings, findings: Findings): SecurityConfig {
  const { enabled, headers, media, validation } = file.security;
  return {
    enabled,
    ipFilter: enabled ? ipFilter(file) : undefined,
    signing: enabled ? signing(file, settings, findings) : undefined,
    headers: {
      removeSensitive: enabled && headers.remove_sensitive,
      addSecurityHeaders: enabled && headers.add_security_headers,
      allowedHosts: enabled ? headers.allowed_hosts : [],
    },
    media: {
      fetch: media.fetch,
      maxBytes: media.max_bytes,
      timeoutMs: media.timeout_seconds * 1_000,
      allowedHosts: media.allowed_hosts,
    },
    validation: {
      maxRequestBytes: validation.max_request_size_bytes,
      maxMessages: validation.max_messages,
      maxMessageLength: validation.max_message_length,
      maxDepth: validation.max_depth,
    },
  };
}

function ipFilter(file: FileConfig): SecurityConfig['ipFilter'] {
  const filter = file.security.ip_filter;
  if (!filter?.enabled) return undefined;
  return {
    allow: [...(filter.allowlist ?? []), ...(filter.whitelist ?? []), ...(filter.allow ?? [])],
    deny: [...(filter.denylist ?? []), ...(filter.blacklist ?? []), ...(filter.deny ?? [])],
  };
}

function signing(file: FileConfig, settings: EnvironmentSettings, findings: Findings): SecurityConfig['signing'] {
  const section = file.security.request_signing;
  if (!section?.enabled) return undefined;
  const secret = section.secret ?? settings.signingSecret;
  if (secret === undefined) {
    findings.warn('Request signing is on, but has no secret to check with. Set REQUEST_SIGNING_SECRET.', [
      'security',
      'request_signing',
    ]);
  }
  return { headerName: section.header_name, secret };
}

/** Lists that let in only what they name: one that lost an entry to a missing variable would let in everybody. */
const allowLists: readonly (readonly string[])[] = [
  ['security', 'ip_filter'],
  ['security', 'headers', 'allowed_hosts'],
  ['proxy', 'allow'],
  ['proxy', 'deny'],
  ['tenants'],
];

/** Refuses access lists with entries whose variable is not set. */
export function checkAccessLists(unset: readonly UnsetVariable[], file: FileConfig, findings: Findings): void {
  for (const { path, variable } of unset) {
    const isAccessList = allowLists.some((list) => list.every((part, index) => path[index] === part));
    const isOff =
      path[0] === 'security' &&
      (!file.security.enabled || (path[1] === 'ip_filter' && !(file.security.ip_filter?.enabled ?? true)));
    if (isAccessList && !isOff) {
      findings.fail(
        `This list decides who may call; it cannot be used while the variable ${variable} is not set.`,
        path,
      );
    }
  }
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value.trim() !== '';
}
