import { hasRedisServer, type OwnRedis, startOwnRedis } from '../../src/stores/redis/own-redis.fixture.ts';
import { type TestPlace, testDialects } from '../../src/stores/sql/test-databases.fixture.ts';

/** Empty stores for gateways that share them. */
export interface TestStores extends TestPlace {
  /** Names what the location does not. */
  readonly env: Readonly<Record<string, string>>;
  /** Where there is one: nobody else uses it. */
  readonly redis: OwnRedis | undefined;
}

/** A combination of stores that a gateway runs on. */
export interface StoreKind {
  readonly name: string;
  readonly open: () => Promise<TestStores>;
}

const alone: readonly StoreKind[] = testDialects.map(({ create, name }) => ({
  name,
  open: async () => ({ ...(await create()), env: {}, redis: undefined }),
}));
const postgres = testDialects.find(({ name }) => name === 'PostgreSQL');

/** Those that can be had here: what is left out is said by the fixtures of the servers. */
export const storeKinds: readonly StoreKind[] = [
  ...alone,
  ...(postgres !== undefined && hasRedisServer ? [{ name: 'PostgreSQL and Redis', open: openWithRedis }] : []),
];

async function openWithRedis(): Promise<TestStores> {
  const [{ drop, location }, redis] = await Promise.all([postgres!.create(), startOwnRedis()]);
  return {
    location,
    env: { REDIS_URL: redis.url },
    redis,
    async drop() {
      await redis.close();
      await drop();
    },
  };
}
