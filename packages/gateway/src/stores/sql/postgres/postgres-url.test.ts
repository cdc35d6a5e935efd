import { userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { osUser, withoutPassword } from './postgres-url.ts';

test.each([
  ['postgres://u:secret@h:5432/db?sslmode=require', 'postgres://h:5432/db'],
  ['postgresql:///db?host=/run/postgresql&password=secret', 'postgresql:///run/postgresql/db'],
  ['host=h password=secret', 'the database'],
])('%s is shown as %s', (url, shown) => {
  expect(withoutPassword(url)).toBe(shown);
});

test('the user of this process has a name here', () => {
  expect(osUser()).toBe(userInfo().username);
});
