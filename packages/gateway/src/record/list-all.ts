import type { Collection, StoredItem } from '../stores/collection.ts';

/** Things read in one go. */
const PAGE = 1_000;

/** All things of a collection, the newest first; no page is begun after `most`. */
export async function listAll<Item extends StoredItem>(
  store: Pick<Collection<Item>, 'list'>,
  most = Number.POSITIVE_INFINITY,
): Promise<readonly Item[]> {
  const all: Item[] = [];
  for (;;) {
    const last = all.at(-1);
    const page = await store.list({ limit: PAGE, ...(last !== undefined && { behind: last }) });
    all.push(...page);
    if (page.length < PAGE || all.length >= most) return all;
  }
}
