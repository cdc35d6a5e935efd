import * as z from 'zod';
import { given } from '../../config/given.ts';
import type { NamespaceSettings } from '../../stores/tenant-store.ts';
import { limit, modelName, modelPattern, name } from './admin-fields.ts';

const MOST_ENTRIES = 1_000;
/** Seconds of the longest request. */
const LONGEST_REQUEST = 86_400;

const quotas = z
  .strictObject({
    requests_per_minute: limit().optional(),
    requests_per_day: limit().optional().describe('In any 24 hours.'),
    tokens_per_minute: limit().optional(),
    tokens_per_day: limit().optional().describe('In any 24 hours.'),
    max_concurrent: limit().optional(),
    max_keys: limit().optional().describe('Keys that are valid at one time, of a tenant.'),
  })
  .describe('Limits that all keys share.');

const config = z
  .strictObject({
    default_model: modelName().optional().describe('Model of conversations that name none.'),
    fallbacks: z.boolean().optional().describe('Whether other models answer when that asked for cannot.'),
    max_attempts: z.number().int().min(1).max(100).optional().describe('Attempts in all for one request.'),
    timeout_seconds: z
      .number()
      .positive()
      .max(LONGEST_REQUEST)
      .optional()
      .describe('Longest time for one request, where that is shorter than everywhere.'),
    stream_recovery: z
      .enum(['auto', 'continue', 'restart', 'buffer', 'error'])
      .optional()
      .describe('What becomes of a stream that breaks.'),
  })
  .describe('What of the configuration is different; the nearest to the key decides.');

/** What is set for an organisation, a team or a tenant. */
export const namespaceSettings = z
  .strictObject({
    allowed_models: z.array(modelPattern()).max(MOST_ENTRIES).optional().describe('Models that may be used.'),
    allowed_providers: z.array(name()).max(MOST_ENTRIES).optional().describe('Providers, by name or kind.'),
    regions: z
      .array(name())
      .max(MOST_ENTRIES)
      .optional()
      .describe('Regions of providers; one whose region is not configured is in none.'),
    quotas: quotas.optional(),
    config: config.optional(),
    audit_bodies: z.boolean().optional().describe('Keeps what is asked beside the audit log, redacted. Default: not.'),
  })
  .describe('What holds for all keys below; what is absent is not restricted.');

type GivenSettings = z.output<typeof namespaceSettings>;

/** Settings as they are kept. */
export function settingsOf(settings: GivenSettings = {}): NamespaceSettings {
  return given({
    allowedModels: settings.allowed_models,
    allowedProviders: settings.allowed_providers,
    regions: settings.regions,
    quotas:
      settings.quotas &&
      given({
        requestsPerMinute: settings.quotas.requests_per_minute,
        requestsPerDay: settings.quotas.requests_per_day,
        tokensPerMinute: settings.quotas.tokens_per_minute,
        tokensPerDay: settings.quotas.tokens_per_day,
        maxConcurrent: settings.quotas.max_concurrent,
        maxKeys: settings.quotas.max_keys,
      }),
    config:
      settings.config &&
      given({
        defaultModel: settings.config.default_model,
        fallbacks: settings.config.fallbacks,
        maxAttempts: settings.config.max_attempts,
        timeoutSeconds: settings.config.timeout_seconds,
        streamRecovery: settings.config.stream_recovery,
      }),
    auditBodies: settings.audit_bodies,
  });
}

/** Settings as they are answered. */
export function describeSettings(settings: NamespaceSettings) {
  return {
    allowed_models: settings.allowedModels,
    allowed_providers: settings.allowedProviders,
    regions: settings.regions,
    quotas: settings.quotas && {
      requests_per_minute: settings.quotas.requestsPerMinute,
      requests_per_day: settings.quotas.requestsPerDay,
      tokens_per_minute: settings.quotas.tokensPerMinute,
      tokens_per_day: settings.quotas.tokensPerDay,
      max_concurrent: settings.quotas.maxConcurrent,
      max_keys: settings.quotas.maxKeys,
    },
    config: settings.config && {
      default_model: settings.config.defaultModel,
      fallbacks: settings.config.fallbacks,
      max_attempts: settings.config.maxAttempts,
      timeout_seconds: settings.config.timeoutSeconds,
      stream_recovery: settings.config.streamRecovery,
    },
    audit_bodies: settings.auditBodies,
  };
}
