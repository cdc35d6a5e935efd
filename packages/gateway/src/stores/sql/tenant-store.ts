import type { Collection, ItemChanges, StoredItem } from '../collection.ts';
import type { NamespaceSettings, Organisation, Team, Tenant, TenantStore } from '../tenant-store.ts';
import { checkNoBudgets } from './budget-owners.ts';
import { type CollectionTable, SqlCollection, type StoreContext } from './collection.ts';
import { flagColumn, jsonColumn, nullable, numberColumn, textColumn } from './columns.ts';
import type { SqlRunner } from './database.ts';
import { checkTenantMove } from './key-organisation.ts';

const columns = {
  id: textColumn('id'),
  name: textColumn('name'),
  settings: jsonColumn<NamespaceSettings>('settings'),
  isActive: flagColumn('is_active'),
  createdAt: numberColumn('created_at'),
  updatedAt: numberColumn('updated_at'),
};
const missing = 'There is no organisation with this id.';

/** Organisations, teams and tenants in a database. */
export function createSqlTenantStore(context: StoreContext): TenantStore {
  return {
    organisations: owners<Organisation>(context, 'organisation', {
      table: 'organisations',
      columns,
      topic: 'tenants',
      unique: 'An organisation with this name exists already. Choose another name.',
      missing,
      inUse: 'The organisation has teams or tenants. Delete them first, or make it inactive.',
    }),
    teams: owners<Team>(context, 'team', {
      table: 'teams',
      columns: { ...columns, organisationId: textColumn('organisation_id') },
      topic: 'tenants',
      unique: 'The organisation has a team with this name already. Choose another name.',
      missing,
      inUse: 'The team has keys. They stay on record when they are revoked, so it can only be made inactive.',
    }),
    tenants: owners<Tenant>(
      context,
      'tenant',
      {
        table: 'tenants',
        columns: { ...columns, organisationId: nullable(textColumn('organisation_id')) },
        topic: 'tenants',
        unique: 'A tenant with this id or name exists already. Choose another.',
        missing,
        inUse: 'The tenant has keys. They stay on record when they are revoked, so it can only be made inactive.',
      },
      (transaction, id, { organisationId }) => checkTenantMove(transaction, id, organisationId),
    ),
  };
}

/** A collection of what budgets may be of. */
function owners<Item extends StoredItem>(
  context: StoreContext,
  scope: 'organisation' | 'team' | 'tenant',
  table: CollectionTable<Item>,
  checkMove: (transaction: SqlRunner, id: string, changes: ItemChanges<Item>) => Promise<void> = async () => undefined,
): Collection<Item> {
  const items = new SqlCollection<Item>(context, table);
  return {
    create: (item) => items.create(item),
    get: (id) => items.get(id),
    list: (query) => items.list(query),
    update: (id, changes) => items.update(id, changes, (transaction) => checkMove(transaction, id, changes)),
    delete: (id) => items.delete(id, (transaction) => checkNoBudgets(transaction, scope, id)),
  };
}
