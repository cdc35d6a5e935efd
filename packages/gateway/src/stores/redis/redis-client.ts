import { Redis } from 'ioredis';
import type { RedisLocation } from './redis-location.ts';

/** The driver's end of one connection, which is neither opened by itself nor made again once it is lost. */
export function createClient(location: RedisLocation, connectTimeoutMs: number): Redis {
  const { database, host, isEncrypted, password, path, port, username } = location;
  return new Redis({
    ...(path === undefined ? { host, port } : { path }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(isEncrypted && { tls: {} }),
    db: database,
    lazyConnect: true,
    // Whoever cannot be answered now is told so now: nothing waits for a server that is away.
    enableOfflineQueue: false,
    enableReadyCheck: false,
    retryStrategy: () => null,
    connectTimeout: connectTimeoutMs,
  });
}
