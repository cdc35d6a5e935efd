import * as z from 'zod';
import { GatewayError } from '../../canonical/gateway-error.ts';
import { capOf } from '../../policies/budget-index.ts';
import type { Budget, BudgetScope } from '../../stores/budget-store.ts';
import type { SpendReading } from '../../stores/spend-store.ts';
import type { AdminCaller } from './admin-caller.ts';
import { pageQuery, reference } from './admin-fields.ts';
import { type AdminCall, type AdminRoute, type AdminSource, defineAdminRoute } from './admin-route.ts';
import { auditedValues } from './audited-values.ts';
import {
  budgetChanges,
  budgetCreation,
  changesOf,
  describeBudget,
  newBudgetOf,
  scopes,
  shownBudget,
} from './budget-schema.ts';
import { listPage } from './list-page.ts';
import { notFound } from './not-found.ts';

const tag = 'budgets';
const allows = ['read', 'tenant'] as const;

/** `/admin/budgets`. */
export const budgetRoutes: readonly AdminRoute[] = [
  defineAdminRoute({
    method: 'POST',
    path: '/admin/budgets',
    summary: 'Make a budget; what was spent in the period that runs counts',
    tag,
    allows: [],
    body: budgetCreation,
    status: 201,
    reply: shownBudget,
    async handle({ audit, body, source }) {
      checkScopeId(body.scope, body.scope_id);
      const budget = await source.record.stores.budgets.create(newBudgetOf(body));
      await followed(source);
      await audit({ kind: 'budget.created', ...auditedOf(budget, setBy(body, budget)) });
      return described(source, budget);
    },
  }),
  defineAdminRoute({
    method: 'GET',
    path: '/admin/budgets',
    summary: 'List budgets with what is spent of them, the newest first',
    tag,
    allows,
    query: z.strictObject({ ...pageQuery, scope: z.enum(scopes).optional(), scope_id: reference().optional() }),
    status: 200,
    reply: z.array(shownBudget),
    async handle({ caller, query, source }) {
      const { scope, scope_id: scopeId } = query;
      const asked = { ...(scope !== undefined && { scope }), ...(scopeId !== undefined && { scopeId }) };
      const where = ownedBy(caller, asked);
      if (where === undefined) return [];
      const budgets = await listPage(source.record.stores.budgets, query, where);
      const readings = await readingsOf(source, budgets);
      const now = source.wallNow();
      return budgets.map((budget, index) => describeBudget(budget, readings[index]!, now));
    },
  }),
  defineAdminRoute({
    method: 'GET',
    path: '/admin/budgets/{id}',
    summary: 'Show a budget and what is spent of it',
    tag,
    allows,
    status: 200,
    reply: shownBudget,
    async handle({ caller, id, source }) {
      const budget = await source.record.stores.budgets.get(id);
      if (budget === undefined || !mayRead(caller, budget)) throw notFound('budget', id);
      return described(source, budget);
    },
  }),
  defineAdminRoute({
    method: 'PUT',
    path: '/admin/budgets/{id}',
    summary: 'Change a budget; what is left out stays, and so does what is spent',
    tag,
    allows: [],
    body: budgetChanges,
    status: 200,
    reply: shownBudget,
    async handle({ audit, body, id, source }) {
      const budget = await source.record.stores.budgets.update(id, changesOf(body));
      if (budget === undefined) throw notFound('budget', id);
      await followed(source);
      const changes = { changed: Object.keys(body), ...setBy(body, budget) };
      await audit({ kind: 'budget.updated', ...auditedOf(budget, changes) });
      return described(source, budget);
    },
  }),
  defineAdminRoute({
    method: 'DELETE',
    path: '/admin/budgets/{id}',
    summary: 'Delete a budget',
    tag,
    allows: [],
    status: 204,
    reply: undefined,
    async handle({ audit, id, source }) {
      const { budgets } = source.record.stores;
      const budget = await budgets.get(id);
      if (budget === undefined || !(await budgets.delete(id))) throw notFound('budget', id);
      await followed(source);
      await audit({ kind: 'budget.deleted', ...auditedOf(budget) });
    },
  }),
];

function followed({ record }: AdminSource): Promise<void> {
  return record.changed({ topics: ['budgets'] });
}

type Audited = Parameters<AdminCall<unknown, unknown>['audit']>[0];

function auditedOf(budget: Budget, more: object = {}): Omit<Audited, 'kind'> {
  const tenantId = budget.scope === 'tenant' ? budget.scopeId : null;
  return { subject: budget.id, tenantId, detail: { name: budget.name, ...more } };
}

/** Without what is spent, which nobody sets and which may not be known. */
function setBy(body: object, budget: Budget): object {
  return auditedValues(body, describeBudget(budget, nothing, 0));
}

function checkScopeId(scope: BudgetScope, id: string | undefined): void {
  if ((scope === 'global') === (id === undefined)) return;
  const fault =
    scope === 'global'
      ? 'A budget of the scope `global` has no `scope_id`. Leave it out.'
      : `\`scope_id\` is missing; it must be the id of a ${scope} that there is.`;
  throw new GatewayError('invalid_request', fault, { param: 'scope_id' });
}

/** Who administers a tenant sees the budgets of that tenant alone; undefined: there is nothing to see. */
function ownedBy({ tenantId }: AdminCaller, asked: Partial<Budget>): Partial<Budget> | undefined {
  if (tenantId === undefined) return asked;
  const isOther = (asked.scope ?? 'tenant') !== 'tenant' || (asked.scopeId ?? tenantId) !== tenantId;
  return isOther ? undefined : { scope: 'tenant', scopeId: tenantId };
}

function mayRead({ tenantId }: AdminCaller, { scope, scopeId }: Budget): boolean {
  return tenantId === undefined || (scope === 'tenant' && scopeId === tenantId);
}

async function described(source: AdminSource, budget: Budget) {
  const [reading] = await readingsOf(source, [budget]);
  return describeBudget(budget, reading!, source.wallNow());
}

const nothing: SpendReading = { spentNanos: 0, reservedNanos: 0, start: 0, resetMs: null };

async function readingsOf({ spend }: AdminSource, budgets: readonly Budget[]): Promise<readonly SpendReading[]> {
  if (spend === undefined) return budgets.map(() => nothing);
  return spend.read(budgets.map((budget) => ({ cap: capOf(budget, 'open'), key: '' })));
}
