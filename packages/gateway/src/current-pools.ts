import type { Runtime } from './runtime.ts';
import type { SlotPool, SlotStore } from './stores/slot-store.ts';

type Pools = Pick<Runtime, 'admission' | 'catalog'>;

/** Slots of pools that are as the newest configuration has them, whichever the one is that an exchange began with. */
export interface CurrentPools {
  readonly slots: SlotStore;
  /** Another configuration is in force. Who waits in a pool that has another size now is told. */
  adopt(before: Pools, next: Pools): void;
}

export function createCurrentPools(slots: SlotStore): CurrentPools {
  /** Undefined before the first reload: all ask for the same. */
  let current: ReadonlyMap<string, SlotPool> | undefined;
  return {
    slots: {
      acquire: (pool, signal) => slots.acquire(current?.get(pool.id) ?? pool, signal),
      resize: (pool) => slots.resize(pool),
      counts: (poolId) => slots.counts(poolId),
    },
    adopt(before, next) {
      current = poolsOf(next);
      const former = poolsOf(before);
      for (const pool of current.values()) {
        if ((former.get(pool.id) ?? pool).maxConcurrent !== pool.maxConcurrent) slots.resize(pool);
      }
    },
  };
}

function poolsOf({ admission, catalog }: Pools): Map<string, SlotPool> {
  const pools = new Map([[admission.id, admission]]);
  for (const { bulkhead } of catalog.targets.values()) if (bulkhead) pools.set(bulkhead.id, bulkhead);
  return pools;
}
