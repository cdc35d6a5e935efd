import type { ClusterBus } from '../stores/cluster/bus.ts';
import type { ClusterHub } from '../stores/cluster/hub.ts';
import type { HealthEvent, HealthRecord, HealthRegistry } from './health.ts';

const topics = { event: 'health.event', record: 'health.record', snapshot: 'health.snapshot' } as const;
const snapshotTimeoutMs = 5000;

/** Makes this registry, in the primary process, the one that decides for all workers. */
export function shareHealth(registry: HealthRegistry, hub: Pick<ClusterHub, 'answer' | 'on' | 'broadcast'>): void {
  hub.answer(topics.snapshot, () => registry.snapshot());
  hub.on(topics.event, (event) => registry.receive(event as HealthEvent));
  registry.listen({ record: (record) => hub.broadcast(topics.record, record) });
}

/**
 * Makes this registry, in a worker, a replica of the primary's. Resolves once it knows what the primary knows; when the
 * primary does not answer in time, it starts from nothing and learns as it goes, and the promise resolves all the same.
 */
export async function followHealth(
  registry: HealthRegistry,
  bus: Pick<ClusterBus, 'ask' | 'on' | 'post'>,
): Promise<void> {
  bus.on(topics.record, (record) => registry.apply([record as HealthRecord]));
  registry.listen({ event: (event) => bus.post(topics.event, event) });
  try {
    registry.apply((await bus.ask(topics.snapshot, undefined, snapshotTimeoutMs)) as readonly HealthRecord[]);
  } catch {
    // Unknown targets are usable, which is what a first start begins with too.
  }
}
