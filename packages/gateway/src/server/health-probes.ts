import type { Clock } from '../canonical/clock.ts';
import type { HealthRegistry, HealthTransition } from '../resilience/health.ts';
import { createProber, type Prober } from '../resilience/prober.ts';
import type { Target } from '../routing/target.ts';
import type { Log, Metrics } from '../telemetry/telemetry.ts';
import { createHttpTransport } from '../transport/http-transport.ts';
import { probeEndpoint } from '../transport/probe-target.ts';

export interface HealthProbesInput {
  readonly registry: HealthRegistry;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Probes over connections of their own, so that they wait behind no request. */
export function createHealthProbes({ registry, clock, random }: HealthProbesInput): Prober<Target> {
  const transport = createHttpTransport();
  const prober = createProber<Target>({
    registry,
    clock,
    random,
    probe: async ({ target, signal }) => {
      const headers = await probeHeaders(target);
      const endpoint = {
        origin: target.origin,
        path: target.probe.path!,
        headers,
        connectMs: target.timeouts.connectMs,
      };
      return probeEndpoint(transport, endpoint, signal);
    },
  });
  return {
    update: (targets) => prober.update(probeable(targets)),
    stop() {
      prober.stop();
      void transport.close();
    },
  };
}

async function probeHeaders({ credentialHeaders, origin, probe, sign }: Target): Promise<readonly string[]> {
  const headers = probe.headers ?? credentialHeaders;
  if (sign === undefined) return headers;
  return [...headers, ...(await sign({ method: 'GET', url: origin + probe.path!, headers, body: undefined }))];
}

function probeable(targets: Iterable<Target>): Target[] {
  return [...targets].filter(
    (target) => target.enabled && target.unusable === undefined && target.probe.path !== undefined,
  );
}

/** What a change of health does: a log line, and a gauge for each target that it concerns. */
export function healthReporter(
  log: Log,
  metrics: Metrics,
  targets: () => Iterable<Target>,
): (change: HealthTransition) => void {
  return (change) => {
    const isOut = change.to === 'unhealthy' || change.to === 'quota' || change.to === 'misconfigured';
    const ids = [...targets()].filter(({ healthId }) => healthId === change.id).map(({ id }) => id);
    const fields = { targets: ids, from: change.from, to: change.to, reason: change.reason };
    if (isOut) log.warn('health', `Out of service: ${ids.join(', ')} (${change.to})`, fields);
    else if (change.from !== 'unknown') log.info('health', `Back in service: ${ids.join(', ')}`, fields);
    for (const id of ids) metrics.setTargetState(id, isOut ? 1 : 0);
  };
}
