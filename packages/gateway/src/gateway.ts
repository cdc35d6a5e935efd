import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Clock } from './canonical/clock.ts';
import { ConfigError, type LoadedConfig } from './config/gateway-config.ts';
import type { Exchange } from './exchange.ts';
import { ExchangeRegistry } from './exchange-registry.ts';
import { createRequestIds } from './policies/request-id.ts';
import { createPriceLibrary } from './pricing/price-library.ts';
import type { HealthRegistry } from './resilience/health.ts';
import { createPickers } from './routing/pickers.ts';
import { createTargetLoad } from './routing/target-load.ts';
import { compileRuntime, type Runtime } from './runtime.ts';
import { createHttpServer } from './server/http-server.ts';
import { OpenConnections } from './server/open-connections.ts';
import { createPageSource } from './server/page-source.ts';
import type { PageSource } from './server/pages.ts';
import type { LimitStore } from './stores/limit-store.ts';
import type { ResponseStore } from './stores/response-store.ts';
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
  readonly responses: ResponseStore;
  readonly health: HealthRegistry;
  /** Text of /metrics over all processes. */
  readonly metricsText: () => Promise<string>;
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
  /**
   * Readiness off, no new connections, exchanges finish within `drainMs`, then they end with an in-band error.
   * Answers when nothing is left. A second call ends the drain at once.
   */
  stop(drainMs: number): Promise<void>;
}

/** Milliseconds that callers have to read the end of an answer that was cut short. */
const LAST_WORDS_MS = 500;

/** Puts the parts together. */
export function createGateway(loaded: LoadedConfig, shared: SharedParts): Gateway {
  const { clock, log, metrics } = shared;
  const exchanges = new ExchangeRegistry((delta) => metrics.inFlight(delta));
  const transport = withDemo(createHttpTransport(), createDemoTransport(clock));
  const load = createTargetLoad();
  const pickers = createPickers({ inFlight: load.inFlight, random: shared.random });
  const priceLibrary = createPriceLibrary();
  let isStarted = false;
  let drain: { cutShort: () => void; done: Promise<void> } | undefined;

  const compile = (next: LoadedConfig): Runtime =>
    compileRuntime(next, {
      ...shared,
      transport,
      load,
      pickers,
      priceLibrary,
      settle(entry) {
        metrics.observe(entry);
        logExchange(log, entry);
      },
    });
  let runtime = compile(loaded);
  shared.health.retain(targetHealthIds(runtime));

  const pages = createPageSource({
    ...shared,
    catalog: () => runtime.catalog,
    modelCatalogue: () => runtime.models,
    publicMetrics: () => runtime.config.server.publicMetrics,
    queue: () => shared.slots.counts(runtime.admission.id),
    isStarted: () => isStarted,
    isDraining: () => drain !== undefined,
  });

  const server = createHttpServer({
    clock,
    runtime: () => runtime,
    requestIds: createRequestIds(randomBytes),
    pages,
    responses: shared.responses,
    exchanges,
    onArrival: verbose(loaded) ? (exchange) => logArrival(log, exchange) : undefined,
    isDraining: () => drain !== undefined,
    maxConnections: loaded.config.server.maxConnections,
    reportInternal: (error) => log.error('server', 'Internal error', { error: describe(error) }),
  });

  const connections = new OpenConnections(server);

  return {
    get runtime() {
      return runtime;
    },
    pages,
    listen: () =>
      new Promise((resolve, reject) => {
        const { host, port } = runtime.config.server;
        const refuse = (cause: NodeJS.ErrnoException): void => reject(describeBusy(cause, host, port));
        server.once('error', refuse);
        server.listen({ host, port }, () => {
          server.off('error', refuse);
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
      let cancelLast = (): void => {};
      const cutShort = (): void => {
        exchanges.cancelAll('shutting_down');
        cancelLast();
        // Who does not read even the error that its answer ends with is not waited for.
        cancelLast = clock.schedule(() => server.closeAllConnections(), LAST_WORDS_MS);
      };
      const cancelTimer = clock.schedule(cutShort, drainMs);
      const done = new Promise<void>((resolve) => {
        server.close(() => {
          cancelTimer();
          cancelLast();
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
  return new ConfigError([{ message, file: undefined, line: undefined, column: undefined }]);
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

function targetHealthIds(runtime: Runtime): Set<string> {
  return new Set([...runtime.catalog.targets.values()].map((target) => target.healthId));
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
