import * as z from 'zod';
import { addressRanges, integer, port, seconds, text, whenAway } from './field.ts';

/** `server`: where the gateway listens and how long a request may take. */
export const serverSection = z
  .object({
    host: text().default('0.0.0.0').describe('Address to listen on.'),
    port: port().default(8080).describe('Port to listen on; 0 takes any free one.'),
    max_connections: integer(1).default(10_000).describe('Connections open at the same time, at most.'),
    timeout_seconds: seconds().default(300).describe('Longest time one request may take, in seconds.'),
    metrics_port: port()
      .default(9090)
      .describe('Port of the separate metrics listener; 0 switches it off. `telemetry.metrics.port` wins over it.'),
    config_file: text().optional().describe('Name of this file, for the reader; the gateway does not need it.'),
    trusted_proxies: addressRanges()
      .default([])
      .describe('Addresses and CIDR ranges of reverse proxies whose `X-Forwarded-For` header is believed.'),
    drain_seconds: z
      .number()
      .min(0)
      .max(86_400)
      .default(30)
      .describe('How long requests in flight may take after a stop was asked, in seconds.'),
  })
  .prefault({})
  .describe('Where the gateway listens and how long a request may take.');

const keyEntry = z
  .object({
    name: text().optional().describe('Name of the key in logs, metrics and limits.'),
    key: text().nullable().optional().describe('The key itself; only its SHA-256 is kept in memory.'),
    sha256: z
      .string()
      .regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hexadecimal digits')
      .optional()
      .describe('SHA-256 of the key in hexadecimal, instead of the key.'),
    tenant: text().optional().describe('Tenant that the key belongs to.'),
  })
  .refine((entry) => entry.key !== undefined || entry.sha256 !== undefined, 'needs either `key` or `sha256`');

/** `auth`: who may use the gateway. */
export const authSection = z
  .object({
    mode: z
      .enum(['open', 'required'])
      .optional()
      .describe(
        '`open`: any or no key is accepted. `required`: a known key is needed. Default: `required` when keys are configured, else `open`.',
      ),
    keys: z
      .array(z.union([text(), keyEntry]))
      .default([])
      .describe('Keys that callers may use: the key as text, or `name`, `key` or `sha256`, and `tenant`.'),
  })
  .prefault({})
  .describe('Who may use the gateway.');

/** `queue`: how many requests are served and how many wait. */
export const queueSection = z
  .object({
    max_concurrent: integer(1)
      .optional()
      .describe(
        'Requests served at the same time. Default: enabled targets, shadows aside, times `resilience.bulkhead.max_concurrent`, or 1000 without a bulkhead.',
      ),
    max_size: integer(0).default(1000).describe('Requests that may wait; more are answered 503.'),
    timeout_secs: seconds().default(300).describe('Longest time for the wait and the upstream together, in seconds.'),
    timeout_seconds: seconds().optional().describe('Same as `timeout_secs`.'),
  })
  .prefault({})
  .describe('How many requests are served and how many wait.');

/** `rate_limit`: requests per minute for each key. */
export const rateLimitSection = z
  .object({
    enabled: z.boolean().default(true).describe('Switches this limit on.'),
    requests_per_minute: integer(1)
      .default(60)
      .describe('Requests per minute for each API key; callers without one share one counter.'),
    burst_size: integer(1).optional().describe('Requests at once for `token_bucket`. Default: `requests_per_minute`.'),
    algorithm: z
      .enum(['sliding_window', 'token_bucket'])
      .default('sliding_window')
      .describe('`sliding_window` counts the last 60 seconds, `token_bucket` refills steadily.'),
    when_redis_is_away: whenAway().optional().describe('For this limit, in place of `redis.when_away`.'),
  })
  .optional()
  .describe('Limit for each API key. Without this section there is none.');

/** `cors`: which web pages may call the gateway. */
export const corsSection = z
  .object({
    origins: z
      .array(text())
      .default([])
      .describe('Origins of web pages that may call the gateway; `*` allows all. Empty: none.'),
    allowed_origins: z.array(text()).optional().describe('Same as `origins`.'),
  })
  .prefault({})
  .describe('Which web pages may call the gateway.');

/**
 * Tails that a generic proxy never forwards: what belongs to the account behind the provider's key, not to a model.
 * Anybody who may call the gateway could otherwise read its files and bills or make keys for it.
 */
const accountTails = [
  'account',
  'admin',
  'api-keys',
  'api_keys',
  'assistants',
  'audit_logs',
  'batches',
  'billing',
  'certificates',
  'containers',
  'credits',
  'dashboard',
  'evals',
  'files',
  'fine-tunes',
  'fine_tunes',
  'fine_tuning',
  'invites',
  'invitations',
  'keys',
  'organization',
  'organizations',
  'projects',
  'service_accounts',
  'skills',
  'threads',
  'uploads',
  'usage',
  'users',
  'vector_stores',
  'workspaces',
];

/** `proxy`: which other endpoints are passed through. */
export const proxySection = z
  .object({
    enabled: z.boolean().default(true).describe('Passes `POST /v1/{model}/{tail}` on to the provider of the model.'),
    allow: z.array(text()).default([]).describe('When not empty, only tails that begin with one of these pass.'),
    deny: z
      .array(text())
      .default(accountTails)
      .describe('Tails that begin with one of these never pass. A list of your own replaces the default.'),
  })
  .prefault({})
  .describe('Which other endpoints of a provider are passed through.');
