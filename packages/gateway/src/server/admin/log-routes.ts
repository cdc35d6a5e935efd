import * as z from 'zod';
import { formatDollars } from '../../canonical/nano-dollars.ts';
import { ledgerOutcomes } from '../../ledger/ledger-row.ts';
import {
  type LoggedRequest,
  REQUEST_LOG_REACH,
  type RequestLogFilter,
  readRequestLog,
} from '../../stores/sql/ledger-request-log.ts';
import { asStore } from '../../stores/sql/store-error.ts';
import { tenantOf } from './admin-caller.ts';
import { isoOf, modelName, reference, shownTime, tenantId, time } from './admin-fields.ts';
import { type AdminRoute, defineAdminRoute } from './admin-route.ts';
import { invalidField } from './invalid-field.ts';

const MOST_PER_PAGE = 200;
const USUAL_PER_PAGE = 50;

const query = z.strictObject({
  page: z.coerce.number().int().min(1).max(REQUEST_LOG_REACH).optional().describe('Which page, from 1. Default: 1.'),
  per_page: z.coerce
    .number()
    .int()
    .min(1)
    .max(MOST_PER_PAGE)
    .optional()
    .describe(`Requests of a page. Default: ${USUAL_PER_PAGE}.`),
  key_id: reference().optional().describe('Requests of one key.'),
  tenant_id: tenantId().optional().describe('Requests of one tenant.'),
  model: modelName().optional().describe('The model as the caller named it.'),
  provider: reference().optional().describe('Requests that a provider answered, or was the last one asked.'),
  status: z
    .string()
    .regex(/^[1-9](?:\d\d|xx)$/, 'must be a status such as 429, or a hundred of them such as 5xx')
    .transform((text) => {
      const from = Number(text.replace('xx', '00'));
      return { from, to: text.endsWith('xx') ? from + 99 : from };
    })
    .optional()
    .describe('The status that the caller got, such as 429, or a hundred of them, such as 5xx.'),
  outcome: z.enum(ledgerOutcomes).optional().describe('How it ended.'),
  from: time().optional().describe('Requests that ended then or later.'),
  to: time().optional().describe('Requests that ended before.'),
});

const count = () => z.number().int();

const logged = z.object({
  id: z.string(),
  time: shownTime().describe('When it ended.'),
  request_id: z.string().describe('As the caller was told it in `x-request-id`.'),
  key_id: z.string().nullable(),
  tenant_id: z.string().nullable(),
  team_id: z.string().nullable(),
  organisation_id: z.string().nullable(),
  principal: z.string().describe('A name of the caller that is fit for logs.'),
  operation: z.string(),
  is_stream: z.boolean(),
  requested_model: z.string().nullable().describe('The model as the caller named it.'),
  model: z.string().nullable().describe('The model as reports name it.'),
  target_model: z.string().nullable().describe('The model that was sent to the target.'),
  response_model: z.string().nullable().describe('The model that the answer names.'),
  provider: z.string().nullable().describe('Of the target that answered, or the last one asked.'),
  target: z.string().nullable(),
  outcome: z.enum(ledgerOutcomes),
  status: count().describe('The status that the caller got; 499: it left first, 0: not known.'),
  failure: z.string().nullable().describe('Why it did not complete.'),
  attempts: count(),
  duration_ms: z.number(),
  first_byte_ms: z.number().nullable(),
  input_tokens: count(),
  output_tokens: count(),
  total_tokens: count(),
  cached_tokens: count().describe('Of the input.'),
  cache_write_tokens: count().describe('Of the input.'),
  reasoning_tokens: count().describe('Of the output.'),
  is_estimated: z.boolean().describe('The provider did not say what was used, or not all of it.'),
  cost: z.string().nullable().describe('Dollars in decimal, exactly; null: not known.'),
  unknown_cost: z.string().nullable().describe('Why the cost is not known.'),
  service_tier: z.string().nullable().describe('The tier of service that was charged; null: the usual one.'),
  shadow_of: z.string().nullable().describe('The request of which this is a copy for a target that is only watched.'),
  is_shared: z.boolean().describe('It got the answer of an identical request; nothing was sent for it.'),
});

/** `/admin/logs`. */
export const logRoutes: readonly AdminRoute[] = [
  defineAdminRoute({
    method: 'GET',
    path: '/admin/logs',
    summary: 'List requests that ended, the newest first',
    tag: 'logs',
    allows: ['read', 'tenant'],
    query,
    status: 200,
    reply: z.object({
      data: z.array(logged),
      total: count().describe(`How many there are, counted up to ${REQUEST_LOG_REACH}.`),
      is_more: z.boolean().describe('There are more than were counted. `to` leads to the older ones.'),
      page: count(),
      per_page: count(),
    }),
    async handle({ caller, query: asked, source }) {
      const { page = 1, per_page: limit = USUAL_PER_PAGE } = asked;
      if (page * limit > REQUEST_LOG_REACH) {
        throw invalidField(
          'page',
          `reaches beyond the newest ${REQUEST_LOG_REACH} requests; use \`to\` for older ones`,
        );
      }
      const filter = filterOf({ ...asked, tenant_id: tenantOf(caller, asked.tenant_id) ?? undefined });
      const ask = { filter, offset: (page - 1) * limit, limit };
      const { isMore, rows, total } = await asStore(() => readRequestLog(source.record.database, ask));
      return { data: rows.map(describeRequest), total, is_more: isMore, page, per_page: limit };
    },
  }),
];

function filterOf(asked: z.output<typeof query>): RequestLogFilter {
  const { from, key_id: keyId, model, outcome, provider, status, tenant_id: tenant, to } = asked;
  return { from, keyId, model, outcome, provider, status, tenantId: tenant, to };
}

function describeRequest(row: LoggedRequest): z.input<typeof logged> {
  return {
    id: `${row.spool_id}-${row.sequence}`,
    time: isoOf(row.ended_at),
    request_id: row.request_id,
    key_id: row.key_id || null,
    tenant_id: row.tenant_id || null,
    team_id: row.team_id || null,
    organisation_id: row.organisation_id || null,
    principal: row.principal,
    operation: row.operation,
    is_stream: row.is_stream === 1,
    requested_model: row.requested_model,
    model: row.model || null,
    target_model: row.target_model,
    response_model: row.response_model,
    provider: row.provider || null,
    target: row.target_id || null,
    outcome: row.outcome,
    status: row.status,
    failure: row.failure,
    attempts: row.attempts,
    duration_ms: row.duration_us / 1_000,
    first_byte_ms: row.first_byte_us === null ? null : row.first_byte_us / 1_000,
    input_tokens: row.input_tokens,
    output_tokens: row.output_tokens,
    total_tokens: row.input_tokens + row.output_tokens,
    cached_tokens: row.cached_tokens,
    cache_write_tokens: row.cache_write_tokens,
    reasoning_tokens: row.reasoning_tokens,
    is_estimated: row.is_estimated === 1,
    cost: row.cost_nanos === null ? null : formatDollars(Number(row.cost_nanos)),
    unknown_cost: row.unknown_cost,
    service_tier: row.service_tier,
    shadow_of: row.shadow_of,
    is_shared: row.is_shared === 1,
  };
}
