import type { OnReadOpts, Socket } from 'node:net';
import type { Clock } from '../canonical/clock.ts';
import { sendFlowingBody } from './flowing-body.ts';
import { type CallConnection, HttpCall } from './http-call.ts';
import type { IdleLimit } from './idle-limit.ts';
import type { LearntFields } from './learnt-fields.ts';
import { type Endpoint, openSocket } from './open-socket.ts';
import type { Outbox } from './outbox.ts';
import { bodyLengthOf, encodeRequestHead } from './request-head.ts';
import type { RequestHeads } from './request-heads.ts';
import type { UpstreamCall, UpstreamHandler, UpstreamRequest } from './upstream-call.ts';
import { UpstreamError } from './upstream-error.ts';
import { writeMessage } from './write-message.ts';

export interface UpstreamConnectionOptions {
  readonly endpoint: Endpoint;
  /** Milliseconds it may take to open. */
  readonly connectMs: number;
  readonly clock: Pick<Clock, 'schedule' | 'now'>;
  /** How long it is kept idle when the upstream does not say. */
  readonly idleLimit: IdleLimit;
  /** Where reads go; all connections share it. */
  readonly readBuffer: Buffer;
  readonly maxHeaderBytes: number;
  /** What was learnt from the heads of responses on all connections to the upstream. */
  readonly fields: LearntFields;
  /** Heads of requests on all connections to the upstream. */
  readonly heads: RequestHeads;
  /** Where requests wait for the end of the turn. */
  readonly outbox: Outbox;
  readonly owner: ConnectionOwner;
}

/** Who holds connections between their calls. */
export interface ConnectionOwner {
  /** The connection can carry another call. */
  giveBack(connection: UpstreamConnection): void;
  /** It is closed or about to be. */
  letGo(connection: UpstreamConnection): void;
}

/** A connection to an upstream that carries one call after the other, never two at once. */
export class UpstreamConnection implements CallConnection {
  readonly #options: UpstreamConnectionOptions;
  readonly #socket: Socket;
  #call: HttpCall | undefined;
  #isOpen = false;
  /** It has carried a whole exchange. */
  isUsed = false;
  /** Monotonic milliseconds. */
  #idleSince = 0;
  /** For how long the upstream says that it keeps it idle. */
  #toldSeconds: number | undefined;

  constructor(options: UpstreamConnectionOptions) {
    this.#options = options;
    const { endpoint, connectMs, clock, idleLimit, readBuffer } = options;
    const onread: OnReadOpts = { buffer: readBuffer, callback: this.#onRead };
    this.#socket = openSocket({ endpoint, limitMs: connectMs, clock, onread, onOpen: this.#onOpen });
    this.#socket
      .on('error', this.#onError)
      .on('end', this.#onEnd)
      .on('close', this.#onClose)
      .on('timeout', this.#onIdle);
    // The socket's own timer starts anew with all that is read or written, and keeps no process alive.
    this.#socket.setTimeout(idleLimit.of(undefined));
  }

  /** An idle connection that can carry another call. */
  get isUsable(): boolean {
    return this.#socket.writable && this.#idleLeft() > 0;
  }

  /** Sends a request at the end of the turn in which the connection is open. Nothing else may be under way. */
  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    const { fields, maxHeaderBytes, outbox } = this.#options;
    const call = new HttpCall({ connection: this, request, handler, maxHeaderBytes, fields });
    this.#call = call;
    if (this.#isOpen) {
      this.#socket.ref();
      outbox.add(call);
    }
    return call;
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Closes it at once; the call under way hears nothing. */
  destroy(): void {
    this.#call = undefined;
    this.#options.owner.letGo(this);
    this.#socket.destroy();
  }

  /** Closes it at once; the call under way has failed. */
  fail(error: Error): void {
    const call = this.#call;
    this.destroy();
    call?.fail(error, this.isUsed);
  }

  /** The response is whole. */
  release(call: HttpCall): void {
    this.#call = undefined;
    const { isReusable, keepAliveSeconds } = call.reader;
    if (!isReusable || !call.isRequestSent) {
      this.destroy();
      return;
    }
    const { clock, endpoint } = this.#options;
    this.isUsed = true;
    this.#idleSince = clock.now();
    this.#toldSeconds = keepAliveSeconds;
    // TLS tells of what it wrote a turn later, when the answer may be there: what is untold after that is not written.
    if (endpoint.isSecure && this.#socket.writableLength > 0) setImmediate(() => this.#keep());
    else this.#keep();
  }

  #keep(): void {
    const { idleLimit, owner } = this.#options;
    const idleMs = idleLimit.of(this.#toldSeconds);
    // An answer that came before the end of the request leaves a connection on which nobody knows where that ends.
    if (idleMs <= 0 || !this.#socket.writable || this.#socket.writableLength > 0) {
      this.destroy();
      return;
    }
    if (this.#socket.timeout !== idleMs) this.#socket.setTimeout(idleMs);
    // Nothing waits for an idle connection, so it does not keep a process from ending.
    this.#socket.unref();
    owner.giveBack(this);
  }

  #idleLeft(): number {
    const { clock, idleLimit } = this.#options;
    return this.#idleSince + idleLimit.of(this.#toldSeconds) - clock.now();
  }

  /** The upstream gives it up while nobody uses it: nothing more is read. */
  #giveUp(): false {
    const { clock, idleLimit } = this.#options;
    if (this.isUsed && this.#toldSeconds === undefined) idleLimit.noteClosed(clock.now() - this.#idleSince);
    this.destroy();
    return false;
  }

  readonly #onOpen = (): void => {
    this.#isOpen = true;
    if (this.#call !== undefined) this.#options.outbox.add(this.#call);
  };

  /** Writes the request, unless something has befallen it meanwhile. */
  write(call: HttpCall): void {
    if (this.#call !== call) return;
    try {
      if (Buffer.isBuffer(call.request.body) && call.request.body.length > 0) this.#writeWhole(call, call.request.body);
      else this.#writeOther(call);
    } catch (error) {
      // Not at once: the caller of send() does not have its call yet.
      process.nextTick(() => this.#call === call && this.fail(error as Error));
    }
  }

  #writeWhole(call: HttpCall, body: Buffer): void {
    const head = this.#options.heads.encode(call.request, body.length);
    call.isSent = true;
    writeMessage(this.#socket, head, body);
  }

  /** A request without a body, or with one that flows. */
  #writeOther(call: HttpCall): void {
    const { request } = call;
    const { body } = request;
    const length = bodyLengthOf(request);
    const head = encodeRequestHead(request, this.#options.endpoint.host, length);
    call.isSent = true;
    this.#socket.write(head, 'latin1');
    if (body === undefined || Buffer.isBuffer(body)) return;
    const announced = typeof length === 'number' ? length : undefined;
    const onFault = (error: Error): void => this.fail(error);
    call.flowing = sendFlowingBody({ body, socket: this.#socket, length: announced, onFault });
  }

  readonly #onIdle = (): void => {
    if (this.#call !== undefined) return;
    const left = this.#idleLeft();
    if (left > 0) this.#socket.setTimeout(Math.ceil(left));
    else this.destroy();
  };

  readonly #onRead = (length: number, buffer: Uint8Array): boolean => {
    const call = this.#call;
    // Nobody asked for anything: a server that gives up an idle connection may say so, and then closes it.
    if (call === undefined) return this.#giveUp();
    if (!call.isSent) {
      // The same, while a request waits to go out: whatever it is, it is no answer to that.
      this.fail(new UpstreamError('UPSTREAM_CLOSED', 'the upstream spoke before it was asked'));
      return false;
    }
    this.#options.outbox.makeWay(length);
    call.reader.push((buffer as Buffer).subarray(0, length));
    return this.#deliver(call);
  };

  readonly #onEnd = (): void => {
    const call = this.#call;
    if (call === undefined) {
      this.#giveUp();
      return;
    }
    call.reader.close();
    this.#deliver(call);
  };

  /** A handler that throws has a fault of its own; its call fails rather than the process. */
  #deliver(call: HttpCall): boolean {
    try {
      return call.deliver();
    } catch (error) {
      this.fail(error as Error);
      return false;
    }
  }

  readonly #onError = (error: Error): void => {
    // What is whole and only waits for its reader to take it is not lost.
    if (this.#call?.reader.isEnded === true) return;
    this.fail(error);
  };

  readonly #onClose = (): void => {
    if (this.#call === undefined || this.#call.reader.isEnded) this.#options.owner.letGo(this);
    else this.fail(new UpstreamError('UPSTREAM_CLOSED', 'the connection was closed'));
  };
}
