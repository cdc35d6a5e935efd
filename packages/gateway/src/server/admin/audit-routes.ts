import * as z from 'zod';
import type { AuditEvent } from '../../stores/audit-store.ts';
import { tenantOf } from './admin-caller.ts';
import { isoOf, reference, shownTime, time } from './admin-fields.ts';
import { type AdminRoute, defineAdminRoute } from './admin-route.ts';

const filter = () => reference(256).optional();

const event = z.object({
  seq: z.number().describe('Place in the chain, from 1.'),
  at: shownTime(),
  kind: z.string(),
  actor: z.string().describe('The id of a key, `admin`, `system` or `anonymous`.'),
  outcome: z.enum(['success', 'failure', 'denied']),
  tenant_id: z.string().nullable(),
  subject: z.string().nullable(),
  request_id: z.string().nullable(),
  address: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
  hash: z.string().describe('Over the event and the one before it.'),
});

/** `/admin/audit`. */
export const auditRoutes: readonly AdminRoute[] = [
  defineAdminRoute({
    method: 'GET',
    path: '/admin/audit',
    summary: 'List what was done, the newest first',
    tag: 'audit',
    allows: ['read', 'tenant'],
    query: z.strictObject({
      kind: filter(),
      actor: filter(),
      tenant_id: filter(),
      subject: filter(),
      from: time().optional(),
      to: time().optional(),
      before_seq: z.coerce.number().int().min(1).optional().describe('Where the next page begins.'),
      limit: z.coerce.number().int().min(1).max(1_000).optional().describe('At most so many. Default: 100.'),
    }),
    status: 200,
    reply: z.array(event),
    async handle({ caller, query, source }) {
      const tenantId = tenantOf(caller, query.tenant_id) ?? undefined;
      await source.record.audit.write();
      const events = await source.record.stores.audit.list({
        ...(query.kind !== undefined && { kind: query.kind }),
        ...(query.actor !== undefined && { actor: query.actor }),
        ...(tenantId !== undefined && { tenantId }),
        ...(query.subject !== undefined && { subject: query.subject }),
        ...(query.from !== undefined && { from: query.from }),
        ...(query.to !== undefined && { to: query.to }),
        ...(query.before_seq !== undefined && { beforeSeq: query.before_seq }),
        ...(query.limit !== undefined && { limit: query.limit }),
      });
      return events.map(describeEvent);
    },
  }),
];

function describeEvent(one: AuditEvent): z.input<typeof event> {
  return {
    seq: one.seq,
    at: isoOf(one.at),
    kind: one.kind,
    actor: one.actor,
    outcome: one.outcome,
    tenant_id: one.tenantId,
    subject: one.subject,
    request_id: one.requestId,
    address: one.address,
    detail: { ...one.detail },
    hash: one.hash,
  };
}
