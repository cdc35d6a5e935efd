import { expect, it } from 'vitest';
import { isoOf, shownTime, tenantId, time } from './admin-fields.ts';

it('a tenant could be made whose id no path can name, so that nobody could switch it off', () => {
  const isTaken = (id: string) => tenantId().safeParse(id).success;
  expect(['.', '..'].map(isTaken)).toEqual([false, false]);
  expect(['acme', 'a.b', '...', '.a', 'a@b.c:1_2-3'].map(isTaken)).toEqual([true, true, true, true, true]);
});

it('a time could be taken that was not shown as one, so that it was refused when it was sent back', () => {
  const taken = (text: string) => time().safeParse(text).data;
  const none = ['9999-12-31T23:59:59-00:01', '0000-01-01T00:00:00+00:01', '2030-02-29T00:00:00Z', '', 'tomorrow'];
  for (const text of none) expect(taken(text)).toBeUndefined();
  for (const text of ['9999-12-31T23:59:59Z', '0000-01-01T00:00:00Z', '2028-02-29T01:00:00.5+14:00']) {
    expect(shownTime().safeParse(isoOf(taken(text)!)).success).toBe(true);
  }
});
