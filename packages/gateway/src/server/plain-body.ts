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
  /** What has come of it, and room for more. */
  #bytes = nothing;
  #length = 0;
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
    return this.#length === this.contentLength;
  }

  /** Its bytes have somewhere to go. */
  get isFlowing(): boolean {
    return this.#reader !== undefined || this.#isDropped;
  }

  /** Takes a copy of what belongs to the body, from `start` on, and answers how many bytes that is. */
  push(bytes: Buffer, start: number): number {
    const count = Math.min(bytes.length - start, this.contentLength - this.#length);
    if (count > 0 && !this.#isDropped) this.#keep(bytes, start, count);
    this.#length += count;
    if (this.isComplete) this.#settle();
    return count;
  }

  #keep(bytes: Buffer, start: number, count: number): void {
    const needed = this.#length + count;
    if (needed > this.#bytes.length) {
      // Twice what came: a client could claim any length.
      const larger = Buffer.allocUnsafe(Math.min(needed * 2, this.contentLength));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    bytes.copy(this.#bytes, this.#length, start, start + count);
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
    this.#bytes = nothing;
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
    const bytes = this.#bytes;
    this.#bytes = nothing;
    return bytes;
  }
}

const nothing: Buffer = Buffer.alloc(0);
