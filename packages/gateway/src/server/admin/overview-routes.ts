import { z } from 'zod';
import { describeConfig } from '../../config/describe-config.ts';
import { countRecord } from '../../stores/sql/record-counts.ts';
import { type AdminRoute, defineAdminRoute } from './admin-route.ts';

const counted = z.object({ total: z.number(), active: z.number() });

/** `/admin/config` and `/admin/stats`. */
export const overviewRoutes: readonly AdminRoute[] = [
  defineAdminRoute({
    method: 'GET',
    path: '/admin/config',
    summary: 'Show the configuration in force, secrets masked',
    tag: 'gateway',
    allows: ['read'],
    status: 200,
    reply: z.record(z.string(), z.unknown()),
    handle: async ({ source }) => describeConfig(source.runtime().config),
  }),
  defineAdminRoute({
    method: 'GET',
    path: '/admin/stats',
    summary: 'Show how much there is and how it does',
    tag: 'gateway',
    allows: ['read'],
    status: 200,
    reply: z.object({
      version: z.string(),
      uptime_seconds: z.number(),
      keys: counted,
      providers: counted,
      models: counted,
      tenants: counted,
      requests: z.object({ in_flight: z.number(), queued: z.number() }),
      targets: z.array(z.object({ id: z.string(), provider: z.string(), status: z.string() })),
      database: z.object({ dialect: z.string(), ready: z.boolean() }),
    }),
    async handle({ source }) {
      const { database, isReady } = source.record;
      const { inFlight, queued } = source.queue();
      return {
        version: source.version,
        uptime_seconds: Math.round(source.uptimeSeconds()),
        ...(await countRecord(database)),
        requests: { in_flight: inFlight, queued },
        targets: source.targets().map(({ id, provider, status }) => ({ id, provider, status })),
        database: { dialect: database.dialect, ready: isReady },
      };
    },
  }),
];
