import { expect, test } from 'vitest';
import type { ListQuery, StoredItem } from '../stores/collection.ts';
import { listAll } from './list-all.ts';

test('a thing that was deleted between two pages ended the list', async () => {
  let kept = Array.from({ length: 2_500 }, (_, index): StoredItem => {
    return { id: `${index}`, createdAt: 10_000 - index, updatedAt: 0 };
  });
  const list = async ({ behind, limit }: ListQuery<StoredItem> = {}) => {
    const page = kept.filter(({ createdAt }) => behind === undefined || createdAt < behind.createdAt).slice(0, limit);
    kept = kept.filter(({ id }) => id !== page.at(-1)?.id);
    return page;
  };
  expect(await listAll({ list })).toHaveLength(2_500);
});
