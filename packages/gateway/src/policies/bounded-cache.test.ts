import { expect, it } from 'vitest';
import { BoundedCache } from './bounded-cache.ts';

it('keeps no more entries than its limit', () => {
  const cache = new BoundedCache<number>(10);
  for (let index = 0; index < 1000; index++) {
    cache.set(`key-${index}`, index);
    expect(cache.size).toBeLessThanOrEqual(10);
  }
  expect(cache.get('key-999')).toBe(999);
  expect(cache.get('key-0')).toBeUndefined();
});

it('keeps what is in use', () => {
  const cache = new BoundedCache<number>(10);
  cache.set('used', 1);
  for (let index = 0; index < 1000; index++) {
    cache.set(`key-${index}`, index);
    expect(cache.get('used')).toBe(1);
  }
});
