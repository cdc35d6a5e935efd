import { KeyOwnerLookup } from './key-owners.ts';
import { type KnownTenant, knownTenantOf } from './known-key.ts';
import { listAll } from './list-all.ts';
import { readAhead } from './read-ahead.ts';
import type { RecordStores } from './record-stores.ts';

/** Tenants of the record as keys of the configuration need them. */
export interface KnownTenants {
  readonly known: readonly (readonly [id: string, tenant: KnownTenant])[];
  /** Whether the record has no others. */
  readonly isWhole: boolean;
}

/** Tenants that are read. */
const MOST_TENANTS = 10_000;

/** Reads them anew, and nothing of them from memory. Rejects where the record does not answer. */
export async function readKnownTenants({ tenants }: Pick<RecordStores, 'tenants'>): Promise<KnownTenants> {
  const all = await listAll(tenants.tenants, MOST_TENANTS);
  const byId = new Map(all.map((tenant) => [tenant.id, tenant]));
  const owners = new KeyOwnerLookup({
    ...tenants,
    organisations: await readAhead(tenants.organisations),
    tenants: { get: async (id) => byId.get(id) },
  });
  const known: (readonly [string, KnownTenant])[] = [];
  for (const { id } of all) known.push([id, knownTenantOf(await owners.of({ teamId: null, tenantId: id }))]);
  return { known, isWhole: all.length < MOST_TENANTS };
}
