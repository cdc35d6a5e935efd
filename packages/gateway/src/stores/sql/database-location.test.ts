import { expect, test } from 'vitest';
import { databaseLocation } from './database-location.ts';

test.each([
  ['postgres://u:p@h:5432/db', { url: 'postgres://u:p@h:5432/db' }],
  ['postgresql:///db?host=/run', { url: 'postgresql:///db?host=/run' }],
  ['data/x.db', { file: '/app/data/x.db' }],
  ['/var/x.db', { file: '/var/x.db' }],
  ['sqlite:x.db', { file: '/app/x.db' }],
  ['sqlite:///var/x.db', { file: '/var/x.db' }],
  ['file:./x.db', { file: '/app/x.db' }],
  [':memory:', { file: ':memory:' }],
  ['sqlite::memory:', { file: ':memory:' }],
])('%s is %j', (address, location) => {
  expect(databaseLocation(address, '/app')).toEqual(location);
});

test.each(['mysql://h/db', 'mongodb+srv://h/db', 'https://h/db'])('%s is refused', (address) => {
  expect(() => databaseLocation(address, '/app')).toThrow('No database speaks');
});
