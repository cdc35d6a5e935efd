import type { ResponseStore, StoredResponse } from '../response-store.ts';
import type { ClusterHub } from './hub.ts';
import { type ItemsQuestion, type ResponseQuestion, storeTopics } from './store-messages.ts';

/** Serves the responses that the primary process keeps to its workers. */
export function createClusterResponseHost(hub: ClusterHub, store: ResponseStore): void {
  hub.on(storeTopics.putResponse, (response) => store.put(response as StoredResponse));
  hub.answer(storeTopics.getResponse, (question) => {
    const { owner, id } = question as ResponseQuestion;
    return store.get(owner, id);
  });
  hub.answer(storeTopics.deleteResponse, (question) => {
    const { owner, id } = question as ResponseQuestion;
    return store.delete(owner, id);
  });
  hub.answer(storeTopics.items, (question) => {
    const { owner, ids } = question as ItemsQuestion;
    return store.items(owner, ids);
  });
}
