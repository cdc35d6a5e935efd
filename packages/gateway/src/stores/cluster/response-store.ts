import type { Clock } from '../../canonical/clock.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { KeptItem } from '../../protocols/answer-keeping.ts';
import { MAX_RESPONSE_BYTES, type ResponseStore, type StoredResponse, sizeOf } from '../response-store.ts';
import type { ClusterBus } from './bus.ts';
import { type ItemsQuestion, type ResponseQuestion, storeTopics } from './store-messages.ts';

export interface ClusterResponseStoreInput {
  readonly bus: Pick<ClusterBus, 'ask' | 'post'>;
  readonly clock: Pick<Clock, 'schedule'>;
  /** Milliseconds the host may take; left out: 2000. */
  readonly timeoutMs?: number;
}

/** Milliseconds that a response may take from the worker that keeps it to the host. */
const ON_THE_WAY_MS = 50;

/**
 * Keeps responses in the primary process, for all workers together. While it does not answer nothing is found, and that
 * is said: "not found" would make callers give up conversations that are still there.
 */
export function createClusterResponseStore({ bus, clock, timeoutMs = 2000 }: ClusterResponseStoreInput): ResponseStore {
  async function ask(topic: string, question: ResponseQuestion | ItemsQuestion): Promise<unknown> {
    try {
      return await bus.ask(topic, question, timeoutMs);
    } catch (cause) {
      const message = 'Stored responses cannot be reached; send the request again.';
      throw new GatewayError('store_unavailable', message, { cause, retryAfterMs: 1_000 });
    }
  }

  async function get(owner: string, id: string): Promise<StoredResponse | undefined> {
    const found = (await ask(storeTopics.getResponse, { owner, id })) as StoredResponse | undefined | null;
    return found ?? undefined;
  }

  return {
    put(response) {
      if (sizeOf(response) <= MAX_RESPONSE_BYTES) bus.post(storeTopics.putResponse, response);
    },
    async get(owner, id) {
      const found = await get(owner, id);
      if (found !== undefined) return found;
      // A caller may come back with an id faster than another worker's message has arrived.
      await new Promise<void>((resolve) => void clock.schedule(resolve, ON_THE_WAY_MS));
      return get(owner, id);
    },
    delete: async (owner, id) => (await ask(storeTopics.deleteResponse, { owner, id })) === true,
    items: async (owner, ids) => (await ask(storeTopics.items, { owner, ids })) as readonly KeptItem[],
  };
}
