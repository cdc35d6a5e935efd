import type { ListQuery, StoredItem } from '../../stores/collection.ts';
import { invalidField } from './invalid-field.ts';

/** What `pageQuery` says. */
export interface PageQuery {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** What may have more about each item than is kept with it. */
interface Listing<Item extends StoredItem, Listed extends Item> {
  get(id: string): Promise<Listed | undefined>;
  list(query: ListQuery<Item>): Promise<readonly Listed[]>;
}

/**
 * A page of a list. An id leads to a place in it by what is kept under it alone, so one that is gone, or is of another
 * list, is told of: an empty page would pass for the end.
 */
export async function listPage<Item extends StoredItem, Listed extends Item>(
  store: Listing<Item, Listed>,
  { after, limit }: PageQuery,
  where: Partial<Item> = {},
): Promise<readonly Listed[]> {
  const last = after === undefined ? undefined : await store.get(after);
  if (after !== undefined && (last === undefined || !isAmong(last, where))) throw goneId();
  return store.list({ where, ...(limit !== undefined && { limit }), ...(last !== undefined && { behind: last }) });
}

function goneId(): Error {
  return invalidField(
    'after',
    'must be the id of an item of this list; there is none with this id, or no longer. Leave it out to begin anew',
  );
}

function isAmong<Item extends StoredItem>(item: Item, where: Partial<Item>): boolean {
  const names = Object.keys(where) as (keyof Item)[];
  return names.every((name) => item[name] === where[name]);
}
