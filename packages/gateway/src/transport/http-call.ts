import type { FlowingBody } from './flowing-body.ts';
import type { LearntFields } from './learnt-fields.ts';
import type { Leaving } from './outbox.ts';
import { ResponseReader } from './response-reader.ts';
import type { UpstreamCall, UpstreamHandler, UpstreamRequest } from './upstream-call.ts';

/** What carries a call. */
export interface CallConnection {
  /** Sends the request. */
  write(call: HttpCall): void;
  /** Reads on. */
  resume(): void;
  /** Closes it at once; the call under way hears nothing. */
  destroy(): void;
  /** Closes it at once; the call under way has failed. */
  fail(error: Error): void;
  /** The response is whole. */
  release(call: HttpCall): void;
}

interface HttpCallInput {
  readonly connection: CallConnection;
  readonly request: UpstreamRequest;
  readonly handler: UpstreamHandler;
  readonly maxHeaderBytes: number;
  readonly fields: LearntFields;
}

/** One request and its response. */
export class HttpCall implements UpstreamCall, Leaving {
  readonly #connection: CallConnection;
  readonly #handler: UpstreamHandler;
  readonly request: UpstreamRequest;
  readonly reader: ResponseReader;
  #isOver = false;
  #isPaused = false;
  isSent = false;
  flowing: FlowingBody | undefined;

  constructor({ connection, request, handler, maxHeaderBytes, fields }: HttpCallInput) {
    this.#connection = connection;
    this.#handler = handler;
    this.request = request;
    this.reader = new ResponseReader({ method: request.method, maxHeaderBytes, fields });
  }

  get isRequestSent(): boolean {
    return this.flowing === undefined || this.flowing.isSent;
  }

  leave(): void {
    this.#connection.write(this);
  }

  abort(): void {
    if (!this.#finish()) return;
    this.#connection.destroy();
  }

  resume(): void {
    if (this.#isOver || !this.#isPaused) return;
    this.#isPaused = false;
    // Also where nothing is left of this response: the next one on the connection has to be read.
    this.#connection.resume();
    if (this.reader.isEnded || this.reader.fault !== undefined) this.#settle();
  }

  fail(error: Error, wasUsed: boolean): void {
    // Who has begun to answer has seen the request.
    if (this.#finish()) this.#handler.onError(error, wasUsed && !this.reader.hasBegun);
  }

  /** Tells what the last read brought. Answers false when no more is wanted for now. */
  deliver(): boolean {
    const { head, data } = this.reader;
    if (head !== undefined) this.#handler.onHead(head.status, head.rawHeaders);
    if (this.#isOver) return false;
    if (data !== undefined && !this.#handler.onData(data)) this.#isPaused = true;
    if (this.#isOver) return false;
    if (!this.#isPaused) this.#settle();
    return !this.#isPaused;
  }

  #settle(): void {
    const { fault, isEnded } = this.reader;
    if (fault !== undefined) {
      this.#connection.fail(fault);
    } else if (isEnded && this.#finish()) {
      this.#connection.release(this);
      this.#end();
    }
  }

  /** The connection may already carry another call, which a handler that throws must not break. */
  #end(): void {
    try {
      this.#handler.onEnd();
    } catch (error) {
      this.#handler.onError(error as Error, false);
    }
  }

  /** Answers whether it was not over before. */
  #finish(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.flowing?.stop();
    return true;
  }
}
