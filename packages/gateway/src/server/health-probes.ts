import type { Clock } from '../canonical/clock.ts';
import type { HealthRegistry, HealthRegistryInput, HealthTransition } from '../resilience/health.ts';
import type { HealthState } from '../resilience/health-state.ts';
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

/** Milliseconds; shorter than upstreams keep theirs. A probe is not sent again when it meets a closed end. */
const KEEP_ALIVE_MS = 4_000;

/** Probes over connections of their own, so that they wait behind no request. */
export function createHealthProbes({ registry, clock, random }: HealthProbesInput): Prober<Target> {
  const transport = createHttpTransport({ clock, keepAliveMs: KEEP_ALIVE_MS });
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

export interface HealthReporterInput {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly targets: () => Iterable<Target>;
  readonly registry: () => HealthRegistry;
}

/** What changes of health do: a log line, and a gauge for each target that they concern. */
export function createHealthReporter(
  input: HealthReporterInput,
): Pick<HealthRegistryInput, 'onChange' | 'onModelChange'> {
  return {
    onChange: (change) => reportTarget(input, change),
    onModelChange: (change) => reportModel(input, change),
  };
}

/** What an operator who is woken by it may do. */
const outBecause: Readonly<Partial<Record<HealthState, string>>> = {
  unhealthy: 'it does not answer as it should',
  quota: 'its account is used up; see to its plan or its billing',
  misconfigured: 'it refuses the credential; check api_key',
};

function reportTarget(input: HealthReporterInput, { id, from, to, reason, failure }: HealthTransition): void {
  const { log } = input;
  const ids = targetIds(input, id);
  const because = outBecause[to];
  const fields = { targets: ids, from, to, reason, failure };
  if (because !== undefined) log.warn('health', `Out of service: ${ids.join(', ')} (${to}): ${because}`, fields);
  else if (from !== 'unknown') log.info('health', `Back in service: ${ids.join(', ')}`, fields);
  setGauges(input, id, ids);
}

/** The others of its models are still asked for. The name of the model may be a caller's: it is no label of a metric. */
function reportModel(input: HealthReporterInput, { id, model, to, reason, failure }: HealthTransition): void {
  const { log } = input;
  const ids = targetIds(input, id);
  const fields = { targets: ids, model, reason, failure };
  if (to === 'unhealthy') log.warn('health', `Out of service for one model: ${ids.join(', ')}`, fields);
  else log.info('health', `Back in service for one model: ${ids.join(', ')}`, fields);
  setGauges(input, id, ids);
}

function targetIds({ targets }: HealthReporterInput, healthId: string): string[] {
  return [...targets()].filter((target) => target.healthId === healthId).map(({ id }) => id);
}

/** Sets the gauges of all targets anew: that a cool-down is over and a trial may begin, no change tells. */
export function refreshGauges(input: Omit<HealthReporterInput, 'log'>): void {
  for (const { healthId, id } of input.targets()) setGauges(input, healthId, [id]);
}

type Gauges = Pick<HealthReporterInput, 'metrics' | 'registry'>;

/** A target counts as open while any of its models does, and as half-open once all that is left are trials. */
function setGauges({ metrics, registry }: Gauges, healthId: string, ids: readonly string[]): void {
  const health = registry();
  const record = health.recordOf(healthId);
  const open = record?.models.filter(({ isOpen }) => isOpen).map(({ model }) => model) ?? [];
  const isOut = record !== undefined && record.state !== 'healthy' && record.state !== 'unknown';
  const states = [...(isOut ? [undefined] : []), ...open].map((model) => health.breakerState(healthId, model));
  const state = states.length === 0 ? 0 : states.every((each) => each === 'half_open') ? 2 : 1;
  for (const id of ids) metrics.setTargetState(id, state);
}
