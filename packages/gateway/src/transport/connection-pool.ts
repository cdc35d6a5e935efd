import { type buildConnector, Client } from 'undici';
import type { Clock } from '../canonical/clock.ts';
import { createConnector } from './connector.ts';

export interface ConnectionPoolOptions {
  /** `https://api.groq.com`. */
  readonly origin: string;
  /** Milliseconds a new connection may take. */
  readonly connectMs: number;
  readonly clock: Pick<Clock, 'schedule'>;
  /** Milliseconds an idle connection is kept when the upstream does not say. */
  readonly keepAliveMs: number;
  /** Largest response head in bytes. */
  readonly maxHeaderBytes: number;
}

/**
 * Connections to one origin. undici's own pool would do, but it does not tell which connection carries a request, nor
 * whether that one had served another before; and it leaves a connection alone for a turn of the event loop after each
 * reply, besides the turn that undici waits anyway before it uses an idle one.
 */
export class ConnectionPool {
  readonly #options: ConnectionPoolOptions;
  /** One for all connections: it remembers TLS sessions. */
  readonly #connect: buildConnector.connector;
  /** The one used last is used next, so that those which are not needed fall idle. */
  readonly #free: Connection[] = [];
  readonly #all = new Set<Connection>();

  constructor(options: ConnectionPoolOptions) {
    this.#options = options;
    this.#connect = createConnector({ limitMs: options.connectMs, clock: options.clock });
  }

  /** A connection that nobody uses; it opens itself when it has to. Whoever took it gives it back or lets it go. */
  take(): Connection {
    const free = this.#free.pop();
    if (free === undefined) return this.#create('kept');
    free.isFree = false;
    return free;
  }

  /** A connection for one request, for a body that cannot be sent again when the connection turns out to be dead. */
  takeNew(): Connection {
    return this.#create('used once');
  }

  async destroy(): Promise<void> {
    const destroyed = [...this.#all].map(({ client }) => client.destroy());
    this.#free.length = 0;
    this.#all.clear();
    await Promise.all(destroyed);
  }

  #create(kind: 'kept' | 'used once'): Connection {
    const { origin, keepAliveMs, maxHeaderBytes } = this.#options;
    const client = new Client(origin, {
      // One request at a time is what the pool sees to. With 2 undici takes the next one as soon as a reply has ended.
      pipelining: kind === 'kept' ? 2 : 0,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: keepAliveMs,
      maxHeaderSize: maxHeaderBytes,
      connect: this.#connect,
      strictContentLength: true,
    });
    const connection = new Connection(client, {
      giveBack: () => {
        if (kind === 'used once') this.#letGo(connection);
        else this.#free.push(connection);
      },
      letGo: () => this.#letGo(connection),
    });
    this.#all.add(connection);
    return connection;
  }

  #letGo(connection: Connection): void {
    if (!this.#all.delete(connection)) return;
    const index = this.#free.indexOf(connection);
    if (index !== -1) this.#free.splice(index, 1);
    // Not destroyed at once: undici may be in the middle of telling about it. But before the socket has closed, since a
    // client that is still there then opens another connection, for a request that was aborted.
    process.nextTick(() => connection.client.destroy(() => {}));
  }
}

interface ConnectionOwner {
  giveBack(): void;
  letGo(): void;
}

/** One connection. While somebody has it undici opens it anew where it was lost before the request was written. */
export class Connection {
  readonly client: Client;
  readonly #owner: ConnectionOwner;
  /** It has carried a whole exchange since it was opened. */
  isUsed = false;
  isFree = false;

  constructor(client: Client, owner: ConnectionOwner) {
    this.client = client;
    this.#owner = owner;
    client.on('connect', () => {
      this.isUsed = false;
    });
    client.on('disconnect', () => {
      if (this.isFree) this.letGo();
    });
  }

  /** The reply has ended well. */
  giveBack(): void {
    this.isUsed = true;
    this.isFree = true;
    this.#owner.giveBack();
  }

  /** It is of no use any more. */
  letGo(): void {
    this.#owner.letGo();
  }
}
