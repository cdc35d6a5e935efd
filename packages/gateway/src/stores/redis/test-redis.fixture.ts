import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { systemClock } from '../../canonical/clock.ts';
import type { Wire } from '../wire.fixture.ts';
import { countingScripts } from './counting-scripts.ts';
import { connectRedis, type RedisConnection, type RedisConnectionInput } from './redis-connection.ts';
import { type RedisLocation, redisLocation } from './redis-location.ts';

const usualUrl = 'redis://127.0.0.1:6379';

/** The server for tests: the one that is named, or the one that runs on this machine; undefined where there is none. */
export const redisUrl: string | undefined = await findRedis();

if (redisUrl === undefined) {
  console.warn('Redis is not tested: no server answers. Name one in TEST_REDIS_URL or REDIS_URL.');
}

async function findRedis(): Promise<string | undefined> {
  const { TEST_REDIS_URL, REDIS_URL } = process.env;
  // What is named has to answer; what only may be there may be absent.
  const named = TEST_REDIS_URL ?? REDIS_URL;
  if (named !== undefined) return named;
  const url = usualUrl;
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 1_000 });
  client.on('error', () => undefined);
  const isThere = await client.connect().then(
    () => true,
    () => false,
  );
  client.disconnect();
  return isThere ? url : undefined;
}

const madePrefixes: TestPrefix[] = [];

/** A beginning of keys that nobody else uses: as it is configured, and as the keys begin. */
export interface TestPrefix {
  readonly configured: string;
  readonly keys: string;
}

/** One that is forgotten with `deleteMadeKeys`. */
export function makePrefix(): TestPrefix {
  const configured = `llm-gateway-test-${randomUUID()}`;
  const made = { configured, keys: `{${configured}}:` };
  madePrefixes.push(made);
  return made;
}

/** The same, as the keys begin. */
export function newPrefix(): string {
  return makePrefix().keys;
}

/** Deletes what tests left behind under all prefixes that this process made. */
export async function deleteMadeKeys(): Promise<void> {
  for (const { keys } of madePrefixes.splice(0)) await deleteKeys(keys);
}

/** A connection for tests, patient with a busy machine unless it is told otherwise. */
export function testConnection(differences: Partial<RedisConnectionInput> = {}): RedisConnection {
  return connectRedis({
    location: redisLocation(redisUrl ?? usualUrl),
    clock: systemClock,
    callTimeoutMs: 20_000,
    batch: countingScripts,
    ...differences,
  });
}

/** Runs work with a client of its own. */
export async function withClient<Result>(work: (client: Redis) => Promise<Result>): Promise<Result> {
  const client = new Redis(redisUrl ?? usualUrl);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

/** The keys that begin so. */
export function keysOf(prefix: string): Promise<string[]> {
  return withClient(async (client) => {
    const pattern = `${prefix.replace(/[[\]*?\\]/g, '\\$&')}*`;
    const found: string[] = [];
    for await (const keys of client.scanStream({ match: pattern, count: 1_000 })) found.push(...(keys as string[]));
    return [...new Set(found)];
  });
}

/** Deletes what a test left behind. */
export async function deleteKeys(prefix: string): Promise<void> {
  const keys = await keysOf(prefix);
  if (keys.length > 0) await withClient((client) => client.unlink(...keys));
}

/** Opens the way through a wire to the server for tests. */
export async function openWire(wire: Wire): Promise<void> {
  const { host, port } = redisLocation(redisUrl ?? usualUrl);
  await wire.open(host, port);
}

/** The server for tests, through a wire. */
export function throughWire({ port }: Wire): RedisLocation {
  return { ...redisLocation(redisUrl ?? usualUrl), host: '127.0.0.1', port };
}
