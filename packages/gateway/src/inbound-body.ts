import type { Readable } from 'node:stream';

/** The first bytes of a body, and whatever follows them. */
export interface PeekedBody {
  readonly head: Buffer;
  /** The rest as it arrives; undefined when `head` is the whole body. */
  readonly rest: Readable | undefined;
}

/** The body of a client's request, not read yet. */
export interface InboundBody {
  readonly contentType: string;
  /** Content-Length, undefined when the body is chunked. */
  readonly contentLength: number | undefined;
  /**
   * The whole body, at once where all of it is here. Throws `payload_too_large` as soon as it is known to be longer than
   * `maxBytes`.
   */
  readAll(maxBytes: number): Buffer | Promise<Buffer>;
  /** The first bytes, at least `bytes` of them unless the body is shorter. The rest is read only as it is consumed. */
  peek(bytes: number): Promise<PeekedBody>;
}
