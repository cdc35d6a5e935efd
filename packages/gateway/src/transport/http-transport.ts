import type { Clock } from '../canonical/clock.ts';
import { ConnectionPool } from './connection-pool.ts';
import { Outbox } from './outbox.ts';
import type { Transport } from './upstream-call.ts';

export interface HttpTransportOptions {
  readonly clock: Pick<Clock, 'schedule' | 'now'>;
  /** Milliseconds an idle connection is kept when the upstream does not say, and has not closed one sooner. */
  readonly keepAliveMs?: number;
  /** Largest response head in bytes. */
  readonly maxHeaderBytes?: number;
  /** Where requests wait for the end of the turn; absent: one of its own. */
  readonly outbox?: Outbox;
}

/** As long as common proxies keep theirs; load balancers between here and an upstream forget idle connections later. */
const KEEP_ALIVE_MS = 60_000;
/** What one read takes from a socket at most. */
const READ_BYTES = 64 * 1024;

/**
 * HTTP/1.1 to upstreams, one pool of connections per origin. There are no limits of time here but that on connecting:
 * the attempt has its own, finer ones. Aborting destroys the socket, which is how an upstream learns that nobody reads.
 */
export function createHttpTransport(options: HttpTransportOptions): Transport {
  const { clock, keepAliveMs = KEEP_ALIVE_MS, maxHeaderBytes = 64 * 1024, outbox = new Outbox() } = options;
  const pools = new Map<string, ConnectionPool>();
  const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);

  function poolOf(origin: string): ConnectionPool {
    let pool = pools.get(origin);
    if (pool === undefined) {
      pool = new ConnectionPool({ origin, clock, keepAliveMs, readBuffer, maxHeaderBytes, outbox });
      pools.set(origin, pool);
    }
    return pool;
  }

  return {
    send(request, handler) {
      const { origin, connectMs, body } = request;
      const pool = poolOf(origin);
      // A body that flows cannot be sent again, so it never goes out on a connection that may have died.
      const isFlowing = body !== undefined && !Buffer.isBuffer(body);
      const connection = isFlowing ? pool.takeNew(connectMs) : pool.take(connectMs);
      return connection.send(request, handler);
    },
    async close() {
      const all = [...pools.values()];
      pools.clear();
      for (const pool of all) pool.close();
    },
  };
}
