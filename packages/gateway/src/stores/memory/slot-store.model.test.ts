import { test } from 'vitest';
import { expectSlotModel } from './slot-model.fixture.ts';
import { createMemorySlotStore } from './slot-store.ts';

test('does what a list of those who asked would do, whatever the sizes of the pools become', async () => {
  await expectSlotModel({
    create: (clock) => {
      const store = createMemorySlotStore({ clock });
      return () => ({ store, settle: async () => undefined });
    },
    numRuns: 300,
  });
});
