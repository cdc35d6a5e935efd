import * as z from 'zod';
import { describeConfig } from '../../config/describe-config.ts';
import { type DashboardSums, readDashboard } from '../../stores/sql/ledger-dashboard.ts';
import { defaultRetention } from '../../stores/sql/ledger-retention.ts';
import { countRecord } from '../../stores/sql/record-counts.ts';
import { asStore } from '../../stores/sql/store-error.ts';
import { isoOf, shownTime } from './admin-fields.ts';
import { type AdminRoute, defineAdminRoute } from './admin-route.ts';

const counted = z.object({ total: z.number(), active: z.number() });

const used = {
  requests: z.number(),
  errors: z.number().describe('Neither completed nor left by the caller.'),
  tokens: z.number().describe('Input and output.'),
  avg_latency: z.number().describe('Milliseconds.'),
};

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
      total_requests: z.number().describe('For as long as anything is kept.'),
      total_requests_24h: z.number(),
      total_errors_24h: z.number(),
      total_tokens_24h: z.number(),
      avg_latency_24h: z.number().describe('Milliseconds.'),
      requests_per_hour: z.array(z.object({ hour: shownTime(), ...used })).describe('The last 24 hours.'),
      model_usage: z.array(z.object({ model: z.string(), ...used })).describe('The last 7 days, the 20 most used.'),
      provider_usage: z.array(z.object({ provider: z.string(), ...used })).describe('The same by provider.'),
    }),
    async handle({ source }) {
      const { database, isReady } = source.record;
      const { inFlight, queued } = source.queue();
      const now = source.wallNow();
      const counts = await countRecord(database);
      const dashboard = await asStore(() => readDashboard({ database, now, retention: defaultRetention }));
      const { day } = dashboard;
      return {
        version: source.version,
        uptime_seconds: Math.round(source.uptimeSeconds()),
        ...counts,
        requests: { in_flight: inFlight, queued },
        targets: source.targets().map(({ id, provider, status }) => ({ id, provider, status })),
        database: { dialect: database.dialect, ready: isReady },
        total_requests: dashboard.allRequests,
        total_requests_24h: day.requests,
        total_errors_24h: day.errors,
        total_tokens_24h: day.tokens,
        avg_latency_24h: tenths(day.averageMs),
        requests_per_hour: dashboard.hours.map(({ at, ...sums }) => ({ hour: isoOf(at), ...describeSums(sums) })),
        model_usage: dashboard.models.map(({ name, ...sums }) => ({ model: name, ...describeSums(sums) })),
        provider_usage: dashboard.providers.map(({ name, ...sums }) => ({ provider: name, ...describeSums(sums) })),
      };
    },
  }),
];

function describeSums({ averageMs, errors, requests, tokens }: DashboardSums) {
  return { requests, errors, tokens, avg_latency: tenths(averageMs) };
}

/** To a tenth, as people read it. */
function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
