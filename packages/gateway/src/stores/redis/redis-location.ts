import { ConfigError, nowhere } from '../../canonical/config-error.ts';

/** Where a Redis server is, and how it lets somebody in. */
export interface RedisLocation {
  /** The server without user and password, for messages. */
  readonly place: string;
  /** A socket of this machine; the host is of no interest then. */
  readonly path?: string;
  readonly host: string;
  readonly port: number;
  readonly isEncrypted: boolean;
  readonly username?: string;
  readonly password?: string;
  /** Number of the database on the server. */
  readonly database: number;
}

const usualPort = 6379;
const forms = 'redis://[user:password@]host[:port][/database], the same with rediss:// for TLS, or unix:///path[?db=n]';

/** Reads the address of a server. Throws ConfigError, which says nothing of what was in it. */
export function redisLocation(address: string): RedisLocation {
  // A URL has no user without a host.
  const text = address.replace(/^\//, 'unix:///').replace(/^(unix:\/\/[^/]*@)\//, '$1localhost/');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const scheme = url?.protocol ?? '';
  if (url === undefined || !['redis:', 'rediss:', 'unix:'].includes(scheme)) throw unreadable();
  const isSocket = scheme === 'unix:';
  const number = (isSocket ? (url.searchParams.get('db') ?? '') : url.pathname.slice(1)) || '0';
  const isNamed = isSocket ? /^(localhost)?$/.test(url.hostname) && url.pathname.length > 1 : url.hostname !== '';
  if (!isNamed || !/^\d{1,5}$/.test(number)) throw unreadable();
  const [username, password] = [decoded(url.username), decoded(url.password)];
  const database = Number(number);
  const suffix = database === 0 ? '' : `/${database}`;
  return {
    place: isSocket ? `unix://${url.pathname}` : `${scheme}//${url.host}${suffix}`,
    ...(isSocket && { path: decoded(url.pathname) }),
    host: isSocket ? '' : url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port || usualPort),
    isEncrypted: scheme === 'rediss:',
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
    database,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unreadable();
  }
}

function unreadable(): ConfigError {
  const message = `The address of Redis (REDIS_URL or redis.url) cannot be read; it has to be ${forms}.`;
  return new ConfigError([{ message, ...nowhere }]);
}
