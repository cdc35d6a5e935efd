import * as z from 'zod';
import { integer, seconds, text } from './field.ts';
import { streamRecovery } from './route-option-fields.ts';

const quota = (description: string) => integer(1).optional().describe(description);

/** `tenants`: what holds for all keys of each tenant. */
export const tenantsSection = z
  .record(
    z.string().regex(/^[\w.:@-]{1,128}$/, 'must be 1 to 128 letters, digits or the characters . _ : @ -'),
    z.object({
      allowed_models: z
        .array(text())
        .optional()
        .describe('Models that may be used; `*` at the end stands for any rest. Default: all.'),
      allowed_providers: z
        .array(text())
        .optional()
        .describe('Providers that may be used, by name or kind. Default: all.'),
      data_residency: z
        .array(text())
        .optional()
        .describe(
          'Regions in which data may be processed: the `region` of providers. One without a `region` is in none. Default: anywhere.',
        ),
      regions: z.array(text()).optional().describe('Same as `data_residency`.'),
      quotas: z
        .object({
          requests_per_minute: quota('Requests in any minute.'),
          requests_per_day: quota('Requests in any 24 hours.'),
          tokens_per_minute: quota('Tokens in any minute, input and output.'),
          tokens_per_day: quota('Tokens in any 24 hours.'),
          max_concurrent: quota('Requests at the same time.'),
        })
        .optional()
        .describe('Limits that all keys of the tenant share.'),
      config: z
        .object({
          default_model: text().optional().describe('Model of conversations that name none.'),
          fallbacks: z
            .boolean()
            .optional()
            .describe('Whether other models answer when that asked for cannot. Default: `routing.fallbacks`.'),
          max_attempts: integer(1, 100)
            .optional()
            .describe('Attempts in all for one request. Default: `resilience.retry.max_attempts`.'),
          timeout_seconds: seconds()
            .optional()
            .describe('Longest time for one request, where that is shorter than everywhere.'),
          stream_recovery: streamRecovery()
            .optional()
            .describe("What becomes of a stream that breaks. Default: the route's `stream_recovery`."),
        })
        .optional()
        .describe('What of the configuration is different for the tenant.'),
      audit_bodies: z
        .boolean()
        .optional()
        .describe('Keeps what is asked beside the audit log, redacted. Default: not.'),
    }),
  )
  .optional()
  .describe('What holds for all keys of a tenant, by the `tenant` of the keys.');
