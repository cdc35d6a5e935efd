import { test } from 'vitest';
import type { ManualClock } from '../manual-clock.fixture.ts';
import { createMemoryLimitStore } from '../memory/limit-store.ts';
import { expectSlotModel } from '../memory/slot-model.fixture.ts';
import { createMemorySlotStore } from '../memory/slot-store.ts';
import { createClusterBus } from './bus.ts';
import { createChannelPair, settle } from './channel-pair.fixture.ts';
import { createClusterHub } from './hub.ts';
import { createClusterSlotStore } from './slot-store.ts';
import { createClusterStoreHost } from './store-host.ts';

/** Counts are told at once here; gathering them has a test of its own. */
const eager = (clock: ManualClock): ManualClock => ({
  ...clock,
  schedule(callback) {
    callback();
    return () => undefined;
  },
});

function createWorkers(clock: ManualClock) {
  const hub = createClusterHub({ clock });
  const slots = createMemorySlotStore({ clock });
  createClusterStoreHost({ hub, limits: createMemoryLimitStore({ clock }), slots, clock: eager(clock) });
  const stores = [0, 1, 2].map(() => {
    const pair = createChannelPair();
    hub.attach(pair.far);
    return createClusterSlotStore({
      bus: createClusterBus({ channel: pair.near, clock }),
      clock,
      fallback: createMemorySlotStore({ clock }),
      onNotice: () => undefined,
    });
  });
  return (index: number) => ({ store: stores[index % stores.length]!, settle });
}

test('several workers do together what a list of those who asked would do', async () => {
  await expectSlotModel({ create: createWorkers, numRuns: 40 });
});
