import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startError } from '../canonical/config-error.ts';
import type { GatewayConfig } from '../config/gateway-config.ts';
import type { Log } from '../telemetry/telemetry.ts';
import type { PageSource } from './pages.ts';
import { servePage } from './pages.ts';
import { matchRoute } from './routes.ts';

/** A second listener for /metrics and the health pages, for networks that callers do not reach. */
export function createMetricsServer(pages: PageSource): Server {
  const source: PageSource = { ...pages, publicMetrics: () => true };
  return createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    const match = matchRoute(request.method ?? 'GET', request.url ?? '/');
    const isServed = match.kind === 'page' && match.page !== 'models' && match.page !== 'model';
    if (!isServed) {
      response
        .writeHead(404, { 'content-type': 'text/plain' })
        .end('Only /metrics and the health pages are served here.\n');
      return;
    }
    servePage(source, { ...match, headers: [] }, response).catch(() => response.destroy());
  });
}

/** Binds it; rejects when the port is taken. */
export function listenForMetrics(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

export interface MetricsPortInput {
  readonly config: GatewayConfig;
  /** Port that was really bound for callers; the same port needs no second listener. */
  readonly mainPort: number;
  readonly pages: PageSource;
  readonly log: Log;
}

/** Opens the metrics port. A busy default port is a warning, a busy port that somebody asked for an error. */
export async function openMetricsPort({ config, mainPort, pages, log }: MetricsPortInput): Promise<Server | undefined> {
  const { host, metricsPort, metricsPortGiven } = config.server;
  if (metricsPort === 0 || metricsPort === mainPort || !config.telemetry.metrics.enabled) return undefined;
  const server = createMetricsServer(pages);
  try {
    await listenForMetrics(server, host, metricsPort);
    return server;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (metricsPortGiven) {
      throw startError(
        `The metrics port ${metricsPort} cannot be used (${code}); set another, or 0 for none (\`--metrics-port\`, \`server.metrics_port\` or METRICS_PORT).`,
      );
    }
    log.warn('server', `The metrics port ${metricsPort} cannot be used (${code}); metrics are on the main port only.`);
    return undefined;
  }
}
