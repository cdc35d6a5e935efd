import { randomBytes, randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Clock } from './canonical/clock.ts';
import { startError } from './canonical/config-error.ts';
import type { LoadedConfig } from './config/gateway-config.ts';
import { createCurrentPools } from './current-pools.ts';
import type { Exchange } from './exchange.ts';
import { createExchangeAudit } from './exchange-audit.ts';
import { settleBudgets } from './exchange-budget.ts';
import { createExchangeLedger } from './exchange-ledger.ts';
import { ExchangeRegistry } from './exchange-registry.ts';
import { createRoutingStats, type RoutingStats, type RoutingStatsSnapshot } from './explain/routing-stats.ts';
import { countHedgedCost } from './hedged-cost.ts';
import { createLearnedParts } from './learned-parts.ts';
import type { Ledger } from './ledger/ledger.ts';
import { createAdminAccess } from './policies/admin-access.ts';
import { createRequestIds } from './policies/request-id.ts';
import { createPriceOf } from './price-of.ts';
import type { PriceLibrary } from './pricing/price-library.ts';
import type { GatewayRecord } from './record/gateway-record.ts';
import type { HealthRegistry } from './resilience/health.ts';
import { healthSettingsOf } from './resilience/health-settings.ts';
import { compileRuntime, type Runtime } from './runtime.ts';
import { createAdminOnDemand } from './server/admin/admin-on-demand.ts';
import { createHttpServer } from './server/http-server.ts';
import { createManagementPages } from './server/management-pages.ts';
import { OpenConnections } from './server/open-connections.ts';
import { createPageSource } from './server/page-source.ts';
import type { PageSource } from './server/pages.ts';
import type { ReservingLimitStore } from './stores/limit-store.ts';
import type { ResponseStore } from './stores/response-store.ts';
import type { SlotStore } from './stores/slot-store.ts';
import type { SpendStore } from './stores/spend-store.ts';
import { logExchange } from './telemetry/access-line.ts';
import type { Log, Metrics } from './telemetry/telemetry.ts';
import { createDemoTransport, DEMO_ORIGIN } from './transport/demo-transport.ts';
import { createHttpTransport } from './transport/http-transport.ts';
import { Outbox } from './transport/outbox.ts';
import type { Transport } from './transport/upstream-call.ts';

/** What outlives a reload and may be shared with other processes. */
export interface SharedParts {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly limits: ReservingLimitStore;
  readonly slots: SlotStore;
  readonly responses: ResponseStore;
  /** Counts what is spent of budgets, where a record keeps them; absent: no budget holds. */
  readonly spend?: SpendStore | undefined;
  /** Keys, providers and models that are administered; absent: nothing is. */
  readonly record?: GatewayRecord | undefined;
  /** Where exchanges are written down; absent: in the log only. */
  readonly ledger?: Ledger | undefined;
  readonly health: HealthRegistry;
  /** Whether Redis answers; absent: none is configured. */
  readonly isRedisAnswering?: (() => boolean) | undefined;
  readonly priceLibrary: PriceLibrary;
  /** Text of /metrics over all processes. */
  readonly metricsText: () => Promise<string>;
  /** What was routed where over all processes, of a window in milliseconds or since they began; absent: this is all. */
  readonly allRoutingStats?: (windowMs: number | undefined) => Promise<RoutingStatsSnapshot>;
  readonly version: string;
}

/** A gateway that serves one port in one process. */
export interface Gateway {
  /** Binds the configured address; answers the port really bound. Throws ConfigError when it is taken. */
  listen(): Promise<AddressInfo>;
  /** Takes over a new configuration; exchanges under way finish with the old one. Throws ConfigError and keeps the old. */
  reload(loaded: LoadedConfig): void;
  readonly runtime: Runtime;
  readonly pages: PageSource;
  /** What was routed where in this process. */
  readonly routingStats: RoutingStats;
  /**
   * Readiness off, no new connections, exchanges finish within `drainMs`, then they end with an in-band error.
   * Answers when nothing is left. A second call ends the drain at once.
   */
  stop(drainMs: number): Promise<void>;
}

/** What is kept of one body, in bytes. */
const DEFAULT_BODY_BYTES = 16_384;
/** Milliseconds that callers have to read the end of an answer that was cut short. */
const LAST_WORDS_MS = 500;

/** Puts the parts together. */
export function createGateway(loaded: LoadedConfig, shared: SharedParts): Gateway {
  const { clock, log, metrics } = shared;
  const exchanges = new ExchangeRegistry((delta) => metrics.inFlight(delta));
  const outbox = new Outbox(() => shared.ledger?.flush());
  const transport = withDemo(createHttpTransport({ clock, outbox }), createDemoTransport(clock));
  const pools = createCurrentPools(shared.slots);
  const learned = createLearnedParts({ clock, random: shared.random, models: () => runtime.models });
  const routingStats = createRoutingStats({ clock });
  const audit =
    shared.record &&
    createExchangeAudit({
      trail: shared.record.audit,
      maxBodyBytes: () => runtime.config.audit?.maxBodyBytes ?? DEFAULT_BODY_BYTES,
    });
  /** What outlives configurations takes over the one in force, and forgets targets that are gone. */
  const adopt = (next: Runtime, before?: Runtime): void => {
    const { catalog, config } = next;
    if (before) pools.adopt(before, next);
    shared.health.configure(healthSettingsOf(config.resilience));
    shared.health.retain([...catalog.targets.values()].map(({ healthId }) => healthId));
    learned.adaptiveLimits.retain(new Set(catalog.targets.keys()));
  };
  let isStarted = false;
  let drain: { cutShort: () => void; done: Promise<void> } | undefined;

  const compile = (next: LoadedConfig): Runtime => {
    // An exchange costs what this configuration says, whichever is in force when it ends.
    const priceOf = createPriceOf({ catalog: () => compiled.catalog, models: () => compiled.models });
    const ledger = shared.ledger && createExchangeLedger({ ledger: shared.ledger, priceOf, clock });
    const hedgedCost = { clock, metrics, priceOf };
    const compiled: Runtime = compileRuntime(shared.record?.merged(next) ?? next, {
      ...shared,
      ...learned,
      slots: pools.slots,
      transport,
      audit,
      priceOf,
      beginEntry: (exchange, step) => ledger?.begin(exchange, step),
      settle(entry, exchange) {
        const row = ledger?.end(entry, exchange);
        settleBudgets(exchange, row);
        audit?.ended(entry, exchange);
        metrics.observe(entry);
        countHedgedCost(entry, hedgedCost);
        routingStats.note(entry);
        logExchange(log, entry);
      },
      track(exchange) {
        exchanges.add(exchange);
        return () => exchanges.delete(exchange);
      },
    });
    return compiled;
  };
  let configured = loaded;
  let runtime = compile(loaded);
  adopt(runtime);
  const takeOver = (next: Runtime): void => {
    const before = runtime;
    runtime = next;
    adopt(next, before);
  };
  shared.record?.onChange((topics) => {
    if (!topics.includes('providers')) return;
    try {
      takeOver(compile(configured));
    } catch (error) {
      log.error('record', `Providers of the record were not taken over, those from before stay: ${String(error)}`);
    }
  });

  const pages = createPageSource({
    ...shared,
    catalog: () => runtime.catalog,
    modelCatalogue: () => runtime.models,
    publicMetrics: () => runtime.config.server.publicMetrics,
    queue: () => shared.slots.counts(runtime.admission.id),
    isStarted: () => isStarted,
    isDraining: () => drain !== undefined,
    auth: () => runtime.config.auth,
  });

  const access = createAdminAccess({ key: () => runtime.adminKey, clock });
  const connections = new OpenConnections();
  const server = createHttpServer({
    clock,
    outbox,
    runtime: () => runtime,
    requestIds: createRequestIds(randomBytes),
    pages,
    management: createManagementPages({
      ...shared,
      runtime: () => runtime,
      access,
      learned,
      stats: routingStats,
      allStats: shared.allRoutingStats,
    }),
    admin: createAdminOnDemand({
      ...pages,
      access,
      isOpen: () => runtime.adminKey !== undefined,
      record: shared.record,
      spend: shared.spend,
      runtime: () => runtime,
      wallNow: clock.wallNow,
      newId: randomUUID,
    }),
    responses: shared.responses,
    exchanges,
    onArrival: verbose(loaded) ? (exchange) => logArrival(log, exchange) : undefined,
    isDraining: () => drain !== undefined,
    maxConnections: loaded.config.server.maxConnections,
    connections,
    reportInternal: (error) => log.error('server', 'Internal error', { error: describe(error) }),
  });

  return {
    get runtime() {
      return runtime;
    },
    pages,
    routingStats,
    async listen() {
      // Who asks first is to have prices as well.
      if (shared.ledger !== undefined) await runtime.models.load();
      return new Promise((resolve, reject) => {
        const { host, port } = runtime.config.server;
        const refuse = (cause: NodeJS.ErrnoException): void => reject(describeBusy(cause, host, port));
        server.once('error', refuse);
        server.listen({ host, port }, () => {
          server.off('error', refuse);
          isStarted = true;
          resolve(server.address() as AddressInfo);
        });
      });
    },
    reload(next) {
      const compiled = compile(next);
      configured = next;
      takeOver(compiled);
    },
    stop(drainMs) {
      if (drain) {
        drain.cutShort();
        return drain.done;
      }
      let cancelLast = (): void => {};
      const cutShort = (): void => {
        exchanges.cancelAll('shutting_down');
        cancelLast();
        // Who does not read even the error that its answer ends with is not waited for.
        cancelLast = clock.schedule(() => connections.destroyAll(), LAST_WORDS_MS);
      };
      const cancelTimer = clock.schedule(cutShort, drainMs);
      const done = new Promise<void>((resolve) => {
        server.close(() => {
          cancelTimer();
          cancelLast();
          // Copies for targets that are only watched have no connection of a caller's.
          exchanges.cancelAll('shutting_down');
          void transport.close().then(resolve);
        });
      });
      drain = { cutShort, done };
      connections.endUnused();
      return done;
    },
  };
}

/** An address that cannot be had is for the operator to change, not a fault of the gateway. */
function describeBusy(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  const reason = unusable[cause.code ?? ''];
  if (reason === undefined) return cause;
  const message = `Cannot listen on ${host}:${port}: ${reason} (${cause.code}).`;
  return startError(message);
}

const unusable: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has that port; stop it, or set another (`--port`, `server.port` or SERVER_PORT)',
  EACCES: 'the system does not allow this user that port; set one above 1023',
  EADDRNOTAVAIL: 'this machine does not have that address; set another (`--host`, `server.host` or SERVER_HOST)',
  ENOTFOUND: 'there is no such host; set an address (`--host`, `server.host` or SERVER_HOST)',
};

function verbose({ config }: LoadedConfig): boolean {
  const { level, levels } = config.telemetry.logging;
  return [level, levels?.['server']].some((one) => one === 'debug' || one === 'trace');
}

function logArrival(log: Log, { id, method, operation, clientAddress }: Exchange): void {
  log.debug('server', 'Request received', { request_id: id, method, operation, client: clientAddress });
}

function withDemo(http: Transport, demo: Transport): Transport {
  return {
    send: (request, handler) => (request.origin === DEMO_ORIGIN ? demo : http).send(request, handler),
    close: () => http.close(),
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
