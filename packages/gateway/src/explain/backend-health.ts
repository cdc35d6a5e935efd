import type { HealthRegistry } from '../resilience/health.ts';
import type {
  BreakerState,
  HealthRecord,
  HealthStatus,
  HealthTransition,
  ModelRecord,
} from '../resilience/health-state.ts';
import type { Target } from '../routing/target.ts';
import type { TargetObservation, TargetObservations } from '../routing/target-observations.ts';
import { isoTime } from './health-reasons.ts';

export interface BackendHealthInput {
  readonly targets: readonly Target[];
  readonly registry: HealthRegistry;
  readonly observations: TargetObservations;
  /** Names upstream under which a target is known to be asked. */
  readonly modelsOf: (target: Target) => readonly string[];
  /** Monotonic milliseconds. */
  readonly nowMs: number;
  /** Milliseconds since 1970. */
  readonly wallMs: number;
  /** Transitions of the last so many milliseconds are told; undefined: none. */
  readonly historyMs: number | undefined;
}

/** How a target is, as operators read it: where it is, but neither credentials nor words of providers. */
export interface BackendHealth {
  readonly provider: string;
  readonly target: string;
  /** Scheme, host and port. */
  readonly endpoint: string;
  readonly status: HealthStatus | 'disabled' | 'unusable';
  readonly usable: boolean;
  /** Expected milliseconds to the first token of a stream, of the model that was asked for last. */
  readonly latency_ms: number | null;
  /** Share of the requests of the last half minute that it answered, from 0 to 1. */
  readonly success_rate: number | null;
  readonly circuit_breaker: BreakerState;
  readonly models: readonly ModelHealth[];
  readonly last_check: string | null;
  readonly since: string | null;
  readonly reason: string | null;
  readonly failure: string | null;
  /** Milliseconds until it may be asked or tried again; null where it may be now, or nobody knows. */
  readonly retry_in_ms: number | null;
}

/** How one model does at a target. */
export interface ModelHealth {
  readonly model: string;
  readonly state: BreakerState;
  readonly since: string | null;
  readonly failure: string | null;
  readonly retry_in_ms: number | null;
  readonly latency_ms: number | null;
  /** Attempts that run in the process that answers. */
  readonly in_flight: number;
}

export interface HealthChange {
  readonly target: string;
  readonly model: string | null;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly failure: string | null;
  readonly at: string;
  readonly lasted_ms: number | null;
}

export interface BackendsHealth {
  readonly timestamp: string;
  readonly total_backends: number;
  /** Known to answer. */
  readonly healthy_count: number;
  /** Out: failing, out of quota, with a refused or missing credential. */
  readonly unhealthy_count: number;
  /** In use, though something is wrong. */
  readonly degraded_count: number;
  /** In use, and neither asked nor probed yet. */
  readonly unknown_count: number;
  readonly disabled_count: number;
  /** Those that may get requests now. */
  readonly usable_count: number;
  readonly backends: readonly BackendHealth[];
  readonly health_history?: readonly HealthChange[];
}

export function describeBackends(input: BackendHealthInput): BackendsHealth {
  const { historyMs, registry, targets, wallMs } = input;
  const backends = targets.map((target) => describeBackend(input, target));
  const count = (...states: readonly BackendHealth['status'][]) =>
    backends.filter(({ status }) => states.includes(status)).length;
  return {
    timestamp: isoTime(wallMs),
    total_backends: backends.length,
    healthy_count: count('healthy'),
    unhealthy_count: count('unhealthy', 'quota', 'misconfigured', 'unusable'),
    degraded_count: count('degraded'),
    unknown_count: count('unknown'),
    disabled_count: count('disabled'),
    usable_count: backends.filter(({ usable }) => usable).length,
    backends,
    ...(historyMs !== undefined && { health_history: changesSince(targets, registry, wallMs - historyMs) }),
  };
}

function describeBackend(input: BackendHealthInput, target: Target): BackendHealth {
  const { registry } = input;
  const { enabled, healthId, id, origin, provider, unusable } = target;
  const isOffered = enabled && unusable === undefined;
  const record = registry.recordOf(healthId);
  const models = describeModels(input, target, record);
  return {
    provider,
    target: id,
    endpoint: origin,
    status: isOffered ? registry.statusOf(healthId) : enabled ? 'unusable' : 'disabled',
    usable: isOffered && registry.isUsable(healthId),
    latency_ms: latestLatency(input, target, models),
    success_rate: record === undefined ? null : successRate(record),
    circuit_breaker: registry.breakerState(healthId),
    models,
    last_check: isoOrNull(record?.lastProbeAt),
    since: isoOrNull(record?.since),
    reason: isOffered ? (record?.reason ?? null) : (unusable ?? 'disabled'),
    failure: record?.failure ?? null,
    retry_in_ms: msOrNull(registry.waitMs(healthId)),
  };
}

/** The models that the target is known to be asked for, and those of which its health knows something. */
function describeModels(
  { modelsOf, nowMs, observations, registry }: BackendHealthInput,
  target: Target,
  record: HealthRecord | undefined,
): readonly ModelHealth[] {
  const { healthId } = target;
  const known = new Map<string, ModelRecord>(record?.models.map((one) => [one.model, one]));
  return [...new Set([...modelsOf(target), ...known.keys()])].map((model) => {
    const own = known.get(model);
    const observation = observations.find(target, model);
    return {
      model,
      state: own?.isOpen ? (registry.breakerState(healthId, model) === 'half_open' ? 'half_open' : 'open') : 'closed',
      since: isoOrNull(own?.since),
      failure: own?.failure ?? null,
      retry_in_ms:
        own === undefined ? null : msOrNull(Math.max(own.coolingLeftMs, own.isOpen ? own.coolDownLeftMs : 0)),
      latency_ms: observation === undefined ? null : latencyOf(observation, nowMs),
      in_flight: observation?.inFlight ?? 0,
    };
  });
}

function latestLatency(
  { nowMs, observations }: BackendHealthInput,
  target: Target,
  models: readonly ModelHealth[],
): number | null {
  let latest: TargetObservation | undefined;
  for (const model of [undefined, ...models.map((one) => one.model)]) {
    const observation = observations.find(target, model);
    if (observation !== undefined && observation.usedAt >= (latest?.usedAt ?? 0)) latest = observation;
  }
  return latest === undefined ? null : latencyOf(latest, nowMs);
}

/** To the first token of a stream; of a target that was never asked for one, to the end of another answer. */
function latencyOf(observation: TargetObservation, nowMs: number): number | null {
  return msOrNull(observation.expectedMs(true, nowMs) || observation.expectedMs(false, nowMs));
}

function successRate({ recent: { failures, successes } }: HealthRecord): number | null {
  const requests = failures + successes;
  return requests === 0 ? null : Math.round((successes / requests) * 1_000) / 1_000;
}

function changesSince(targets: readonly Target[], registry: HealthRegistry, since: number): readonly HealthChange[] {
  return targets
    .flatMap(({ healthId, id }) => registry.history(healthId).map((change) => ({ id, change })))
    .filter(({ change }) => change.at >= since)
    .sort((left, right) => left.change.at - right.change.at)
    .map(({ id, change }) => describeChange(id, change));
}

function describeChange(target: string, change: HealthTransition): HealthChange {
  const { at, failure = null, from, lastedMs, model = null, reason, to } = change;
  return { target, model, from, to, reason, failure, at: isoTime(at), lasted_ms: lastedMs ?? null };
}

function isoOrNull(wallMs: number | undefined): string | null {
  return wallMs === undefined ? null : isoTime(wallMs);
}

/** Whole milliseconds; null for none. */
function msOrNull(ms: number): number | null {
  return ms > 0 ? Math.ceil(ms) : null;
}
