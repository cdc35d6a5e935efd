import { ClientConnection } from './client-connection.mjs';
import { encodeRequest } from './request-bytes.mjs';
import { Tally } from './tally.mjs';

/** @typedef {import('./tally.mjs').LoadError} LoadError */
/**
 * A closed loop: each of `concurrency` connections sends its next request when the reply to the last one is complete.
 * @typedef {{ kind: 'unary', port: number, concurrency: number, seconds: number } & import('./request-bytes.mjs').RequestShape} UnaryCommand
 */

/** What is not answered this long after the end of a run counts as a timeout. */
const GRACE_MS = 10_000;
/** A subject that refuses connections ends the run instead of being asked for ever. */
const FAILURE_LIMIT = 1_000;

/**
 * Runs a closed loop of whole replies and says what came back. Never rejects: what goes wrong is counted.
 * @param {UnaryCommand} command
 * @returns {Promise<import('./tally.mjs').LoadResult>}
 */
export function runUnaryLoad(command) {
  const request = encodeRequest(command);
  const tally = new Tally();
  const endsAt = tally.startedAt + command.seconds * 1_000;
  return new Promise((resolve) => {
    /** @type {Set<UnaryClient>} */
    const clients = new Set();
    const limit = setTimeout(
      () => {
        for (const client of clients) client.connection.close('timeout');
      },
      command.seconds * 1_000 + GRACE_MS,
    );
    const onIdle = (/** @type {UnaryClient} */ client) => {
      clients.delete(client);
      client.connection.abandon();
      if (clients.size > 0) return;
      clearTimeout(limit);
      resolve(tally.result());
    };
    for (let index = 0; index < command.concurrency; index += 1) {
      clients.add(new UnaryClient({ port: command.port, request, tally, endsAt, onIdle }));
    }
    for (const client of clients) client.send();
  });
}

/** One connection of the loop and the exchange on it, reused so that the driver allocates next to nothing. */
class UnaryClient {
  /** @param {{ port: number, request: Buffer, tally: Tally, endsAt: number, onIdle: (client: UnaryClient) => void }} parts */
  constructor({ port, request, tally, endsAt, onIdle }) {
    this.port = port;
    this.request = request;
    this.tally = tally;
    this.endsAt = endsAt;
    this.onIdle = onIdle;
    this.status = 0;
    this.sentAt = 0;
    this.connection = new ClientConnection(port, () => {});
  }

  send() {
    this.sentAt = performance.now();
    this.connection.send(this.request, this);
  }

  /** @param {number} status */
  head(status) {
    this.status = status;
  }

  data() {}

  end() {
    const now = performance.now();
    this.tally.countStatus(this.status);
    if (this.status === 200) {
      this.tally.requests += 1;
      this.tally.ok += 1;
      this.tally.latency.record(now - this.sentAt);
    } else {
      this.tally.fail('status');
    }
    this.#next(now);
  }

  /** @param {LoadError} kind */
  broken(kind) {
    this.tally.fail(kind);
    this.connection.abandon();
    const failures = this.tally.requests - this.tally.ok;
    if (kind === 'timeout' || failures >= FAILURE_LIMIT) {
      this.onIdle(this);
      return;
    }
    this.connection = new ClientConnection(this.port, () => {});
    this.#next(performance.now());
  }

  /** @param {number} now */
  #next(now) {
    if (now >= this.endsAt) {
      this.onIdle(this);
      return;
    }
    // A subject may close a connection after an error reply; the next request then needs a new one.
    if (this.connection.socket.destroyed) this.connection = new ClientConnection(this.port, () => {});
    this.send();
  }
}
