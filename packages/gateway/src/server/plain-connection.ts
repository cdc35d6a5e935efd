import type { Socket } from 'node:net';
import type { Clock } from '../canonical/clock.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { Exchange } from '../exchange.ts';
import type { Outbox } from '../transport/outbox.ts';
import { HeadReader } from './head-reader.ts';
import { PlainBody } from './plain-body.ts';
import type { PlainHead } from './plain-head.ts';
import { PlainReply, type ReplyOwner } from './plain-reply.ts';
import { clientLeft } from './request-body.ts';
import type { InferenceMatch } from './serve-inference.ts';
import { KEEP_ALIVE_MS, LEFTOVER_MS, REQUEST_MS } from './server-limits.ts';
import { SharedReads } from './shared-reads.ts';
import { endSilent } from './silent-connection.ts';

/** A plain request whose head has come, and where its reply goes. */
export interface PlainRequest {
  readonly head: PlainHead;
  readonly match: InferenceMatch;
  readonly peerAddress: string;
  readonly body: PlainBody;
  readonly reply: PlainReply;
}

export interface PlainServer {
  readonly clock: Pick<Clock, 'schedule'>;
  /** Where the ends of replies wait for the end of the turn. */
  readonly outbox: Outbox;
  /** What is asked for; undefined where that is for node:http. */
  readonly match: (url: string, contentType: string | undefined) => InferenceMatch | undefined;
  /** Answers what is to be cancelled when the client leaves. */
  readonly serve: (request: PlainRequest) => Pick<Exchange, 'cancel'>;
  readonly isDraining: () => boolean;
  /** Gives a connection to node:http, for good. */
  readonly handOver: (socket: Socket) => void;
}

/** Bytes of later requests that are held while a reply is under way. */
const MOST_AHEAD = 64 * 1024;

/**
 * A client's connection as long as its requests are plain (see readPlainHead) and the server takes them: one after the
 * other, read and answered here, which takes less than node:http does (ADR 25). With the first that is not, the connection
 * goes over to node:http as if nothing of it had been read.
 */
export class PlainConnection implements ReplyOwner {
  readonly #server: PlainServer;
  readonly #reads: SharedReads;
  readonly socket: Socket;
  readonly #heads = new HeadReader();
  readonly #peerAddress: string;
  /** The request under way; undefined between two. */
  #body: PlainBody | undefined;
  #reply: PlainReply | undefined;
  #exchange: Pick<Exchange, 'cancel'> | undefined;
  /** Bytes after the request under way. */
  #ahead: Buffer | undefined;
  #keepsAlive = true;
  #cancelLimit = (): void => {};

  constructor(server: PlainServer, accepted: Socket) {
    this.#server = server;
    this.#reads = new SharedReads(accepted, (bytes) => this.#onData(bytes));
    const { socket } = this.#reads;
    this.socket = socket;
    this.#peerAddress = socket.remoteAddress ?? '';
    socket.setTimeout(KEEP_ALIVE_MS);
    socket.on('end', this.#onEnd).on('error', this.#onError).on('close', this.#onClose).on('timeout', this.#onTimeout);
  }

  get isReplying(): boolean {
    return this.#reply !== undefined;
  }

  get keepsAlive(): boolean {
    return this.#keepsAlive && !this.#server.isDraining();
  }

  /** What is needed of them later is copied. */
  #onData(bytes: Buffer): void {
    this.#server.outbox.makeWay(bytes.length);
    const body = this.#body;
    if (body === undefined) {
      this.#begin(bytes);
      return;
    }
    const taken = body.isComplete ? 0 : body.push(bytes, 0);
    if (taken < bytes.length) this.#keepAhead(bytes.subarray(taken));
    if (taken > 0 && body.isComplete) this.#onBodyComplete();
  }

  #begin(bytes: Buffer): void {
    // It is being closed, as it had nothing to do: no answer would reach its client, which asks again on another one.
    if (!this.socket.writable) return;
    const server = this.#server;
    const head = this.#heads.read(bytes);
    const contentType = head?.headers['content-type'];
    const match = head && server.match(head.url, contentType);
    if (head === undefined || match === undefined) {
      this.#handOver(bytes);
      return;
    }
    const { socket } = this;
    const body = new PlainBody(contentType ?? '', head.contentLength, this.#onAsked);
    const end = head.end + body.push(bytes, head.end);
    if (end < bytes.length) this.#keepAhead(bytes.subarray(end));
    const reply = new PlainReply(socket, server.outbox, this);
    this.#body = body;
    this.#reply = reply;
    if (!body.isComplete) this.#limit(REQUEST_MS, () => this.#giveUp());
    this.#exchange = server.serve({ head, match, peerAddress: this.#peerAddress, body, reply });
    // What nobody reads yet waits where it is.
    if (!body.isComplete && !body.isFlowing) socket.pause();
  }

  readonly #onAsked = (): void => void this.socket.resume();

  #keepAhead(bytes: Buffer): void {
    if (this.#ahead === undefined && !mayBeginRequest(bytes[0]!)) {
      // Its answer would be taken for that of the next request.
      this.#keepsAlive = false;
      return;
    }
    this.#ahead = this.#ahead === undefined ? Buffer.from(bytes) : Buffer.concat([this.#ahead, bytes]);
    if (this.#ahead.length > MOST_AHEAD) this.socket.pause();
  }

  #onBodyComplete(): void {
    this.#cancelLimit();
    if (this.#reply === undefined) this.#next();
  }

  /** The rest of a body did not come in its time. */
  #giveUp(): void {
    this.#keepsAlive = false;
    this.#body?.fail(new GatewayError('request_timeout', 'The request did not arrive in time.'));
  }

  onReplyEnd(keepsAlive: boolean): void {
    // Something may have happened since the head went out.
    this.#keepsAlive &&= keepsAlive;
    const body = this.#body;
    if (body === undefined || body.isComplete) return;
    if (this.socket.readableEnded) {
      this.socket.destroySoon();
      return;
    }
    // A client that still writes may lose the reply if the connection is closed on it, so that it may go on for a while.
    body.drop();
    this.#limit(LEFTOVER_MS, () => this.socket.destroySoon());
    this.socket.resume();
  }

  readonly onFlushed = (error?: Error | null): void => {
    // The connection broke, which its end tells of.
    if (error || this.socket.destroyed) return;
    this.#reply = undefined;
    this.#exchange = undefined;
    if (this.#body?.isComplete) this.#next();
  };

  /** The client is gone before its reply was. */
  #cancel(): void {
    const exchange = this.#exchange;
    this.#reply = undefined;
    this.#exchange = undefined;
    exchange?.cancel('client_closed');
  }

  /** Request and reply are over. */
  #next(): void {
    const { socket } = this;
    this.#body = undefined;
    if (!this.keepsAlive) {
      socket.destroySoon();
      return;
    }
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead === undefined) return;
    socket.resume();
    this.#begin(ahead);
  }

  /** As if nothing had been read: what was goes back in front of what is to come. */
  #handOver(bytes: Buffer): void {
    const { socket } = this;
    socket.off('end', this.#onEnd).off('error', this.#onError).off('close', this.#onClose);
    socket.off('timeout', this.#onTimeout).setTimeout(0);
    connections.delete(socket);
    this.#reads.release(bytes);
    this.#server.handOver(socket);
    socket.resume();
  }

  #limit(limitMs: number, callback: () => void): void {
    this.#cancelLimit();
    this.#cancelLimit = this.#server.clock.schedule(callback, limitMs);
  }

  /** The client closes its side, which is taken for leaving; in the middle of a body, that is worth an answer. */
  readonly #onEnd = (): void => {
    this.#keepsAlive = false;
    // A reply that has ended is to leave before its connection is closed.
    this.#server.outbox.flush();
    const body = this.#body;
    if (this.#reply !== undefined && body?.isComplete === false && !this.#reply.isBegun) {
      body.fail(new GatewayError('invalid_request', 'The connection was closed before the request was complete.'));
      return;
    }
    this.socket.destroySoon();
    this.#cancel();
  };

  readonly #onTimeout = (): void => endSilent(this.socket, this.#reply !== undefined && !this.#reply.isOver);

  readonly #onError = (): void => void this.socket.destroy();

  readonly #onClose = (): void => {
    this.#cancelLimit();
    this.#body?.fail(clientLeft());
    this.#cancel();
  };
}

/** The names of all methods are upper case; empty lines may stand before them. */
function mayBeginRequest(byte: number): boolean {
  return (byte >= UPPER_A && byte <= UPPER_Z) || byte === CR || byte === LF;
}

const UPPER_A = 65;
const UPPER_Z = 90;
const CR = 13;
const LF = 10;

const connections = new WeakMap<Socket, PlainConnection>();

/** Serves a connection for as long as its requests are plain; gives its socket, which takes the place of `accepted`. */
export function servePlainly(server: PlainServer, accepted: Socket): Socket {
  const connection = new PlainConnection(server, accepted);
  connections.set(connection.socket, connection);
  return connection.socket;
}

/** Whether a reply to a plain request is under way on a connection. */
export function isReplyingPlainly(socket: Socket): boolean {
  return connections.get(socket)?.isReplying === true;
}
