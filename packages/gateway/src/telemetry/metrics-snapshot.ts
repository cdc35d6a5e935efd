import { AggregatorRegistry, type Registry } from 'prom-client';
import type { MetricSample } from './metric-family.ts';

/** All metrics of one process as plain values that survive JSON, for `mergeMetrics` in another process. */
export type MetricsSnapshot = readonly {
  readonly name: string;
  readonly help: string;
  readonly type: unknown;
  readonly aggregator: string;
  readonly values: readonly MetricSample[];
}[];

/** Prometheus text of several processes: counters, histograms and most gauges are added up, states take the highest. */
export async function mergeMetrics(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  // The declared type is that of a single value where an array per process is meant.
  const merged = AggregatorRegistry.aggregate(snapshots as unknown as object[]);
  return merged.metrics();
}

/** Values without a number, such as an event loop delay that was never sampled, have no form in JSON and are left out. */
export async function snapshotOf(registry: Registry): Promise<MetricsSnapshot> {
  const metrics = (await registry.getMetricsAsJSON()) as unknown as MetricsSnapshot;
  return metrics.map((metric) => ({
    ...metric,
    values: metric.values.filter((sample) => Number.isFinite(sample.value)),
  }));
}
