import { connect } from 'node:net';
import { ReplyReader } from './reply-reader.mjs';

/** @typedef {import('./tally.mjs').LoadError} LoadError */
/**
 * One request and its reply on a connection. `broken` is called instead of `end`, and either is called exactly once.
 * @typedef {import('./reply-reader.mjs').ReplySink & { broken(kind: LoadError): void }} Exchange
 */

/** A keep-alive connection to a subject that carries one exchange at a time. */
export class ClientConnection {
  /**
   * @param {number} port on the loopback interface
   * @param {() => void} onClosed called once, after a pending exchange was told
   */
  constructor(port, onClosed) {
    /** @type {Exchange | undefined} */
    this.exchange = undefined;
    this.reader = new ReplyReader({
      head: (status) => this.#current().head(status),
      data: (bytes, start, end) => this.exchange?.data(bytes, start, end),
      end: () => {
        const exchange = this.#current();
        this.exchange = undefined;
        exchange.end();
      },
    });
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (bytes) => this.#read(/** @type {Buffer} */ (/** @type {unknown} */ (bytes))));
    this.socket.on('error', () => this.socket.destroy());
    this.socket.on('close', () => {
      this.#break(this.reader.isMidReply ? 'truncated' : 'connection');
      onClosed();
    });
  }

  get isUsable() {
    return !this.socket.destroyed && this.exchange === undefined;
  }

  /**
   * @param {Buffer} request
   * @param {Exchange} exchange
   */
  send(request, exchange) {
    this.exchange = exchange;
    this.socket.write(request);
  }

  /** Leaves without telling the exchange, as a client that has gone away does. */
  abandon() {
    this.exchange = undefined;
    this.socket.destroy();
  }

  /** @param {LoadError} kind what the pending exchange, if any, is told */
  close(kind) {
    this.#break(kind);
    this.socket.destroy();
  }

  /** @param {Buffer} bytes */
  #read(bytes) {
    try {
      this.reader.push(bytes);
    } catch {
      this.close('protocol');
    }
  }

  #current() {
    if (this.exchange === undefined) throw new Error('Bytes came without a request.');
    return this.exchange;
  }

  /** @param {LoadError} kind */
  #break(kind) {
    const { exchange } = this;
    this.exchange = undefined;
    exchange?.broken(kind);
  }
}
