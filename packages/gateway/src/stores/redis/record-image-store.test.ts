import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testGoodMs, testRecordImageStore } from '../record-image-store.conformance.ts';
import type { RecordImageStore } from '../record-image-store.ts';
import { createRedisRecordImage } from './record-image-store.ts';
import type { RedisConnection } from './redis-connection.ts';
import { deleteMadeKeys, keysOf, newPrefix, redisUrl, testConnection, withClient } from './test-redis.fixture.ts';

describe.runIf(redisUrl !== undefined)('in Redis', () => {
  let connections: readonly [RedisConnection, RedisConnection];
  beforeAll(() => {
    connections = [testConnection(), testConnection()];
  });
  afterAll(async () => {
    for (const connection of connections) connection.close();
    await deleteMadeKeys();
  });

  testRecordImageStore(
    'Redis',
    (clock) => {
      const common = { prefix: newPrefix(), place: 'here', goodMs: testGoodMs, serverTime: clock.now };
      const storeOn = (connection: RedisConnection) => createRedisRecordImage({ ...common, connection });
      return { stores: [storeOn(connections[0]), storeOn(connections[1])], close: async () => undefined };
    },
    25,
  );

  describe('an image', () => {
    let prefix: string;
    let image: RecordImageStore;
    beforeEach(() => {
      prefix = newPrefix();
      image = createRedisRecordImage({ connection: connections[0], prefix, place: 'here', goodMs: testGoodMs });
    });
    afterEach(() => deleteMadeKeys());

    it('is one key beside the number of drops, under the prefix, and every key of it ends by itself', async () => {
      const beginning = await image.begin();
      await image.append('v', [['head', '0']]);
      const [part] = await keysOf(prefix);
      expect(part).toContain(':part:v');
      expect(await withClient((client) => client.pttl(part!))).toBeGreaterThan(0);
      expect(await image.publish({ version: 'v', revision: 1, count: 1 }, beginning)).toBe('kept');
      await image.drop();
      await image.append('w', [['head', '0']]);
      await image.publish({ version: 'w', revision: 1, count: 1 }, await image.begin());
      const keys = await keysOf(prefix);
      expect(keys.map((key) => key.split(':').at(-1)).sort()).toEqual(['drops', 'image']);
      for (const key of keys) {
        expect(key.startsWith(prefix)).toBe(true);
        expect(await withClient((client) => client.pttl(key))).toBeGreaterThan(0);
      }
    });

    it('of another record is another one', async () => {
      const other = createRedisRecordImage({ connection: connections[0], prefix, place: 'there', goodMs: testGoodMs });
      await image.append('v', [['a', '1']]);
      await image.publish({ version: 'v', revision: 1, count: 1 }, await image.begin());
      expect(await other.read([])).toBeUndefined();
      expect(await image.read(['a'])).toMatchObject({ values: ['1'] });
    });
  });
});
