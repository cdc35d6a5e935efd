import type { Runtime } from './runtime.ts';
import type { SlotPool } from './stores/slot-store.ts';

type Pools = Pick<Runtime, 'admission' | 'catalog'>;

/** The pools that have another size in a configuration than in the one before it: who waits there is to be told. */
export function resizedPools(before: Pools, next: Pools): readonly SlotPool[] {
  const sizes = new Map(poolsOf(before).map(({ id, maxConcurrent }) => [id, maxConcurrent]));
  return poolsOf(next).filter(({ id, maxConcurrent }) => (sizes.get(id) ?? maxConcurrent) !== maxConcurrent);
}

function poolsOf({ admission, catalog }: Pools): readonly SlotPool[] {
  const bulkheads = [...catalog.targets.values()].map(({ bulkhead }) => bulkhead);
  return [admission, ...bulkheads.filter((bulkhead) => bulkhead !== undefined)];
}
