import type { Clock } from '../canonical/clock.ts';

/** Returns when some work is done, or takes longer; it goes on then. The work never rejects. */
export function waitAtMost(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(resolve, limitMs);
    void work.then(() => {
      cancel();
      resolve();
    });
  });
}
