import type { Collection, StoredItem } from '../stores/collection.ts';
import type { KeyHash } from '../stores/key-store.ts';
import { KEY_PAGE, MOST_KEYS } from './key-directory.ts';
import { KeyOwnerLookup } from './key-owners.ts';
import { type KnownKey, knownKeyOf } from './known-key.ts';
import { listAll } from './list-all.ts';
import type { RecordStores } from './record-stores.ts';

/** Owners of each kind that are read before they are asked for. */
const MOST_OWNERS = 10_000;

/**
 * Every key that is valid now, as many as a process remembers, in pages: read anew, and nothing of it from memory.
 * `now`: milliseconds since 1970. Rejects where the record does not answer.
 */
export async function* readKnownKeys(
  { keys, tenants }: Pick<RecordStores, 'keys' | 'tenants'>,
  now: number,
): AsyncGenerator<readonly (readonly [KeyHash, KnownKey])[]> {
  const owners = new KeyOwnerLookup({
    organisations: await readAhead(tenants.organisations),
    teams: await readAhead(tenants.teams),
    tenants: await readAhead(tenants.tenants),
  });
  let after = '';
  for (let count = 0; count < MOST_KEYS; count += KEY_PAGE) {
    const page = await keys.validHashes(after, KEY_PAGE);
    const known: (readonly [KeyHash, KnownKey])[] = [];
    for (const found of page) known.push([found.hash, knownKeyOf(found, await owners.of(found.key), now)]);
    yield known;
    if (page.length < KEY_PAGE) return;
    after = page.at(-1)!.hash;
  }
}

/** Owners by a few calls in place of one for each. One that is not among them is asked for: there may be more. */
async function readAhead<Item extends StoredItem>(
  store: Pick<Collection<Item>, 'get' | 'list'>,
): Promise<Pick<Collection<Item>, 'get'>> {
  const known = new Map((await listAll(store, MOST_OWNERS)).map((item) => [item.id, item]));
  return { get: async (id) => known.get(id) ?? (await store.get(id)) };
}
