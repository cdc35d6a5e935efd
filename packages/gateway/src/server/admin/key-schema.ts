import * as z from 'zod';
import { operations } from '../../canonical/operation.ts';
import type { ApiKey, KeyScopes } from '../../stores/key-store.ts';
import {
  addressRange,
  isoOf,
  isoOrNull,
  limit,
  metadata,
  modelPattern,
  name,
  reference,
  shownTime,
  tenantId,
  time,
  tokenBudget,
} from './admin-fields.ts';

const MOST_ENTRIES = 1_000;

const scopes = z
  .strictObject({
    models: z
      .array(modelPattern())
      .max(MOST_ENTRIES)
      .optional()
      .describe('Models; `*` at the end stands for any rest.'),
    endpoints: z.array(z.enum(operations)).max(operations.length).optional().describe('Operations.'),
    addresses: z.array(addressRange()).max(MOST_ENTRIES).optional().describe('IP addresses and CIDR ranges.'),
    admin: z
      .enum(['none', 'read', 'tenant', 'full'])
      .optional()
      .describe('What it administers. A key that administers anything is not for requests to models.'),
  })
  .describe('What the key may be used for; what is absent is not restricted.');

const fields = {
  name: name(),
  scopes: scopes.optional(),
  requests_per_minute: limit().nullable().optional(),
  tokens_per_minute: limit().nullable().optional(),
  max_concurrent: limit().nullable().optional(),
  token_budget: tokenBudget().nullable().optional().describe('Tokens, input and output, that it may use in all.'),
  metadata: metadata().optional(),
  expires_at: time().nullable().optional().describe('When it ends; null: never.'),
  tenant_id: tenantId().nullable().optional(),
  team_id: reference().nullable().optional(),
};

/** What a key is made with. */
export const keyCreation = z.strictObject(fields);
/** What can be changed of it. */
export const keyChanges = keyCreation.partial().extend({
  reset_usage: z.boolean().optional().describe('True: what was used so far no longer counts against `token_budget`.'),
});

/** How its value is changed. */
export const keyRotation = z.strictObject({
  grace_seconds: z
    .number()
    .int()
    .min(0)
    .max(604_800)
    .optional()
    .describe('How long the key that is replaced stays valid. Default: not at all.'),
});

const shownFields = {
  id: z.string(),
  name: z.string(),
  key_prefix: z.string().describe('How it begins.'),
  is_active: z.boolean().describe('False once it was revoked.'),
  tenant_id: z.string().nullable(),
  team_id: z.string().nullable(),
  scopes,
  requests_per_minute: z.number().nullable(),
  tokens_per_minute: z.number().nullable(),
  max_concurrent: z.number().nullable(),
  token_budget: z.number().nullable(),
  tokens_used: z.number().nullable().describe('Of `token_budget`; null without one.'),
  usage_reset_at: shownTime().nullable().describe('From when on they count; null: from its beginning.'),
  metadata: z.record(z.string(), z.unknown()),
  created_at: shownTime(),
  updated_at: shownTime(),
  expires_at: shownTime().nullable(),
  rotated_at: shownTime().nullable(),
  grace_until: shownTime().nullable().describe('Until when the key before the last rotation is valid as well.'),
  revoked_at: shownTime().nullable(),
  last_used_at: shownTime().nullable().describe('To within a minute.'),
};

/** A key as it is listed: without its value. */
export const shownKey = z.object(shownFields);
/** A key as it is shown once, when it has got a value. */
export const madeKey = z.object({ key: z.string().describe('The key itself; it is not shown again.'), ...shownFields });

/** `tokensUsed`: null where nobody counts them. */
export function describeKey(key: ApiKey, tokensUsed: number | null): z.input<typeof shownKey> {
  return {
    id: key.id,
    name: key.name,
    key_prefix: `${key.prefix}...`,
    is_active: key.revokedAt === null,
    tenant_id: key.tenantId,
    team_id: key.teamId,
    scopes: describeScopes(key.scopes),
    requests_per_minute: key.requestsPerMinute,
    tokens_per_minute: key.tokensPerMinute,
    max_concurrent: key.maxConcurrent,
    token_budget: key.tokenBudget,
    tokens_used: tokensUsed,
    usage_reset_at: isoOrNull(key.usageResetAt),
    metadata: { ...key.metadata },
    created_at: isoOf(key.createdAt),
    updated_at: isoOf(key.updatedAt),
    expires_at: isoOrNull(key.expiresAt),
    rotated_at: isoOrNull(key.rotatedAt),
    grace_until: isoOrNull(key.graceUntil),
    revoked_at: isoOrNull(key.revokedAt),
    last_used_at: isoOrNull(key.lastUsedAt),
  };
}

/** The same with its value. */
export function describeMadeKey(key: ApiKey, tokensUsed: number | null, value: string): z.input<typeof madeKey> {
  const { id, name: keyName, ...rest } = describeKey(key, tokensUsed);
  return { id, name: keyName, key: value, ...rest };
}

/** Scopes as they are kept. */
export function scopesOf(given: z.output<typeof scopes> | undefined): KeyScopes {
  const { addresses, admin, endpoints, models } = given ?? {};
  return {
    ...(models !== undefined && { models }),
    ...(endpoints !== undefined && { endpoints }),
    ...(addresses !== undefined && { addresses }),
    ...(admin !== undefined && admin !== 'none' && { admin: admin === 'full' ? 'all' : admin }),
  };
}

function describeScopes({ addresses, admin, endpoints, models }: KeyScopes): z.input<typeof scopes> {
  return {
    ...(models !== undefined && { models: [...models] }),
    // They were operations when they were written.
    ...(endpoints !== undefined && { endpoints: [...endpoints] as (typeof operations)[number][] }),
    ...(addresses !== undefined && { addresses: [...addresses] }),
    ...(admin !== undefined && { admin: admin === 'all' ? 'full' : admin }),
  };
}
