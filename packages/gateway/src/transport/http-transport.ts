import type { Dispatcher } from 'undici';
import type { Clock } from '../canonical/clock.ts';
import { type Connection, ConnectionPool } from './connection-pool.ts';
import type { Transport, UpstreamCall, UpstreamHandler, UpstreamRequest } from './upstream-call.ts';

export interface HttpTransportOptions {
  readonly clock: Pick<Clock, 'schedule'>;
  /** Milliseconds an idle connection is kept when the upstream does not say. */
  readonly keepAliveMs?: number;
  /** Largest response head in bytes. */
  readonly maxHeaderBytes?: number;
}

/**
 * HTTP/1.1 to upstreams over connections of undici, one pool per origin. undici's own limits on headers and body are off:
 * the attempt has its own, finer ones. Aborting destroys the socket, which is how an upstream learns that nobody reads.
 */
export function createHttpTransport(options: HttpTransportOptions): Transport {
  const { clock, keepAliveMs = 4_000, maxHeaderBytes = 64 * 1024 } = options;
  /** By origin, and there by the milliseconds that a new connection may take. */
  const pools = new Map<string, Map<number, ConnectionPool>>();

  function poolOf({ origin, connectMs }: UpstreamRequest): ConnectionPool {
    const known = pools.get(origin)?.get(connectMs);
    if (known !== undefined) return known;
    const pool = new ConnectionPool({ origin, connectMs, clock, keepAliveMs, maxHeaderBytes });
    const ofOrigin = pools.get(origin) ?? new Map<number, ConnectionPool>();
    pools.set(origin, ofOrigin.set(connectMs, pool));
    return pool;
  }

  return {
    send(request, handler) {
      const pool = poolOf(request);
      // A body that flows cannot be sent again, so it never goes out on a connection that may have died.
      const isFlowing = request.body !== undefined && !Buffer.isBuffer(request.body);
      const connection = isFlowing ? pool.takeNew() : pool.take();
      const call = new HttpCall(handler, connection);
      connection.client.dispatch(
        {
          path: request.path,
          method: request.method as Dispatcher.HttpMethod,
          headers: request.headers as string[],
          body: (request.body ?? null) as Dispatcher.DispatchOptions['body'] & (Buffer | null),
        },
        call as unknown as Dispatcher.DispatchHandler,
      );
      return call;
    },
    async close() {
      const all = [...pools.values()].flatMap((ofOrigin) => [...ofOrigin.values()]);
      pools.clear();
      await Promise.all(all.map((pool) => pool.destroy()));
    },
  };
}

/** One call as undici's dispatcher sees it. undici's raw handler interface spares a header object per reply. */
class HttpCall implements UpstreamCall {
  readonly #handler: UpstreamHandler;
  readonly #connection: Connection;
  #abort: ((reason?: Error) => void) | undefined;
  #resume: (() => void) | undefined;
  #over = false;
  /** The upstream has begun to answer, be it with an informational head. */
  #hasBegun = false;

  constructor(handler: UpstreamHandler, connection: Connection) {
    this.#handler = handler;
    this.#connection = connection;
  }

  /** undici hands over how to abort as it is about to write the request. */
  get isSent(): boolean {
    return this.#abort !== undefined;
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#abort !== undefined) this.#abort(new Error('aborted'));
    // Nothing was sent yet, and there is no need to wait for the connection.
    else void this.#connection.client.destroy();
  }

  resume(): void {
    this.#resume?.();
  }

  onConnect(abort: (reason?: Error) => void): void {
    // Aborted while it waited for a connection.
    if (this.#over) abort(new Error('aborted'));
    else this.#abort = abort;
  }

  onResponseStarted(): void {
    this.#hasBegun = true;
  }

  onHeaders(status: number, rawHeaders: Buffer[], resume: () => void): boolean {
    // 1xx heads are informational; the real one follows.
    if (this.#over || status < 200) return true;
    this.#resume = resume;
    this.#handler.onHead(status, rawHeaders);
    return true;
  }

  onData(chunk: Buffer): boolean {
    return this.#over || this.#handler.onData(chunk);
  }

  onComplete(): void {
    this.#connection.giveBack();
    if (this.#over) return;
    this.#over = true;
    this.#handler.onEnd();
  }

  onError(error: Error): void {
    this.#connection.letGo();
    if (this.#over) return;
    this.#over = true;
    // Who has begun to answer has seen the request.
    this.#handler.onError(withCode(error), this.#connection.isUsed && !this.#hasBegun);
  }
}

/** undici's own name for bytes that are no HTTP; its parser errors do not always carry a code. */
function withCode(error: Error): Error {
  if (error.name !== 'HTTPParserError' || (error as NodeJS.ErrnoException).code !== undefined) return error;
  return Object.assign(error, { code: 'HPE_INVALID' });
}
