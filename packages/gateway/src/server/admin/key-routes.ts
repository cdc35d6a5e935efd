import { hash } from 'node:crypto';
import * as z from 'zod';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { ApiKey, KeyScopes } from '../../stores/key-store.ts';
import { type AdminCaller, tenantOf } from './admin-caller.ts';
import { pageQuery, tenantId } from './admin-fields.ts';
import { type AdminRoute, type AdminSource, defineAdminRoute } from './admin-route.ts';
import { auditedValues } from './audited-values.ts';
import { invalidField } from './invalid-field.ts';
import {
  describeKey,
  describeMadeKey,
  keyChanges,
  keyCreation,
  keyRotation,
  madeKey,
  scopesOf,
  shownKey,
} from './key-schema.ts';
import { listPage } from './list-page.ts';
import { notFound } from './not-found.ts';
import { readTokensUsed, tokensUsedOf } from './tokens-used.ts';

/** Characters of a key that are kept in clear: `sk-` and eight of its 32 digits. */
const PREFIX_LENGTH = 11;
const tag = 'keys';
const allows = ['read', 'tenant'] as const;
const changing = ['tenant'] as const;

/** `/admin/keys`. */
export const keyRoutes: readonly AdminRoute[] = [
  defineAdminRoute({
    method: 'POST',
    path: '/admin/keys',
    summary: 'Make a key for a caller; it is shown this once',
    tag,
    allows: changing,
    body: keyCreation,
    status: 201,
    reply: madeKey,
    async handle({ audit, body, caller, source }) {
      const tenant = tenantOf(caller, body.tenant_id) ?? null;
      checkGrants(caller, body);
      const scopes = scopesOf(body.scopes);
      checkAdministered(scopes, tenant);
      checkExpiry(source, body.expires_at);
      const value = makeKey(source);
      const key = await source.record.stores.keys.create({
        name: body.name,
        hash: hash('sha256', value),
        prefix: value.slice(0, PREFIX_LENGTH),
        tenantId: tenant,
        teamId: body.team_id ?? null,
        scopes,
        requestsPerMinute: body.requests_per_minute ?? null,
        tokensPerMinute: body.tokens_per_minute ?? null,
        maxConcurrent: body.max_concurrent ?? null,
        tokenBudget: body.token_budget ?? null,
        metadata: body.metadata ?? {},
        expiresAt: body.expires_at ?? null,
      });
      await source.record.changed({ topics: ['keys'] });
      const detail = { name: key.name, ...auditedValues(body, describeKey(key, null)) };
      await audit({ kind: 'key.created', subject: key.id, tenantId: key.tenantId, detail });
      return describeMadeKey(key, await tokensUsedOf(source, key), value);
    },
  }),
  defineAdminRoute({
    method: 'GET',
    path: '/admin/keys',
    summary: 'List keys, the newest first, revoked ones among them',
    tag,
    allows,
    query: z.strictObject({ ...pageQuery, tenant_id: tenantId().optional() }),
    status: 200,
    reply: z.array(shownKey),
    async handle({ caller, query, source }) {
      const tenant = tenantOf(caller, query.tenant_id);
      const where = tenant === undefined ? {} : { tenantId: tenant };
      const keys = await listPage(source.record.stores.keys, query, where);
      const used = await readTokensUsed(source, keys);
      return keys.map((key, index) => describeKey(key, used[index] ?? null));
    },
  }),
  defineAdminRoute({
    method: 'GET',
    path: '/admin/keys/{id}',
    summary: 'Show a key without its value',
    tag,
    allows,
    status: 200,
    reply: shownKey,
    async handle({ caller, id, source }) {
      const key = await findKey(source, caller, id);
      return describeKey(key, await tokensUsedOf(source, key));
    },
  }),
  defineAdminRoute({
    method: 'PUT',
    path: '/admin/keys/{id}',
    summary: 'Change what a key may; what is left out stays',
    tag,
    allows: changing,
    body: keyChanges,
    status: 200,
    reply: shownKey,
    async handle({ audit, body, caller, id, source }) {
      const before = await findKey(source, caller, id);
      if (caller.tenantId !== undefined && before.scopes.admin !== undefined) {
        throw new GatewayError('forbidden', 'Only who administers everything changes keys that administer.');
      }
      checkGrants(caller, body);
      if (body.tenant_id !== undefined) tenantOf(caller, body.tenant_id);
      const tenant = body.tenant_id === undefined ? before.tenantId : body.tenant_id;
      const scopes = body.scopes && scopesOf(body.scopes);
      checkAdministered(scopes ?? before.scopes, tenant);
      const updated = await source.record.stores.keys.update(id, {
        ...(body.name !== undefined && { name: body.name }),
        ...(scopes !== undefined && { scopes }),
        ...(body.requests_per_minute !== undefined && { requestsPerMinute: body.requests_per_minute }),
        ...(body.tokens_per_minute !== undefined && { tokensPerMinute: body.tokens_per_minute }),
        ...(body.max_concurrent !== undefined && { maxConcurrent: body.max_concurrent }),
        ...(body.token_budget !== undefined && { tokenBudget: body.token_budget }),
        ...(body.reset_usage === true && { usageResetAt: source.wallNow() }),
        ...(body.metadata !== undefined && { metadata: body.metadata }),
        ...(body.expires_at !== undefined && { expiresAt: body.expires_at }),
        ...(body.tenant_id !== undefined && { tenantId: body.tenant_id }),
        ...(body.team_id !== undefined && { teamId: body.team_id }),
      });
      if (updated === undefined) throw notFound('key', id);
      await source.record.changed({ topics: ['keys'], changedIds: [id] });
      const set = body.reset_usage === true ? { ...body, usage_reset_at: updated.usageResetAt } : body;
      const values = auditedValues(set, describeKey(updated, null));
      const detail = { name: updated.name, changed: Object.keys(body), ...values };
      await audit({ kind: 'key.updated', subject: id, tenantId: updated.tenantId, detail });
      return describeKey(updated, await tokensUsedOf(source, updated));
    },
  }),
  defineAdminRoute({
    method: 'POST',
    path: '/admin/keys/{id}/rotate',
    summary: 'Give a key another value, shown this once; the one before is invalid at once',
    tag,
    allows: changing,
    body: keyRotation,
    isBodyOptional: true,
    status: 200,
    reply: madeKey,
    async handle({ audit, body, caller, id, source }) {
      await findKey(source, caller, id);
      const value = makeKey(source);
      const graceMs = (body.grace_seconds ?? 0) * 1_000;
      const rotated = await source.record.stores.keys.rotate(id, {
        hash: hash('sha256', value),
        prefix: value.slice(0, PREFIX_LENGTH),
        ...(graceMs > 0 && { graceUntil: source.wallNow() + graceMs }),
      });
      if (rotated === undefined) throw notFound('key that is not revoked', id);
      const { invalidHashes, key } = rotated;
      await source.record.changed({ topics: ['keys'], invalidHashes, changedIds: [id] });
      // For how long two values are good.
      const values = auditedValues({ grace_until: key.graceUntil }, describeKey(key, null));
      await audit({ kind: 'key.rotated', subject: id, tenantId: key.tenantId, detail: { name: key.name, ...values } });
      return describeMadeKey(key, await tokensUsedOf(source, key), value);
    },
  }),
  defineAdminRoute({
    method: 'DELETE',
    path: '/admin/keys/{id}',
    summary: 'Revoke a key; it stays listed',
    tag,
    allows: changing,
    status: 204,
    reply: undefined,
    async handle({ audit, caller, id, source }) {
      await findKey(source, caller, id);
      const revoked = await source.record.stores.keys.revoke(id);
      if (revoked === undefined) throw notFound('key', id);
      const { invalidHashes, key } = revoked;
      await source.record.changed({ topics: ['keys'], invalidHashes, changedIds: [id] });
      // It was revoked before: who did so is told already.
      if (invalidHashes.length === 0) return;
      await audit({ kind: 'key.revoked', subject: id, tenantId: key.tenantId, detail: { name: key.name } });
    },
  }),
];

/** A new value of a key: 122 random bits, lower case, 39 characters. */
function makeKey({ newId }: AdminSource): string {
  return `sk-${newId()}`;
}

/** The key, for those who may see it. */
async function findKey(source: AdminSource, caller: AdminCaller, id: string): Promise<ApiKey> {
  const key = await source.record.stores.keys.get(id);
  const isVisible = caller.tenantId === undefined || key?.tenantId === caller.tenantId;
  if (key === undefined || !isVisible) throw notFound('key', id);
  // Who administers a tenant must not become what is above it by way of another's key.
  if (caller.tenantId !== undefined && key.scopes.admin !== undefined && key.id !== caller.actor) {
    throw notFound('key', id);
  }
  return key;
}

/** Who administers a tenant gives no rights that reach further. */
function checkGrants(
  caller: AdminCaller,
  { scopes, team_id: team }: Pick<z.output<typeof keyChanges>, 'scopes' | 'team_id'>,
): void {
  if (caller.tenantId === undefined) return;
  if (scopes?.admin !== undefined && scopes.admin !== 'none') {
    throw new GatewayError('forbidden', 'Only who administers everything makes keys that administer.', {
      param: 'scopes.admin',
    });
  }
  if (team !== undefined && team !== null) {
    throw new GatewayError('forbidden', 'Only who administers everything puts keys into teams.', { param: 'team_id' });
  }
}

/** A key that is for one tenant opens nothing where it belongs to none. */
function checkAdministered({ admin }: KeyScopes, tenantId: string | null): void {
  if (admin === 'tenant' && tenantId === null) throw invalidField('tenant_id', 'must say which tenant it administers');
}

function checkExpiry({ wallNow }: AdminSource, expiresAt: number | null | undefined): void {
  if (expiresAt === undefined || expiresAt === null || expiresAt > wallNow()) return;
  throw invalidField('expires_at', 'is in the past');
}
