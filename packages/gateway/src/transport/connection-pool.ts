import type { Clock } from '../canonical/clock.ts';
import { IdleLimit } from './idle-limit.ts';
import { LearntFields } from './learnt-fields.ts';
import { type Endpoint, endpointOf } from './open-socket.ts';
import type { Outbox } from './outbox.ts';
import { RequestHeads } from './request-heads.ts';
import { type ConnectionOwner, UpstreamConnection } from './upstream-connection.ts';
import { UpstreamError } from './upstream-error.ts';

export interface ConnectionPoolOptions {
  /** `https://api.groq.com`. */
  readonly origin: string;
  readonly clock: Pick<Clock, 'schedule' | 'now'>;
  /** Milliseconds an idle connection is kept when the upstream does not say, and has not closed one sooner. */
  readonly keepAliveMs: number;
  readonly readBuffer: Buffer;
  /** Largest response head in bytes. */
  readonly maxHeaderBytes: number;
  readonly outbox: Outbox;
}

/** Connections to one origin. */
export class ConnectionPool implements ConnectionOwner {
  readonly #options: ConnectionPoolOptions;
  readonly #endpoint: Endpoint;
  readonly #idleLimit: IdleLimit;
  readonly #fields = new LearntFields();
  readonly #heads: RequestHeads;
  /** The one used last is used next, so that those which are not needed fall idle. */
  readonly #free: UpstreamConnection[] = [];
  readonly #all = new Set<UpstreamConnection>();

  constructor(options: ConnectionPoolOptions) {
    this.#options = options;
    this.#endpoint = endpointOf(options.origin);
    this.#heads = new RequestHeads(this.#endpoint.host);
    this.#idleLimit = new IdleLimit(options.clock, options.keepAliveMs);
  }

  /** A connection that nobody uses. Whoever took it gives it back or lets it go. */
  take(connectMs: number): UpstreamConnection {
    for (let free = this.#free.pop(); free !== undefined; free = this.#free.pop()) {
      if (free.isUsable) return free;
      free.destroy();
    }
    return this.takeNew(connectMs);
  }

  /** A connection that has not been used: for a body that cannot be sent again when the connection turns out to be dead. */
  takeNew(connectMs: number): UpstreamConnection {
    const { clock, maxHeaderBytes, outbox, readBuffer } = this.#options;
    const connection = new UpstreamConnection({
      endpoint: this.#endpoint,
      connectMs,
      clock,
      idleLimit: this.#idleLimit,
      maxHeaderBytes,
      fields: this.#fields,
      heads: this.#heads,
      readBuffer,
      outbox,
      owner: this,
    });
    this.#all.add(connection);
    return connection;
  }

  giveBack(connection: UpstreamConnection): void {
    this.#free.push(connection);
  }

  letGo(connection: UpstreamConnection): void {
    if (!this.#all.delete(connection)) return;
    const index = this.#free.indexOf(connection);
    if (index !== -1) this.#free.splice(index, 1);
  }

  /** Closes all connections; calls under way fail. */
  close(): void {
    const error = new UpstreamError('UPSTREAM_CLOSED', 'the gateway closes its connections');
    for (const connection of [...this.#all]) connection.fail(error);
  }
}
