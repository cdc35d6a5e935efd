import type { ServerResponse } from 'node:http';
import type { Clock } from '../canonical/clock.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { Exchange } from '../exchange.ts';
import { describeBackends } from '../explain/backend-health.ts';
import { isoTime } from '../explain/health-reasons.ts';
import { listRoutes } from '../explain/listed-routes.ts';
import { sharesOf } from '../explain/route-shares.ts';
import { describeRouting, describeRules } from '../explain/routing-overview.ts';
import {
  longestWindowMs,
  type RoutingCounts,
  type RoutingStats,
  type RoutingStatsSnapshot,
  routingCounters,
  type TargetStats,
} from '../explain/routing-stats.ts';
import { readWindow } from '../explain/time-window.ts';
import type { InboundBody } from '../inbound-body.ts';
import type { LearnedParts } from '../learned-parts.ts';
import type { AdminAccess } from '../policies/admin-access.ts';
import type { GatewayRecord } from '../record/gateway-record.ts';
import { parseJson } from '../request-reader.ts';
import type { HealthRegistry } from '../resilience/health.ts';
import type { Target } from '../routing/target.ts';
import type { Runtime } from '../runtime.ts';
import type { LimitStore } from '../stores/limit-store.ts';
import type { SlotStore } from '../stores/slot-store.ts';
import { cachePages } from './cache-pages.ts';
import { type LedgerSource, ledgerPages, sendUsageExport } from './ledger-pages.ts';
import { admitReader } from './management-access.ts';
import type { ManagementMatch } from './management-routes.ts';
import { sendJson } from './pages.ts';
import { testRouting } from './routing-test.ts';
import { exchangeOf, readRoutingTest } from './routing-test-ask.ts';

/** What the management pages look at. They change none of it. */
export interface ManagementSource extends LedgerSource {
  readonly record?: GatewayRecord | undefined;
  readonly clock: Clock;
  readonly access: AdminAccess;
  readonly runtime: () => Pick<Runtime, 'catalog' | 'config' | 'placeCaller' | 'planInput'>;
  readonly health: HealthRegistry;
  readonly learned: Pick<LearnedParts, 'adaptiveLimits' | 'localSlots' | 'observations'>;
  readonly limits: LimitStore;
  readonly slots: SlotStore;
  /** Of this process. */
  readonly stats: RoutingStats;
  /** Over all processes; undefined: there is no other. Rejects when they do not answer. */
  readonly allStats?: ((windowMs: number | undefined) => Promise<RoutingStatsSnapshot>) | undefined;
}

export interface ManagementRequest {
  readonly match: ManagementMatch;
  /** The request as its surroundings see it. */
  readonly exchange: Pick<Exchange, 'id' | 'method' | 'headers' | 'clientAddress'>;
  readonly body: InboundBody;
  /** Headers of every reply. */
  readonly headers: readonly string[];
}

/** Serves a management page. Throws GatewayError. */
export type ServeManagement = (request: ManagementRequest, response: ServerResponse) => Promise<void>;

export function createManagementPages(source: ManagementSource): ServeManagement {
  return async function serveManagement({ match, exchange, body, headers }, response) {
    const query = new URLSearchParams(match.query);
    await admitReader({ source, exchange, page: match.page, query });
    if (match.allow !== undefined) {
      throw new GatewayError('method_not_allowed', `Use ${match.allow} here.`, { headers: { allow: match.allow } });
    }
    if (match.page === 'usage_export') return sendUsageExport(source, query, response, headers);
    const answer = await pages[match.page](source, query, body);
    sendJson(response, 200, answer, headers);
  };
}

type Page = (source: ManagementSource, query: URLSearchParams, body: InboundBody) => unknown;

const pages: Readonly<Record<Exclude<ManagementMatch['page'], 'usage_export'>, Page>> = {
  ...cachePages,
  ...ledgerPages,
  backends_health: backendsHealth,
  routing_config(source) {
    const { catalog, config } = source.runtime();
    return describeRouting(config, catalog);
  },
  routing_rules(source) {
    const { catalog, config } = source.runtime();
    return describeRules(config, catalog, source.health);
  },
  routing_stats: routingStats,
  async routing_test(source, _query, body) {
    const { maxDepth, maxRequestBytes } = source.runtime().config.security.validation;
    // What would be sent lies one level down.
    return testRouting(source, parseJson(await body.readAll(maxRequestBytes), maxDepth + 1).whole);
  },
  routing_weights: routingWeights,
};

function backendsHealth(source: ManagementSource, query: URLSearchParams): unknown {
  const { catalog } = source.runtime();
  const { clock, health: registry, learned, stats } = source;
  const provider = query.get('provider')?.toLowerCase();
  const isAsked = (target: Target) =>
    [target.provider, target.kind, target.id].some((name) => name.toLowerCase() === provider);
  const targets = [...catalog.targets.values()];
  const windowMs = windowOf(query);
  const wantsHistory = ['true', '1', ''].includes(query.get('history') ?? 'false');
  const serving = modelsByTarget(catalog.models());
  return describeBackends({
    targets: provider ? targets.filter(isAsked) : targets,
    registry,
    observations: learned.observations,
    modelsOf: ({ defaultModel, id }) => [
      ...(serving.get(id) ?? []),
      ...(defaultModel === undefined ? [] : [defaultModel]),
      ...stats.modelsOf(id),
    ],
    nowMs: clock.now(),
    wallMs: clock.wallNow(),
    historyMs: wantsHistory ? (windowMs ?? Number.POSITIVE_INFINITY) : undefined,
  });
}

/** Names upstream of the models that each target serves. */
function modelsByTarget(models: ReturnType<Runtime['catalog']['models']>): ReadonlyMap<string, readonly string[]> {
  const byTarget = new Map<string, string[]>();
  for (const { targetId, upstreamModel } of models.flatMap(({ providers }) => providers)) {
    const known = byTarget.get(targetId) ?? [];
    byTarget.set(targetId, known);
    known.push(upstreamModel);
  }
  return byTarget;
}

async function routingStats(source: ManagementSource, query: URLSearchParams): Promise<unknown> {
  const windowMs = windowOf(query);
  if (windowMs !== undefined && windowMs > longestWindowMs) {
    throw invalidWindow('reaches back an hour at most here; without it, everything since the start is told');
  }
  const { allStats, clock, stats } = source;
  const own = () => stats.snapshot(windowMs);
  let scope: 'gateway' | 'process' = 'gateway';
  const snapshot =
    allStats === undefined
      ? own()
      : await allStats(windowMs).catch(() => {
          scope = 'process';
          return own();
        });
  return {
    window: query.get('window') ?? null,
    // What other processes counted may be out of reach.
    scope,
    from: isoTime(snapshot.from),
    to: isoTime(clock.wallNow()),
    targets: withUnasked(snapshot.targets, source.runtime().catalog.targets.values()),
  };
}

/** Targets that nobody was sent to are told as well, with nothing but zeros. */
function withUnasked(counted: readonly TargetStats[], targets: Iterable<Target>): readonly TargetStats[] {
  const known = new Set(counted.map(({ target }) => target));
  const unasked = [...targets].filter(({ id }) => !known.has(id));
  return [...counted, ...unasked.map(({ id, provider }) => ({ target: id, provider, ...noCounts }))];
}

const noCounts = Object.fromEntries(routingCounters.map((name) => [name, 0])) as RoutingCounts;

/** Milliseconds for which other work waits at most. */
const SLICE_MS = 5;

async function routingWeights(source: ManagementSource): Promise<unknown> {
  const { catalog, config, planInput } = source.runtime();
  const { clock } = source;
  const ask = exchangeOf(readRoutingTest({}), clock, config.auth.keys);
  const routes: unknown[] = [];
  let since = clock.now();
  for (const { also = null, models, resolution, route } of listRoutes(catalog)) {
    if (clock.now() - since > SLICE_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      since = clock.now();
    }
    const targets = sharesOf(planInput(resolution, ask));
    routes.push({ route: route.id, models, also, strategy: route.strategy, targets });
  }
  return { scope: 'process', routes };
}

/** Milliseconds; undefined when none is given. */
function windowOf(query: URLSearchParams): number | undefined {
  const text = query.get('window');
  if (text === null || text === '') return undefined;
  const windowMs = readWindow(text);
  if (windowMs === undefined) throw invalidWindow('must be a span of time such as 90s, 15m or 1h');
  return windowMs;
}

function invalidWindow(problem: string): GatewayError {
  return new GatewayError('invalid_request', `\`window\` ${problem}.`, { param: 'window' });
}
