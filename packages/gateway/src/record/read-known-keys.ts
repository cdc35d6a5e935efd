import type { KeyHash } from '../stores/key-store.ts';
import { KeyOwnerLookup } from './key-owners.ts';
import { type KnownKey, knownKeyOf } from './known-key.ts';
import { readAhead } from './read-ahead.ts';
import type { RecordStores } from './record-stores.ts';
import { validKeyPages } from './valid-key-pages.ts';

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
  for await (const page of validKeyPages(keys)) {
    const known: (readonly [KeyHash, KnownKey])[] = [];
    for (const found of page) known.push([found.hash, knownKeyOf(found, await owners.of(found.key), now)]);
    yield known;
  }
}
