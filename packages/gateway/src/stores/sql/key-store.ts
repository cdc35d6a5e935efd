import type { ItemChanges, ListQuery } from '../collection.ts';
import type {
  ApiKey,
  ChangedKey,
  FoundKey,
  KeyChanges,
  KeyHash,
  KeyRotation,
  KeyScopes,
  KeyStore,
  KeyTokenBudget,
  KeyUse,
  NewKey,
} from '../key-store.ts';
import { type Row, SqlCollection, type StoreContext } from './collection.ts';
import { jsonColumn, nullable, numberColumn, textColumn } from './columns.ts';
import type { SqlRunner } from './database.ts';
import { checkKeyOrganisation } from './key-organisation.ts';
import { checkKeyQuota, IS_VALID_AT } from './key-quota.ts';
import { asStore } from './store-error.ts';

/** Uses that one statement notes. */
const MAX_TOUCHED = 500;
/** Budgets that are kept with the ledger; as many as there are counters of them. */
const MOST_BUDGETS = 100_000;

const keys = {
  table: 'api_keys',
  topic: 'keys',
  unique: 'This key exists already. Make another one.',
  missing: 'There is no tenant or no team with this id.',
  inUse: 'The key is in use. Revoke it instead.',
  columns: {
    id: textColumn('id'),
    name: textColumn('name'),
    prefix: textColumn('key_prefix'),
    tenantId: nullable(textColumn('tenant_id')),
    teamId: nullable(textColumn('team_id')),
    scopes: jsonColumn<KeyScopes>('scopes'),
    requestsPerMinute: nullable(numberColumn('requests_per_minute')),
    tokensPerMinute: nullable(numberColumn('tokens_per_minute')),
    maxConcurrent: nullable(numberColumn('max_concurrent')),
    tokenBudget: nullable(numberColumn('token_budget')),
    metadata: jsonColumn<Readonly<Record<string, unknown>>>('metadata'),
    createdAt: numberColumn('created_at'),
    updatedAt: numberColumn('updated_at'),
    rotatedAt: nullable(numberColumn('rotated_at')),
    expiresAt: nullable(numberColumn('expires_at')),
    revokedAt: nullable(numberColumn('revoked_at')),
    graceUntil: nullable(numberColumn('grace_until')),
    lastUsedAt: nullable(numberColumn('last_used_at')),
    usageResetAt: nullable(numberColumn('usage_reset_at')),
  },
} as const;

interface HashRow {
  readonly key_hash: string;
  readonly previous_hash: string | null;
}

/** Keys of callers in a database. */
export function createSqlKeyStore(context: StoreContext): KeyStore {
  return new SqlKeyStore(context);
}

class SqlKeyStore implements KeyStore {
  readonly #context: StoreContext;
  readonly #keys: SqlCollection<ApiKey>;

  constructor(context: StoreContext) {
    this.#context = context;
    this.#keys = new SqlCollection<ApiKey>(context, keys);
  }

  create({ hash, ...key }: NewKey): Promise<ApiKey> {
    const fresh = { ...key, revokedAt: null, rotatedAt: null, graceUntil: null, lastUsedAt: null, usageResetAt: null };
    const now = this.#context.clock.wallNow();
    return this.#keys.insert(fresh, { key_hash: hash }, async (transaction) => {
      await checkKeyOrganisation(transaction, key);
      if (isUnexpired(key, now)) await checkKeyQuota(transaction, key.tenantId, now);
    });
  }

  get(id: string): Promise<ApiKey | undefined> {
    return this.#keys.get(id);
  }

  list(query?: ListQuery<ApiKey>): Promise<readonly ApiKey[]> {
    return this.#keys.list(query);
  }

  async findByHash(hash: KeyHash): Promise<FoundKey | undefined> {
    const sql = `SELECT ${this.#keys.selected}, key_hash FROM api_keys WHERE key_hash = ? OR previous_hash = ?`;
    const [row] = await asStore(() => this.#context.database.all<Row>(sql, [hash, hash]));
    if (row === undefined) return undefined;
    const key = this.#keys.decode(row);
    return { key, hash, validUntil: row['key_hash'] === hash ? null : key.graceUntil };
  }

  async validHashes(after: KeyHash, limit: number): Promise<readonly FoundKey[]> {
    const now = this.#context.clock.wallNow();
    const { selected } = this.#keys;
    const sql = `SELECT * FROM (
        SELECT ${selected}, key_hash AS hash, 0 AS is_previous FROM api_keys WHERE ${IS_VALID_AT}
        UNION ALL
        SELECT ${selected}, previous_hash AS hash, 1 AS is_previous FROM api_keys
          WHERE ${IS_VALID_AT} AND previous_hash IS NOT NULL AND grace_until > ?
      ) AS hashes WHERE hash > ? ORDER BY hash LIMIT ?`;
    const rows = await asStore(() => this.#context.database.all<Row>(sql, [now, now, now, after, limit]));
    return rows.map((row) => {
      const key = this.#keys.decode(row);
      return { key, hash: String(row['hash']), validUntil: row['is_previous'] === 1 ? key.graceUntil : null };
    });
  }

  update(id: string, changes: KeyChanges): Promise<ApiKey | undefined> {
    const now = this.#context.clock.wallNow();
    return this.#keys.update(id, changes as ItemChanges<ApiKey>, async (transaction) => {
      const lock = `UPDATE api_keys SET updated_at = updated_at WHERE id = ? RETURNING ${this.#keys.selected}`;
      const [row] = await transaction.all<Row>(lock, [id]);
      if (row !== undefined) await checkPlace(transaction, this.#keys.decode(row), changes, now);
    });
  }

  rotate(id: string, { hash, prefix, graceUntil }: KeyRotation): Promise<ChangedKey | undefined> {
    const now = this.#context.clock.wallNow();
    const hasGrace = graceUntil !== undefined && graceUntil > now;
    return this.#change(id, (before) => ({
      values: {
        key_hash: hash,
        key_prefix: prefix,
        previous_hash: hasGrace ? before.key_hash : null,
        grace_until: hasGrace ? graceUntil : null,
        rotated_at: now,
      },
      invalidHashes: hasGrace ? [before.previous_hash] : [before.key_hash, before.previous_hash],
      condition: ' AND revoked_at IS NULL',
    }));
  }

  async revoke(id: string): Promise<ChangedKey | undefined> {
    const now = this.#context.clock.wallNow();
    const revoked = await this.#change(id, (before) => ({
      values: { revoked_at: now, previous_hash: null, grace_until: null },
      invalidHashes: [before.key_hash, before.previous_hash],
      condition: ' AND revoked_at IS NULL',
    }));
    if (revoked !== undefined) return revoked;
    const key = await this.get(id);
    return key && { key, invalidHashes: [] };
  }

  async tokenBudgets(): Promise<readonly KeyTokenBudget[]> {
    const sql = `SELECT id, token_budget AS tokens, COALESCE(usage_reset_at, 0) AS since FROM api_keys
      WHERE token_budget IS NOT NULL AND revoked_at IS NULL ORDER BY created_at LIMIT ${MOST_BUDGETS}`;
    return asStore(() => this.#context.database.all<KeyTokenBudget>(sql));
  }

  async touch(uses: readonly KeyUse[]): Promise<void> {
    for (let start = 0; start < uses.length; start += MAX_TOUCHED) {
      const some = uses.slice(start, start + MAX_TOUCHED);
      const values = some.map(() => '(CAST(? AS TEXT), CAST(? AS BIGINT))').join(', ');
      const sql = `WITH used (id, at) AS (VALUES ${values})
        UPDATE api_keys SET last_used_at = used.at FROM used
        WHERE api_keys.id = used.id AND (api_keys.last_used_at IS NULL OR api_keys.last_used_at < used.at)`;
      // In a transaction because it is repeated there when two of them wait for each other's rows.
      await asStore(() =>
        this.#context.database.transaction((transaction) =>
          transaction.run(
            sql,
            some.flatMap(({ id, at }) => [id, at]),
          ),
        ),
      );
    }
  }

  /** Changes a key whose hashes are known while nobody else changes it. */
  #change(
    id: string,
    decide: (before: HashRow) => {
      readonly values: Readonly<Record<string, string | number | null>>;
      readonly invalidHashes: readonly (string | null)[];
      readonly condition: string;
    },
  ): Promise<ChangedKey | undefined> {
    return this.#keys.change(async (transaction) => {
      // A change that changes nothing makes the row wait for whoever changes it, and us be waited for.
      const lock = 'UPDATE api_keys SET updated_at = updated_at WHERE id = ? RETURNING key_hash, previous_hash';
      const [before] = await transaction.all<HashRow>(lock, [id]);
      if (before === undefined) return undefined;
      const { values, invalidHashes, condition } = decide(before);
      const key = await this.#keys.set(transaction, id, values, condition);
      return key && { key, invalidHashes: invalidHashes.filter((hash) => hash !== null) };
    });
  }
}

/** A change that gives a key other owners, or makes it one of a tenant's valid ones, has to keep what a new key has to. */
async function checkPlace(transaction: SqlRunner, before: ApiKey, changes: KeyChanges, now: number): Promise<void> {
  const { expiresAt = before.expiresAt, teamId = before.teamId, tenantId = before.tenantId } = changes;
  // One that is between two organisations from before can be changed otherwise.
  const hasMoved = teamId !== before.teamId || tenantId !== before.tenantId;
  if (hasMoved) await checkKeyOrganisation(transaction, { teamId, tenantId });
  const wasCounted = tenantId === before.tenantId && isUnexpired(before, now);
  if (before.revokedAt !== null || wasCounted || !isUnexpired({ expiresAt }, now)) return;
  await checkKeyQuota(transaction, tenantId, now);
}

function isUnexpired({ expiresAt }: Pick<ApiKey, 'expiresAt'>, now: number): boolean {
  return expiresAt === null || expiresAt > now;
}
