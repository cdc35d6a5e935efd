/** What every kept thing has. */
export interface StoredItem {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
}

/** What is given to make one: the store adds the times, and the id where none is given. */
export type NewItem<Item extends StoredItem> = Omit<Item, keyof StoredItem> & { readonly id?: string };

/** What is given to change one; what is absent stays as it is. */
export type ItemChanges<Item extends StoredItem> = Partial<Omit<Item, keyof StoredItem>>;

export interface ListQuery<Item extends StoredItem> {
  /** Only those that have exactly these values. */
  readonly where?: Partial<Item>;
  /** Only those that come behind this one, which may be gone; a page begins behind the last item of the one before. */
  readonly behind?: Pick<Item, 'createdAt' | 'id'>;
  /** At most so many. Default and maximum: 1,000. */
  readonly limit?: number;
}

/**
 * Things of one kind that administrators make, change and delete. A call that returns has been kept. Everything rejects
 * with a `GatewayError`: `store_unavailable` when the record cannot be reached in time, status 409 with the code
 * `already_exists` for a name that is taken or `in_use` for a thing that others refer to, `invalid_request` for a
 * reference to something that does not exist.
 */
export interface Collection<Item extends StoredItem> {
  create(item: NewItem<Item>): Promise<Item>;
  get(id: string): Promise<Item | undefined>;
  /** The newest first. */
  list(query?: ListQuery<Item>): Promise<readonly Item[]>;
  /** Gives the item as it is afterwards; undefined when there is none. */
  update(id: string, changes: ItemChanges<Item>): Promise<Item | undefined>;
  /** Whether there was one. */
  delete(id: string): Promise<boolean>;
}
