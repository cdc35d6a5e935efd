import type { Clock } from '../../canonical/clock.ts';
import type { LimitClaim, LimitStore, LimitVerdict } from '../limit-store.ts';
import type { ClusterBus } from './bus.ts';
import { type HostNotice, HostWatch } from './host-watch.ts';
import { storeTopics } from './store-messages.ts';

export interface ClusterLimitStoreInput {
  readonly bus: Pick<ClusterBus, 'ask'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Counts while the host does not answer: limits are never silently off, nor closed because a process froze. */
  readonly fallback: LimitStore;
  readonly onNotice: (notice: HostNotice) => void;
  /** Milliseconds the host may take; left out: 1000. */
  readonly timeoutMs?: number;
}

/** Counts limits in the primary process, for all workers together. */
export function createClusterLimitStore(input: ClusterLimitStoreInput): LimitStore {
  const { bus, fallback, timeoutMs = 1000 } = input;
  const watch = new HostWatch({ store: 'limits', clock: input.clock, onNotice: input.onNotice });

  async function askHost(claims: readonly LimitClaim[]): Promise<LimitVerdict> {
    try {
      const verdict = (await bus.ask(storeTopics.take, claims, timeoutMs)) as LimitVerdict;
      watch.answered();
      return verdict;
    } catch (error) {
      watch.failed(error);
      return fallback.take(claims);
    }
  }

  return {
    take: (claims) => (claims.length > 0 && watch.shouldAsk() ? askHost(claims) : fallback.take(claims)),
  };
}
