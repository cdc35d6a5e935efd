import { expect, it } from 'vitest';
import { tenantId } from './admin-fields.ts';

it('a tenant could be made whose id no path can name, so that nobody could switch it off', () => {
  const isTaken = (id: string) => tenantId().safeParse(id).success;
  expect(['.', '..'].map(isTaken)).toEqual([false, false]);
  expect(['acme', 'a.b', '...', '.a', 'a@b.c:1_2-3'].map(isTaken)).toEqual([true, true, true, true, true]);
});
