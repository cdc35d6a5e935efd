import type { ItemChanges, ListQuery, NewItem } from '../collection.ts';
import type { ListedModel, ModelStore, ProviderStore, StoredModel, StoredProvider } from '../provider-store.ts';
import { type Row, SqlCollection, type StoreContext } from './collection.ts';
import { flagColumn, jsonColumn, nullable, numberColumn, textColumn } from './columns.ts';
import { asStore } from './store-error.ts';

type Settings = Readonly<Record<string, unknown>>;

const shared = {
  id: textColumn('id'),
  name: textColumn('name'),
  settings: jsonColumn<Settings>('settings'),
  isActive: flagColumn('is_active'),
  createdAt: numberColumn('created_at'),
  updatedAt: numberColumn('updated_at'),
};

/** Providers in a database. */
export function createSqlProviderStore(context: StoreContext): ProviderStore {
  const providers = new SqlCollection<StoredProvider>(context, {
    table: 'providers',
    topic: 'providers',
    unique: 'A provider with this name exists already. Choose another name, or change that one.',
    missing: 'The provider refers to something that does not exist.',
    inUse: 'Models refer to this provider. Delete them first, or make it inactive.',
    columns: {
      ...shared,
      kind: textColumn('kind'),
      baseUrl: nullable(textColumn('base_url')),
      apiKeyEncrypted: nullable(textColumn('api_key_encrypted')),
      keyId: nullable(textColumn('key_id')),
      apiKeyRef: nullable(textColumn('api_key_ref')),
      rotatedAt: nullable(numberColumn('rotated_at')),
    },
  });
  const { database, clock } = context;
  return {
    get: (id) => providers.get(id),
    list: (query) => providers.list(query),
    delete: (id) => providers.delete(id),
    create(provider) {
      const hasKey = provider.apiKeyEncrypted !== null || provider.apiKeyRef !== null;
      return providers.create({ ...provider, rotatedAt: hasKey ? clock.wallNow() : null });
    },
    update(id, changes) {
      const isRotated = changes.apiKeyEncrypted !== undefined || changes.apiKeyRef !== undefined;
      return providers.update(id, isRotated ? { ...changes, rotatedAt: clock.wallNow() } : changes);
    },
    async sealed() {
      const sql = `SELECT ${providers.selected} FROM providers WHERE key_id IS NOT NULL ORDER BY id`;
      return (await asStore(() => database.all<Row>(sql))).map((row) => providers.decode(row));
    },
    reseal(id, from, { apiKeyEncrypted, keyId }) {
      return providers.change(async (transaction) => {
        const sql = 'UPDATE providers SET api_key_encrypted = ?, key_id = ? WHERE id = ? AND api_key_encrypted = ?';
        return (await transaction.run(sql, [apiKeyEncrypted, keyId, id, from])) > 0;
      });
    },
  };
}

/** Models in a database. */
export function createSqlModelStore(context: StoreContext): ModelStore {
  const models = new SqlCollection<StoredModel>(context, {
    table: 'models',
    topic: 'providers',
    unique: 'A model with this name exists already. Choose another name, or change that one.',
    missing: 'There is no provider with this id.',
    inUse: 'Something refers to this model.',
    columns: {
      ...shared,
      providerId: textColumn('provider_id'),
      providerModelName: textColumn('provider_model_name'),
    },
  });
  const { database } = context;
  const list = async (query: ListQuery<StoredModel>): Promise<readonly ListedModel[]> => {
    const from = ' JOIN providers ON providers.id = models.provider_id';
    const { sql, parameters } = models.listStatement(query, ', providers.name AS provider_name', from);
    const rows = await asStore(() => database.all<Row>(sql, parameters));
    return rows.map((row) => ({ ...models.decode(row), providerName: String(row['provider_name']) }));
  };
  const get = async (id: string) => (await list({ where: { id }, limit: 1 }))[0];
  return {
    get,
    list: (query = {}) => list(query),
    delete: (id) => models.delete(id),
    async create(model: NewItem<StoredModel>) {
      const created = await models.create(model);
      return (await get(created.id)) ?? { ...created, providerName: '' };
    },
    async update(id: string, changes: ItemChanges<StoredModel>) {
      const updated = await models.update(id, changes);
      return updated && get(id);
    },
  };
}
