import * as z from 'zod';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { ListedModel } from '../../stores/provider-store.ts';
import { isoOf, modelName, pageQuery, reference, shownTime } from './admin-fields.ts';
import { type AdminRoute, defineAdminRoute } from './admin-route.ts';
import { auditedValues } from './audited-values.ts';
import { listPage } from './list-page.ts';
import { notFound } from './not-found.ts';

const creation = z.strictObject({
  name: modelName().describe('What callers call it.'),
  provider_id: reference(),
  provider_model_name: modelName().nullable().optional().describe('What the provider calls it. Default: the same.'),
  is_active: z.boolean().optional(),
});

const changes = creation.partial();

const shown = z.object({
  id: z.string(),
  name: z.string(),
  provider_id: z.string(),
  provider_name: z.string(),
  provider_model_name: z.string(),
  is_active: z.boolean(),
  created_at: shownTime(),
  updated_at: shownTime(),
});

const tag = 'models';

/** `/admin/models`. */
export const modelRoutes: readonly AdminRoute[] = [
  defineAdminRoute({
    method: 'POST',
    path: '/admin/models',
    summary: 'Map the name of a model to a provider',
    tag,
    allows: [],
    body: creation,
    status: 201,
    reply: shown,
    async handle({ audit, body, source }) {
      refuseConfigured(body.provider_id);
      const created = await source.record.stores.models.create({
        name: body.name,
        providerId: body.provider_id,
        providerModelName: body.provider_model_name ?? body.name,
        settings: {},
        isActive: body.is_active ?? true,
      });
      await source.record.changed({ topics: ['providers'] });
      const shown = describeModel(created);
      const detail = { name: created.name, ...auditedValues(body, shown) };
      await audit({ kind: 'model.created', subject: created.id, detail });
      return shown;
    },
  }),
  defineAdminRoute({
    method: 'GET',
    path: '/admin/models',
    summary: 'List mappings of models, the newest first',
    tag,
    allows: ['read', 'tenant'],
    query: z.strictObject(pageQuery),
    status: 200,
    reply: z.array(shown),
    async handle({ query, source }) {
      return (await listPage(source.record.stores.models, query)).map(describeModel);
    },
  }),
  defineAdminRoute({
    method: 'GET',
    path: '/admin/models/{id}',
    summary: 'Show a mapping of a model',
    tag,
    allows: ['read', 'tenant'],
    status: 200,
    reply: shown,
    async handle({ id, source }) {
      const model = await source.record.stores.models.get(id);
      if (model === undefined) throw notFound('model', id);
      return describeModel(model);
    },
  }),
  defineAdminRoute({
    method: 'PUT',
    path: '/admin/models/{id}',
    summary: 'Change a mapping of a model; what is left out stays',
    tag,
    allows: [],
    body: changes,
    status: 200,
    reply: shown,
    async handle({ audit, body, id, source }) {
      if (body.provider_id !== undefined) refuseConfigured(body.provider_id);
      const { models } = source.record.stores;
      const before = await models.get(id);
      if (before === undefined) throw notFound('model', id);
      const upstream = body.provider_model_name === null ? (body.name ?? before.name) : body.provider_model_name;
      const updated = await models.update(id, {
        ...(body.name !== undefined && { name: body.name }),
        ...(body.provider_id !== undefined && { providerId: body.provider_id }),
        ...(upstream !== undefined && { providerModelName: upstream }),
        ...(body.is_active !== undefined && { isActive: body.is_active }),
      });
      if (updated === undefined) throw notFound('model', id);
      await source.record.changed({ topics: ['providers'] });
      const shown = describeModel(updated);
      const detail = { name: updated.name, changed: Object.keys(body), ...auditedValues(body, shown) };
      await audit({ kind: 'model.updated', subject: id, detail });
      return shown;
    },
  }),
  defineAdminRoute({
    method: 'DELETE',
    path: '/admin/models/{id}',
    summary: 'Delete a mapping of a model',
    tag,
    allows: [],
    status: 204,
    reply: undefined,
    async handle({ audit, id, source }) {
      if (!(await source.record.stores.models.delete(id))) throw notFound('model', id);
      await source.record.changed({ topics: ['providers'] });
      await audit({ kind: 'model.deleted', subject: id });
    },
  }),
];

function refuseConfigured(providerId: string): void {
  if (!providerId.startsWith('config:')) return;
  const message = '`provider_id` is that of a provider of the configuration; map its models there.';
  throw new GatewayError('invalid_request', message, { param: 'provider_id' });
}

function describeModel(model: ListedModel): z.input<typeof shown> {
  return {
    id: model.id,
    name: model.name,
    provider_id: model.providerId,
    provider_name: model.providerName,
    provider_model_name: model.providerModelName,
    is_active: model.isActive,
    created_at: isoOf(model.createdAt),
    updated_at: isoOf(model.updatedAt),
  };
}
