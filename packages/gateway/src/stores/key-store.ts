import type { Collection, ItemChanges, ListQuery, NewItem, StoredItem } from './collection.ts';

/** A caller's key, without anything that could be used in its place. */
export interface ApiKey extends StoredItem {
  readonly name: string;
  /** How it begins, to be recognised by its owner. */
  readonly prefix: string;
  /** The namespace it belongs to; null outside of all. */
  readonly tenantId: string | null;
  readonly teamId: string | null;
  readonly scopes: KeyScopes;
  /** Null where nothing is limited. */
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  readonly maxConcurrent: number | null;
  /** Tokens that it may use in all. */
  readonly tokenBudget: number | null;
  /** Whatever its owner wants to remember. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970 here and below; null where it did not or will not happen. */
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  readonly rotatedAt: number | null;
  /** Until when the key before the last rotation is valid as well. */
  readonly graceUntil: number | null;
  readonly lastUsedAt: number | null;
  /** From when on its tokens count; null: from its beginning. */
  readonly usageResetAt: number | null;
}

/** What a key may be used for; what is absent is not restricted, except that no key administers without being told. */
export interface KeyScopes {
  /** Models by the name a caller gives. */
  readonly models?: readonly string[];
  /** Operations, such as `chat` or `embeddings`. */
  readonly endpoints?: readonly string[];
  /** IP addresses and CIDR ranges from which it may come. */
  readonly addresses?: readonly string[];
  /** What of the gateway it may administer: read everything, its own tenant, everything. */
  readonly admin?: 'read' | 'tenant' | 'all';
}

/** SHA-256 of a key, in hex. */
export type KeyHash = string;

/** A key as it was found by its hash, or by the hash it had before. */
export interface FoundKey {
  readonly key: ApiKey;
  readonly hash: KeyHash;
  /** Milliseconds since 1970 until when this hash is valid; null for the newest one, which the key's own times end. */
  readonly validUntil: number | null;
}

export type NewKey = Omit<NewItem<ApiKey>, 'revokedAt' | 'rotatedAt' | 'graceUntil' | 'lastUsedAt' | 'usageResetAt'> & {
  readonly hash: KeyHash;
};

/** What can be changed of a key without making it another. */
export type KeyChanges = Omit<ItemChanges<ApiKey>, 'prefix' | 'revokedAt' | 'rotatedAt' | 'graceUntil' | 'lastUsedAt'>;

export interface KeyRotation {
  readonly hash: KeyHash;
  readonly prefix: string;
  /** Milliseconds since 1970 until when the key that is replaced stays valid; absent: it is invalid at once. */
  readonly graceUntil?: number;
}

/** A key after a change, and the hashes that are invalid from now on: whoever remembers them has to forget. */
export interface ChangedKey {
  readonly key: ApiKey;
  readonly invalidHashes: readonly KeyHash[];
}

/**
 * Keeps keys of callers by the hash of each. A revoked key stays listed. Fails as a `Collection` does; a hash that is
 * there already is `already_exists`. What would give a tenant more valid keys than its quota, of any number of calls at
 * a time, is `quota_exceeded`.
 */
export interface KeyStore extends Pick<Collection<ApiKey>, 'get'> {
  create(key: NewKey): Promise<ApiKey>;
  /** The newest first, revoked ones among them. */
  list(query?: ListQuery<ApiKey>): Promise<readonly ApiKey[]>;
  /** Finds a key whatever became of it, so that the reason of a refusal is known; see `keyState`. */
  findByHash(hash: KeyHash): Promise<FoundKey | undefined>;
  /** Every hash that is valid now, in pages by hash, to fill a cache: begin with '' and go on with the last hash. */
  validHashes(after: KeyHash, limit: number): Promise<readonly FoundKey[]>;
  update(id: string, changes: KeyChanges): Promise<ApiKey | undefined>;
  /** Gives the same key another value. Undefined when there is none, or it is revoked. */
  rotate(id: string, rotation: KeyRotation): Promise<ChangedKey | undefined>;
  /** Undefined when there is none. Revoking again changes nothing. */
  revoke(id: string): Promise<ChangedKey | undefined>;
  /** Every budget of tokens of keys that are not revoked. */
  tokenBudgets(): Promise<readonly KeyTokenBudget[]>;
  /** Notes when keys were last used, many at once; an earlier time than the known one changes nothing. */
  touch(uses: readonly KeyUse[]): Promise<void>;
}

/** What a key may use in all. */
export interface KeyTokenBudget {
  readonly id: string;
  readonly tokens: number;
  /** From when on, in milliseconds since 1970. */
  readonly since: number;
}

export interface KeyUse {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Whether a key may be used at a time, and why not. */
export function keyState({ key, validUntil }: FoundKey, now: number): 'valid' | 'revoked' | 'expired' | 'replaced' {
  if (key.revokedAt !== null) return 'revoked';
  if (validUntil !== null && validUntil <= now) return 'replaced';
  return key.expiresAt !== null && key.expiresAt <= now ? 'expired' : 'valid';
}
