import type { GatewayError } from '../canonical/gateway-error.ts';
import type { InboundBody, PeekedBody } from '../inbound-body.ts';
import { bodyTooLarge } from './request-body.ts';

interface Reader {
  readonly resolve: (body: Buffer) => void;
  readonly reject: (error: GatewayError) => void;
}

/** The body of a plain request: a known number of bytes, which come in pieces. */
export class PlainBody implements InboundBody {
  readonly contentType: string;
  readonly contentLength: number;
  readonly #onAsked: () => void;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #reader: Reader | undefined;
  #fault: GatewayError | undefined;
  #isDropped = false;

  /** `onAsked`: somebody reads it now. */
  constructor(contentType: string, contentLength: number, onAsked: () => void) {
    this.contentType = contentType;
    this.contentLength = contentLength;
    this.#onAsked = onAsked;
  }

  get isComplete(): boolean {
    return this.#bytes === this.contentLength;
  }

  /** Its bytes have somewhere to go. */
  get isFlowing(): boolean {
    return this.#reader !== undefined || this.#isDropped;
  }

  /** Takes what belongs to the body, and answers how many bytes that is. */
  push(bytes: Buffer): number {
    const count = Math.min(bytes.length, this.contentLength - this.#bytes);
    this.#bytes += count;
    if (count > 0 && !this.#isDropped) this.#pieces.push(count === bytes.length ? bytes : bytes.subarray(0, count));
    if (this.isComplete) this.#settle();
    return count;
  }

  /** No more comes of it. */
  fail(error: GatewayError): void {
    if (this.isComplete || this.#fault !== undefined) return;
    this.#fault = error;
    this.#settle();
  }

  /** Nobody wants it any more; what still comes is counted only. */
  drop(): void {
    this.#isDropped = true;
    this.#pieces = [];
  }

  readAll(maxBytes: number): Buffer | Promise<Buffer> {
    if (this.contentLength > maxBytes) throw bodyTooLarge(maxBytes);
    if (this.isComplete) return this.#take();
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
      if (this.#fault !== undefined) this.#settle();
      else this.#onAsked();
    });
  }

  /** The whole of it, since what flows through unread is never a plain request. */
  async peek(): Promise<PeekedBody> {
    return { head: await this.readAll(this.contentLength), rest: undefined };
  }

  #settle(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    if (this.#fault !== undefined) reader.reject(this.#fault);
    else reader.resolve(this.#take());
  }

  #take(): Buffer {
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, this.#bytes);
  }
}
