import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Clock } from './canonical/clock.ts';
import type { LoadedConfig } from './config/gateway-config.ts';
import type { Exchange } from './exchange.ts';
import { ExchangeRegistry } from './exchange-registry.ts';
import { createRequestIds } from './policies/request-id.ts';
import type { HealthRegistry } from './resilience/health.ts';
import { createPickers } from './routing/pickers.ts';
import { createTargetLoad } from './routing/target-load.ts';
import { compileRuntime, type Runtime } from './runtime.ts';
import { createHttpServer } from './server/http-server.ts';
import type { ModelStatus, PageSource, TargetStatus } from './server/pages.ts';
import type { LimitStore } from './stores/limit-store.ts';
import type { SlotStore } from './stores/slot-store.ts';
import { logExchange } from './telemetry/access-line.ts';
import type { Log, Metrics } from './telemetry/telemetry.ts';
import { createDemoTransport, DEMO_ORIGIN } from './transport/demo-transport.ts';
import { createHttpTransport } from './transport/http-transport.ts';
import type { Transport } from './transport/upstream-call.ts';

/** What outlives a reload and may be shared with other processes. */
export interface SharedParts {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly limits: LimitStore;
  readonly slots: SlotStore;
  readonly health: HealthRegistry;
  /** Text of /metrics over all processes. */
  readonly metricsText: () => Promise<string>;
  readonly version: string;
}

/** A gateway that serves one port in one process. */
export interface Gateway {
  /** Binds the configured address; answers the port really bound. Throws when it is taken. */
  listen(): Promise<AddressInfo>;
  /** Takes over a new configuration; exchanges under way finish with the old one. Throws ConfigError and keeps the old. */
  reload(loaded: LoadedConfig): void;
  readonly runtime: Runtime;
  readonly pages: PageSource;
  /**
   * Readiness off, no new connections, exchanges finish within `drainMs`, then they end with an in-band error.
   * Answers when nothing is left. A second call ends the drain at once.
   */
  stop(drainMs: number): Promise<void>;
}

/** Puts the parts together. */
export function createGateway(loaded: LoadedConfig, shared: SharedParts): Gateway {
  const { clock, log, metrics } = shared;
  const exchanges = new ExchangeRegistry((delta) => metrics.inFlight(delta));
  const transport = withDemo(createHttpTransport(), createDemoTransport(clock));
  const load = createTargetLoad();
  const pickers = createPickers({ inFlight: load.inFlight, random: shared.random });
  const startedAt = clock.now();
  let isStarted = false;
  let drain: { cutShort: () => void; done: Promise<void> } | undefined;

  const compile = (next: LoadedConfig): Runtime =>
    compileRuntime(next, {
      ...shared,
      transport,
      load,
      pickers,
      settle(entry) {
        metrics.observe(entry);
        logExchange(log, entry);
      },
    });
  let runtime = compile(loaded);
  shared.health.retain(targetHealthIds(runtime));

  const pages: PageSource = {
    version: shared.version,
    uptimeSeconds: () => (clock.now() - startedAt) / 1_000,
    wallNow: clock.wallNow,
    isStarted: () => isStarted,
    isReady: () => isStarted && !drain && runtime.hasUsableTarget(),
    models: () => modelStatuses(runtime, shared.health),
    targets: () => targetStatuses(runtime, shared.health),
    queue: () => shared.slots.counts(runtime.admission.id),
    metrics: async () => {
      metrics.setQueueDepth(shared.slots.counts(runtime.admission.id).queued);
      return { text: await shared.metricsText(), contentType: metrics.contentType };
    },
    publicMetrics: () => runtime.config.server.publicMetrics,
  };

  const server = createHttpServer({
    clock,
    runtime: () => runtime,
    requestIds: createRequestIds(randomBytes),
    pages,
    exchanges,
    onArrival: verbose(loaded) ? (exchange) => logArrival(log, exchange) : undefined,
    isDraining: () => drain !== undefined,
    maxConnections: loaded.config.server.maxConnections,
    reportInternal: (error) => log.error('server', 'Internal error', { error: describe(error) }),
  });

  return {
    get runtime() {
      return runtime;
    },
    pages,
    listen: () =>
      new Promise((resolve, reject) => {
        const { host, port } = runtime.config.server;
        server.once('error', reject);
        server.listen({ host, port }, () => {
          server.off('error', reject);
          isStarted = true;
          resolve(server.address() as AddressInfo);
        });
      }),
    reload(next) {
      const compiled = compile(next);
      runtime = compiled;
      shared.health.retain(targetHealthIds(runtime));
    },
    stop(drainMs) {
      if (drain) {
        drain.cutShort();
        return drain.done;
      }
      const cutShort = (): void => exchanges.cancelAll('shutting_down');
      const cancelTimer = clock.schedule(cutShort, drainMs);
      const done = new Promise<void>((resolve) => {
        server.close(() => {
          cancelTimer();
          void transport.close().then(resolve);
        });
      });
      drain = { cutShort, done };
      server.closeIdleConnections();
      return done;
    },
  };
}

function verbose({ config }: LoadedConfig): boolean {
  const { level } = config.telemetry.logging;
  return level === 'debug' || level === 'trace';
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

function targetHealthIds(runtime: Runtime): Set<string> {
  return new Set([...runtime.catalog.targets.values()].map((target) => target.healthId));
}

function modelStatuses(runtime: Runtime, health: HealthRegistry): ModelStatus[] {
  const { catalog } = runtime;
  const isAvailable = (targetId: string): boolean => {
    const target = catalog.targets.get(targetId);
    return target !== undefined && target.enabled && target.unusable === undefined && health.isUsable(target.healthId);
  };
  return catalog.models().map(({ id, providers }) => ({
    id,
    providers: providers.map(({ name, targetId }) => ({ name, available: isAvailable(targetId) })),
  }));
}

function targetStatuses(runtime: Runtime, health: HealthRegistry): TargetStatus[] {
  return [...runtime.catalog.targets.values()].map((target) => {
    const base = { id: target.id, provider: target.provider };
    if (!target.enabled) return { ...base, status: 'disabled', usable: false };
    if (target.unusable !== undefined) return { ...base, status: 'unusable', usable: false };
    const usable = health.isUsable(target.healthId);
    return { ...base, status: health.recordOf(target.healthId)?.state ?? 'unknown', usable };
  });
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

