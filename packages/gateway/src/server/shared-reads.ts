import { type Server, Socket, type SocketConstructorOpts } from 'node:net';
import { ByteViews } from '../canonical/byte-views.ts';

/** What node keeps of a connection that a server has accepted, besides what its types tell. */
interface Accepted {
  _handle: { readonly useUserBuffer?: unknown } | null;
  _server?: Server | null;
  server?: Server | null;
}

/** As many bytes as node reads at once. */
const read = new ByteViews(Buffer.allocUnsafeSlow(64 * 1024));

/**
 * A client's connection that is read into one buffer of the whole process. For each read of an accepted connection node
 * makes 64 KiB of memory and copies what came to another piece of its size; `onread`, which spares that, is an option of
 * sockets that somebody makes. So one is made around what was accepted. See ADR 31.
 */
export class SharedReads {
  /** The connection; `accepted` is of no more use. */
  readonly socket: Socket;
  #onRead: ((bytes: Buffer) => void) | undefined;

  /** `onRead` is told of all that comes, in bytes that are valid until it returns. */
  constructor(accepted: Socket, onRead: (bytes: Buffer) => void) {
    this.#onRead = onRead;
    this.socket = this.#remade(accepted) ?? accepted.on('data', this.#onData);
  }

  /** From now on it is a socket like any other; `unread` is the first that comes of it, after the next `resume`. */
  release(unread: Buffer): void {
    this.#onRead = undefined;
    this.socket.off('data', this.#onData).pause();
    this.socket.unshift(Buffer.from(unread));
  }

  readonly #onData = (bytes: Buffer): void => this.#onRead?.(bytes);

  /** Undefined where node has other ways than those that are known here. */
  #remade(accepted: Socket & Partial<Accepted>): Socket | undefined {
    const { _handle: handle, _server: server, readableHighWaterMark, writableHighWaterMark } = accepted;
    if (!server || typeof handle?.useUserBuffer !== 'function') return undefined;
    accepted._handle = null;
    const callback = (length: number): boolean => {
      const bytes = read.to(length);
      if (this.#onRead === undefined) return this.socket.push(Buffer.from(bytes));
      this.#onRead(bytes);
      return true;
    };
    const onread = { buffer: read.bytes, callback };
    const options = { handle, allowHalfOpen: true, readableHighWaterMark, writableHighWaterMark, onread };
    const socket: Socket & Partial<Accepted> = new Socket(options as SocketConstructorOpts);
    // Where the server counts its connections.
    socket.server = server;
    socket._server = server;
    return socket;
  }
}
