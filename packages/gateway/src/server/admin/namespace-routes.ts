import * as z from 'zod';
import type { Collection, ItemChanges, NewItem, StoredItem } from '../../stores/collection.ts';
import type { NamespaceSettings, TenantStore } from '../../stores/tenant-store.ts';
import { isoOf, name, pageQuery, reference, shownTime, tenantId } from './admin-fields.ts';
import { type AdminRoute, type AdminSource, defineAdminRoute } from './admin-route.ts';
import { auditedValues } from './audited-values.ts';
import { listPage } from './list-page.ts';
import { describeSettings, namespaceSettings, settingsOf } from './namespace-settings.ts';
import { notFound } from './not-found.ts';

const common = { name: name(), is_active: z.boolean().optional(), settings: namespaceSettings.optional() };

const shownCommon = {
  id: z.string(),
  name: z.string(),
  is_active: z.boolean(),
  settings: namespaceSettings,
  created_at: shownTime(),
  updated_at: shownTime(),
};

/** What all kinds of owners have, and the organisation of those that have one. */
interface Owner extends StoredItem {
  readonly name: string;
  readonly settings: NamespaceSettings;
  readonly isActive: boolean;
  readonly organisationId?: string | null;
}

/** One kind of owner of keys: where it is kept, and what it has beside what all have. */
interface OwnerKind {
  /** As it is called in messages and in the audit log. */
  readonly noun: 'organisation' | 'team' | 'tenant';
  readonly storeOf: (stores: TenantStore) => Collection<Owner>;
  readonly creation: z.ZodType<OwnerBody>;
  readonly changes: z.ZodType<OwnerChanges>;
  readonly shown: z.ZodType;
}

interface OwnerBody {
  readonly id?: string | undefined;
  readonly name: string;
  readonly is_active?: boolean | undefined;
  readonly settings?: z.output<typeof namespaceSettings> | undefined;
  readonly organisation_id?: string | null | undefined;
}

type OwnerChanges = { readonly [Field in keyof OwnerBody]?: OwnerBody[Field] | undefined };

const kinds: readonly OwnerKind[] = [
  {
    noun: 'organisation',
    storeOf: ({ organisations }) => organisations as unknown as Collection<Owner>,
    creation: z.strictObject(common),
    changes: z.strictObject(common).partial(),
    shown: z.object(shownCommon),
  },
  {
    noun: 'team',
    storeOf: ({ teams }) => teams as unknown as Collection<Owner>,
    creation: z.strictObject({ ...common, organisation_id: reference() }),
    changes: z.strictObject(common).partial(),
    shown: z.object({ ...shownCommon, organisation_id: z.string() }),
  },
  {
    noun: 'tenant',
    storeOf: ({ tenants }) => tenants as unknown as Collection<Owner>,
    creation: z.strictObject({
      ...common,
      id: tenantId().optional().describe('Chosen by whoever makes it. Default: one is made.'),
      organisation_id: reference().nullable().optional(),
    }),
    changes: z.strictObject({ ...common, organisation_id: reference().nullable().optional() }).partial(),
    shown: z.object({ ...shownCommon, organisation_id: z.string().nullable() }),
  },
];

/** `/admin/organisations`, `/admin/teams` and `/admin/tenants`. */
export const namespaceRoutes: readonly AdminRoute[] = kinds.flatMap((kind) => [
  ...readingRoutes(kind),
  creationRoute(kind),
  changeRoute(kind),
  deletionRoute(kind),
]);

function readingRoutes({ noun, shown, storeOf }: OwnerKind): readonly AdminRoute[] {
  const isTenant = noun === 'tenant';
  return [
    defineAdminRoute({
      method: 'GET',
      path: `/admin/${noun}s`,
      summary: `List ${noun}s, the newest first`,
      tag: 'tenants',
      allows: isTenant ? ['read', 'tenant'] : ['read'],
      query: z.strictObject(pageQuery),
      status: 200,
      reply: z.array(shown),
      async handle({ caller, query, source }) {
        const where = caller.tenantId === undefined ? {} : { id: caller.tenantId };
        const items = await listPage(storeOf(source.record.stores.tenants), query, where);
        return items.map((item) => describeOwner(noun, item));
      },
    }),
    defineAdminRoute({
      method: 'GET',
      path: `/admin/${noun}s/{id}`,
      summary: `Show ${article(noun)}`,
      tag: 'tenants',
      allows: isTenant ? ['read', 'tenant'] : ['read'],
      status: 200,
      reply: shown,
      async handle({ caller, id, source }) {
        const item = await storeOf(source.record.stores.tenants).get(id);
        const isVisible = caller.tenantId === undefined || caller.tenantId === id;
        if (item === undefined || !isVisible) throw notFound(noun, id);
        return describeOwner(noun, item);
      },
    }),
  ];
}

function creationRoute({ creation, noun, shown, storeOf }: OwnerKind): AdminRoute {
  return defineAdminRoute({
    method: 'POST',
    path: `/admin/${noun}s`,
    summary: `Make ${article(noun)}`,
    tag: 'tenants',
    allows: [],
    body: creation,
    status: 201,
    reply: shown,
    async handle({ audit, body, source }) {
      const item = await storeOf(source.record.stores.tenants).create({
        ...(body.id !== undefined && { id: body.id }),
        name: body.name,
        isActive: body.is_active ?? true,
        settings: settingsOf(body.settings),
        ...(noun !== 'organisation' && { organisationId: body.organisation_id ?? null }),
      } as NewItem<Owner>);
      await followed(source, item.id);
      const tenantId = tenantIdOf(noun, item.id);
      const shownItem = describeOwner(noun, item);
      const detail = { name: item.name, ...auditedValues(body, shownItem) };
      await audit({ kind: `${noun}.created`, subject: item.id, tenantId, detail });
      return shownItem;
    },
  });
}

function changeRoute({ changes, noun, shown, storeOf }: OwnerKind): AdminRoute {
  return defineAdminRoute({
    method: 'PUT',
    path: `/admin/${noun}s/{id}`,
    summary: `Change ${article(noun)}; what is left out stays`,
    tag: 'tenants',
    allows: [],
    body: changes,
    status: 200,
    reply: shown,
    async handle({ audit, body, id, source }) {
      const item = await storeOf(source.record.stores.tenants).update(id, {
        ...(body.name !== undefined && { name: body.name }),
        ...(body.is_active !== undefined && { isActive: body.is_active }),
        ...(body.settings !== undefined && { settings: settingsOf(body.settings) }),
        ...(body.organisation_id !== undefined && { organisationId: body.organisation_id }),
      } as ItemChanges<Owner>);
      if (item === undefined) throw notFound(noun, id);
      await followed(source, id);
      const shownItem = describeOwner(noun, item);
      const detail = { name: item.name, changed: Object.keys(body), ...auditedValues(body, shownItem) };
      await audit({ kind: `${noun}.updated`, subject: id, tenantId: tenantIdOf(noun, id), detail });
      return shownItem;
    },
  });
}

function deletionRoute({ noun, storeOf }: OwnerKind): AdminRoute {
  return defineAdminRoute({
    method: 'DELETE',
    path: `/admin/${noun}s/{id}`,
    summary: `Delete ${article(noun)} that has nothing below it and no budgets`,
    tag: 'tenants',
    allows: [],
    status: 204,
    reply: undefined,
    async handle({ audit, id, source }) {
      if (!(await storeOf(source.record.stores.tenants).delete(id))) throw notFound(noun, id);
      await followed(source, id);
      await audit({ kind: `${noun}.deleted`, subject: id, tenantId: tenantIdOf(noun, id) });
    },
  });
}

function article(noun: OwnerKind['noun']): string {
  return noun === 'organisation' ? `an ${noun}` : `a ${noun}`;
}

function followed({ record }: AdminSource, id: string): Promise<void> {
  return record.changed({ topics: ['tenants'], changedIds: [id] });
}

function tenantIdOf(noun: OwnerKind['noun'], id: string): string | null {
  return noun === 'tenant' ? id : null;
}

function describeOwner(noun: OwnerKind['noun'], owner: Owner) {
  return {
    id: owner.id,
    name: owner.name,
    ...(noun !== 'organisation' && { organisation_id: owner.organisationId ?? null }),
    is_active: owner.isActive,
    settings: describeSettings(owner.settings),
    created_at: isoOf(owner.createdAt),
    updated_at: isoOf(owner.updatedAt),
  };
}
