import { randomUUID } from 'node:crypto';
import { systemClock } from '../../canonical/clock.ts';
import { createMemorySpendStore } from '../memory/spend-store.ts';
import type { SpendCrossing } from '../spend-store.ts';
import type { RedisConnection } from './redis-connection.ts';
import { createRedisSpendStore, type RedisSpendStore } from './spend-store.ts';

/** A replica's store by the real time. */
export function storeOn(
  connection: Pick<RedisConnection, 'isAnswering' | 'run'>,
  prefix: string,
  crossings?: SpendCrossing[],
): RedisSpendStore {
  const onCrossing = (crossing: SpendCrossing) => void crossings?.push(crossing);
  return createRedisSpendStore({
    connection,
    fallback: createMemorySpendStore({ clock: systemClock, onCrossing }),
    clock: systemClock,
    onCrossing,
    id: randomUUID,
    prefix,
  });
}

/** Tries until there is something. */
export async function until<Found>(attempt: () => Promise<Found | undefined>): Promise<Found> {
  const began = performance.now();
  for (;;) {
    const found = await attempt();
    if (found !== undefined) return found;
    if (performance.now() - began > 15_000) throw new Error('It never comes.');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
