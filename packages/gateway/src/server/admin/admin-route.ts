import type { z } from 'zod';
import type { GatewayRecord } from '../../record/gateway-record.ts';
import type { Runtime } from '../../runtime.ts';
import type { AuditEntry } from '../../stores/audit-store.ts';
import type { SpendStore } from '../../stores/spend-store.ts';
import type { AdminCaller } from './admin-caller.ts';

/** What the admin API works on. */
export interface AdminSource {
  readonly record: GatewayRecord;
  /** What counts what is spent of budgets; undefined: nothing does. */
  readonly spend: SpendStore | undefined;
  readonly runtime: () => Pick<Runtime, 'catalog' | 'config'>;
  readonly version: string;
  readonly uptimeSeconds: () => number;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
  /** A UUID, version 4. */
  readonly newId: () => string;
  readonly queue: () => { readonly inFlight: number; readonly queued: number };
  /** Health of a target as anybody may read it. */
  readonly targets: () => readonly { readonly id: string; readonly provider: string; readonly status: string }[];
}

/** One call of a route, checked: who calls may, and what was sent is what the route takes. */
export interface AdminCall<Body, Query> {
  readonly source: AdminSource;
  readonly caller: AdminCaller;
  /** What the path names; empty where it names nothing. */
  readonly id: string;
  readonly body: Body;
  readonly query: Query;
  /** Writes down what was done, by whom and from where. */
  readonly audit: (entry: Pick<AuditEntry, 'kind' | 'subject' | 'tenantId' | 'detail'>) => Promise<void>;
}

/** A route of the admin API: what it takes, what it answers and who may call it beside those who may everything. */
export interface AdminRoute<Body = unknown, Query = unknown> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With `{id}` for one segment of the path. */
  readonly path: string;
  readonly summary: string;
  /** What it belongs to, for the reference. */
  readonly tag: string;
  /** Whether keys that may read everything are let in, and those that administer one tenant. */
  readonly allows: readonly ('read' | 'tenant')[];
  readonly body?: z.ZodType<Body>;
  /** An absent body is an empty object. */
  readonly isBodyOptional?: boolean;
  readonly query?: z.ZodType<Query>;
  readonly status: 200 | 201 | 204;
  /** What it answers; undefined: nothing. */
  readonly reply: z.ZodType | undefined;
  readonly handle: (call: AdminCall<Body, Query>) => Promise<unknown>;
}

/** Makes a route; the types of body and query are those of its schemas. */
export function defineAdminRoute<Body, Query>(route: AdminRoute<Body, Query>): AdminRoute {
  // Whoever calls `handle` has parsed body and query with the route's own schemas.
  return route as unknown as AdminRoute;
}
