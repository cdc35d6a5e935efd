import diagnosticsChannel from 'node:diagnostics_channel';
import { type Dispatcher, Pool } from 'undici';
import type { Clock } from '../canonical/clock.ts';
import { createConnector } from './connector.ts';
import type { Transport, UpstreamCall, UpstreamHandler, UpstreamRequest } from './upstream-call.ts';

export interface HttpTransportOptions {
  readonly clock: Pick<Clock, 'schedule'>;
  /** Milliseconds an idle connection is kept when the upstream does not say. */
  readonly keepAliveMs?: number;
  /** Largest response head in bytes. */
  readonly maxHeaderBytes?: number;
}

/**
 * HTTP/1.1 to upstreams over pools of undici, one pool per origin. undici's own limits on headers and body are off:
 * the attempt has its own, finer ones. Aborting destroys the socket, which is how an upstream learns that nobody reads.
 */
export function createHttpTransport(options: HttpTransportOptions): Transport {
  const pools = new Map<string, Pool>();
  watchConnectionReuse();

  function poolOf(request: UpstreamRequest): Pool {
    // A body that flows cannot be sent again, so it never goes out on a connection that may have died.
    const isFlowing = request.body !== undefined && !Buffer.isBuffer(request.body);
    const key = `${request.origin} ${request.connectMs} ${isFlowing}`;
    let pool = pools.get(key);
    if (!pool) {
      pool = new Pool(request.origin, {
        connections: null,
        pipelining: isFlowing ? 0 : 1,
        headersTimeout: 0,
        bodyTimeout: 0,
        keepAliveTimeout: options.keepAliveMs ?? 4_000,
        maxHeaderSize: options.maxHeaderBytes ?? 64 * 1024,
        connect: createConnector({ limitMs: request.connectMs, clock: options.clock }),
        strictContentLength: true,
      });
      pools.set(key, pool);
    }
    return pool;
  }

  return {
    send(request, handler) {
      const call = new HttpCall(handler);
      starting = call;
      try {
        poolOf(request).dispatch(
          {
            path: request.path,
            method: request.method as Dispatcher.HttpMethod,
            headers: request.headers as string[],
            body: (request.body ?? null) as Dispatcher.DispatchOptions['body'] & (Buffer | null),
          },
          call as unknown as Dispatcher.DispatchHandler,
        );
      } finally {
        starting = undefined;
      }
      return call;
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
      pools.clear();
    },
  };
}

/** One call as undici's dispatcher sees it. undici's raw handler interface spares a header object per reply. */
class HttpCall implements UpstreamCall {
  readonly #handler: UpstreamHandler;
  #abort: ((reason?: Error) => void) | undefined;
  #resume: (() => void) | undefined;
  #over = false;
  /** The connection that carries it, and what it had brought before. */
  carrier: Carrier | undefined;

  constructor(handler: UpstreamHandler) {
    this.#handler = handler;
  }

  get isSent(): boolean {
    return this.carrier !== undefined;
  }

  abort(): void {
    this.#over = true;
    this.#abort?.(new Error('aborted'));
  }

  resume(): void {
    this.#resume?.();
  }

  onConnect(abort: (reason?: Error) => void): void {
    // Aborted while it waited for a connection.
    if (this.#over) abort(new Error('aborted'));
    else this.#abort = abort;
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
    if (this.#over) return;
    this.#over = true;
    this.#handler.onEnd();
  }

  onError(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    const { carrier } = this;
    // Who has begun to answer has seen the request.
    const isStale = carrier?.wasUsed === true && carrier.socket.bytesRead === carrier.bytesBefore;
    this.#handler.onError(withCode(error), isStale);
  }
}

/** undici's own name for bytes that are no HTTP; its parser errors do not always carry a code. */
function withCode(error: Error): Error {
  if (error.name !== 'HTTPParserError' || (error as NodeJS.ErrnoException).code !== undefined) return error;
  return Object.assign(error, { code: 'HPE_INVALID' });
}

// undici does not tell a handler which connection carried its request. Its diagnostics channels do: `create` is
// published within dispatch(), `sendHeaders` when the request is written to a socket.
let starting: HttpCall | undefined;
let isWatching = false;
const callOf = Symbol('call');
const wasUsed = Symbol('used');

interface TaggedRequest {
  [callOf]?: HttpCall;
}
interface TaggedSocket {
  [wasUsed]?: boolean;
  readonly bytesRead: number;
}

interface Carrier {
  readonly socket: TaggedSocket;
  /** It carried another request before. */
  readonly wasUsed: boolean;
  readonly bytesBefore: number;
}

function watchConnectionReuse(): void {
  if (isWatching) return;
  isWatching = true;
  diagnosticsChannel.subscribe('undici:request:create', (message) => {
    if (starting) (message as { request: TaggedRequest }).request[callOf] = starting;
  });
  diagnosticsChannel.subscribe('undici:client:sendHeaders', (message) => {
    const { request, socket } = message as { request: TaggedRequest; socket: TaggedSocket };
    const call = request[callOf];
    if (call) call.carrier = { socket, wasUsed: socket[wasUsed] === true, bytesBefore: socket.bytesRead };
    socket[wasUsed] = true;
  });
}
