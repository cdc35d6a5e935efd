import type { CancelSignal, Slot, SlotPool, SlotRefusal, SlotStore } from '../stores/slot-store.ts';

/** What became of asking for a slot. */
export type SlotOutcome = Slot | SlotRefusal;

/** A slot of each pool, asked for together. Throws where one cannot be asked for; then none is held. */
export function acquireAll(
  slots: SlotStore,
  pools: readonly SlotPool[],
  signal: CancelSignal,
): readonly SlotOutcome[] | Promise<readonly SlotOutcome[]> {
  const outcomes: (SlotOutcome | Promise<SlotOutcome>)[] = [];
  let isWaiting = false;
  try {
    for (const pool of pools) {
      const outcome = slots.acquire(pool, signal);
      isWaiting ||= outcome instanceof Promise;
      outcomes.push(outcome);
    }
  } catch (error) {
    for (const outcome of outcomes) void Promise.resolve(outcome).then(releaseSlot, () => undefined);
    throw error;
  }
  if (!isWaiting) return outcomes as SlotOutcome[];
  return Promise.allSettled(outcomes).then((settled) => {
    const failed = settled.find(({ status }) => status === 'rejected');
    const granted = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    if (failed === undefined) return granted;
    granted.forEach(releaseSlot);
    throw (failed as PromiseRejectedResult).reason;
  });
}

/** Gives back what was granted. */
export function releaseSlot(outcome: SlotOutcome): void {
  if (typeof outcome === 'object') outcome.release();
}
