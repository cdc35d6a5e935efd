import type { Collection, ItemChanges, ListQuery, NewItem, StoredItem } from './collection.ts';

/** A provider that was made at run time. Its credential is encrypted or a reference; this store never sees it in clear. */
export interface StoredProvider extends StoredItem {
  readonly name: string;
  /** The kind of provider, as a configuration names it. */
  readonly kind: string;
  /** Null where the kind's own is meant. */
  readonly baseUrl: string | null;
  /** The credential as a secret box sealed it, and the name of the box's key; both null or both set. */
  readonly apiKeyEncrypted: string | null;
  readonly keyId: string | null;
  /** Where the credential is found when it is needed, such as `env:NAME` or `file:/path`; null if it is kept here. */
  readonly apiKeyRef: string | null;
  /** Everything else that a target can be configured with. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly isActive: boolean;
  /** When the credential was last set, in milliseconds since 1970; null where there never was one. */
  readonly rotatedAt: number | null;
}

/** A model's name for callers, and what a provider calls it. */
export interface StoredModel extends StoredItem {
  readonly name: string;
  readonly providerId: string;
  readonly providerModelName: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly isActive: boolean;
}

/** A model with its provider's name, for lists. */
export interface ListedModel extends StoredModel {
  readonly providerName: string;
}

/** Keeps providers. One that models refer to is `in_use` and cannot be deleted. */
export interface ProviderStore extends Collection<StoredProvider> {
  /** `rotatedAt` is the time of the call where a credential is given, null where none is. */
  create(provider: Omit<NewItem<StoredProvider>, 'rotatedAt'>): Promise<StoredProvider>;
  /** A change of the credential sets `rotatedAt`. */
  update(id: string, changes: Omit<ItemChanges<StoredProvider>, 'rotatedAt'>): Promise<StoredProvider | undefined>;
  /** Those whose credential is sealed, with whatever key. */
  sealed(): Promise<readonly StoredProvider[]>;
  /**
   * Replaces the sealed text of an unchanged credential; false when another one has been set meanwhile. It is the same
   * credential, so `rotatedAt` stays.
   */
  reseal(id: string, from: string, to: { readonly apiKeyEncrypted: string; readonly keyId: string }): Promise<boolean>;
}

/** Keeps models. */
export interface ModelStore {
  create(model: NewItem<StoredModel>): Promise<ListedModel>;
  get(id: string): Promise<ListedModel | undefined>;
  list(query?: ListQuery<StoredModel>): Promise<readonly ListedModel[]>;
  update(id: string, changes: ItemChanges<StoredModel>): Promise<ListedModel | undefined>;
  delete(id: string): Promise<boolean>;
}
