import { expect, test } from 'vitest';
import { redisLocation } from './redis-location.ts';

const plain = { port: 6379, isEncrypted: false, database: 0 };

test.each([
  ['redis://localhost', { ...plain, place: 'redis://localhost', host: 'localhost' }],
  ['redis://[::1]:7000', { ...plain, place: 'redis://[::1]:7000', host: '::1', port: 7000 }],
  [
    'rediss://app:p%40ss@cache.internal:6380/3',
    {
      ...{ place: 'rediss://cache.internal:6380/3', host: 'cache.internal', port: 6380 },
      ...{ isEncrypted: true, username: 'app', password: 'p@ss', database: 3 },
    },
  ],
  ['redis://:secret@a', { ...plain, place: 'redis://a', host: 'a', password: 'secret' }],
  [
    'unix://:secret@/run/redis.sock?db=2',
    { ...plain, place: 'unix:///run/redis.sock', path: '/run/redis.sock', host: '', password: 'secret', database: 2 },
  ],
  ['/run/redis.sock', { ...plain, place: 'unix:///run/redis.sock', path: '/run/redis.sock', host: '' }],
])('%s is read', (address, location) => {
  expect(redisLocation(address)).toEqual(location);
});

test.each([
  'localhost:6379',
  'http://user:very-secret@a',
  'redis://:very-secret@',
  'redis://:very-secret@a/name',
  'redis://:very-secret%@a',
  'unix://:very-secret@/',
  'unix://very-secret/redis.sock',
  'very-secret',
])('%s is refused without telling what is in it', (address) => {
  expect(() => redisLocation(address)).toThrow(/REDIS_URL.*redis:\/\/\[user:password@\]host/);
  expect(() => redisLocation(address)).not.toThrow(/very-secret/);
});
