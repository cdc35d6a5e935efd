import type { Collection, StoredItem } from '../stores/collection.ts';
import type { ApiKey } from '../stores/key-store.ts';
import type { TenantStore } from '../stores/tenant-store.ts';
import type { KeyOwners } from './known-key.ts';

/** Owners that are remembered at most, of each kind. */
const MOST_OWNERS = 10_000;

/** Where owners are found by their ids. */
export type OwnerStore = { readonly [Kind in keyof TenantStore]: Pick<TenantStore[Kind], 'get'> };

/** Finds whom keys belong to, and remembers it until it is told to forget. */
export class KeyOwnerLookup {
  readonly #organisations: Remembered<KeyOwners['organisations'][number]>;
  readonly #teams: Remembered<NonNullable<KeyOwners['team']>>;
  readonly #tenants: Remembered<NonNullable<KeyOwners['tenant']>>;

  constructor(store: OwnerStore) {
    this.#organisations = new Remembered(store.organisations);
    this.#teams = new Remembered(store.teams);
    this.#tenants = new Remembered(store.tenants);
  }

  /** Rejects where the record does not answer. */
  async of({ teamId, tenantId }: Pick<ApiKey, 'teamId' | 'tenantId'>): Promise<KeyOwners> {
    if (teamId === null && tenantId === null) return nobody;
    const [tenant, team] = await Promise.all([this.#tenants.get(tenantId), this.#teams.get(teamId)]);
    const ids = new Set([team?.organisationId ?? null, tenant?.organisationId ?? null]);
    const organisations = await Promise.all([...ids].map((id) => this.#organisations.get(id)));
    return { tenant, team, organisations: organisations.filter((organisation) => organisation !== undefined) };
  }

  forget(): void {
    for (const owners of [this.#organisations, this.#teams, this.#tenants]) owners.forget();
  }
}

const nobody: KeyOwners = { tenant: undefined, team: undefined, organisations: [] };

/** One kind of owner. What was asked before `forget` and is answered after it is not remembered. */
class Remembered<Item extends StoredItem> {
  readonly #store: Pick<Collection<Item>, 'get'>;
  #items = new Map<string, Promise<Item | undefined>>();

  constructor(store: Pick<Collection<Item>, 'get'>) {
    this.#store = store;
  }

  get(id: string | null): Promise<Item | undefined> {
    if (id === null) return Promise.resolve(undefined);
    const items = this.#items;
    const known = items.get(id);
    if (known !== undefined) return known;
    if (items.size >= MOST_OWNERS) items.clear();
    const asked = this.#store.get(id);
    items.set(id, asked);
    asked.catch(() => items.delete(id));
    return asked;
  }

  forget(): void {
    this.#items = new Map();
  }
}
