import type { Collection, StoredItem } from '../stores/collection.ts';
import { listAll } from './list-all.ts';

/** Things that are read before they are asked for. */
const MOST_AHEAD = 10_000;

/** Finds things of a collection by a few calls in place of one for each. One that is not among them is asked for: there may be more. */
export async function readAhead<Item extends StoredItem>(
  store: Pick<Collection<Item>, 'get' | 'list'>,
): Promise<Pick<Collection<Item>, 'get'>> {
  const known = new Map((await listAll(store, MOST_AHEAD)).map((item) => [item.id, item]));
  return { get: async (id) => known.get(id) ?? (await store.get(id)) };
}
