import type { FoundKey, KeyStore } from '../stores/key-store.ts';

/** Keys that are remembered. */
export const MOST_KEYS = 10_000;
/** Keys that are read in one go. */
const PAGE = 1_000;

/** Every key that is valid now, as many as are remembered; each page is read when it is asked for. Rejects as the store does. */
export async function* validKeyPages(keys: Pick<KeyStore, 'validHashes'>): AsyncGenerator<readonly FoundKey[]> {
  let after = '';
  for (let count = 0; count < MOST_KEYS; count += PAGE) {
    const page = await keys.validHashes(after, PAGE);
    yield page;
    if (page.length < PAGE) return;
    after = page.at(-1)!.hash;
  }
}
