import { ChunkReader } from './chunk-reader.ts';
import type { LearntFields } from './learnt-fields.ts';
import { parseResponseHead, type ResponseHead } from './response-head.ts';
import { malformed, UpstreamError } from './upstream-error.ts';

export interface ResponseReaderOptions {
  /** The method of the request: the response to a HEAD has no body. */
  readonly method: string;
  /** Largest head, and largest trailer, in bytes. */
  readonly maxHeaderBytes: number;
  /** What was learnt from other heads of the upstream. */
  readonly fields: LearntFields;
}

/**
 * Reads one response of HTTP/1.1 (RFC 9112) from bytes split anywhere. Pure: what each `push` brought is in the members
 * below, to be told in the order head, data, fault or end. The bytes given are only borrowed; what the members hold is a
 * copy, so that the next read may go into the same memory.
 */
export class ResponseReader {
  readonly #options: ResponseReaderOptions;
  #state: 'head' | 'fixed body' | 'chunks' | 'body until close' = 'head';
  /** Bytes still to come of a body of fixed length. */
  #left = 0;
  #chunks: ChunkReader | undefined;
  /** A head that has not come whole. */
  #partial: Buffer | undefined;
  #partialBytes = 0;

  /** The head, in the push that completed it. */
  head: ResponseHead | undefined;
  /** Bytes of the body that the last push brought. */
  data: Buffer | undefined;
  isEnded = false;
  /** Why this is no response that anybody could rely on. */
  fault: UpstreamError | undefined;
  /** The upstream has said anything, if only that it goes on. */
  hasBegun = false;
  /** Nothing came that keeps the connection from carrying another request; true only of a response that has ended. */
  isReusable = false;
  /** For how long the upstream keeps an idle connection, as far as it says so. */
  keepAliveSeconds: number | undefined;

  constructor(options: ResponseReaderOptions) {
    this.#options = options;
  }

  /** Reads on. Nothing happens after the end or a fault. */
  push(bytes: Buffer): void {
    this.head = undefined;
    this.data = undefined;
    if (this.isEnded || this.fault !== undefined || bytes.length === 0) return;
    this.hasBegun = true;
    try {
      this.#read(bytes);
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      this.fault = error;
    }
  }

  /** The upstream has closed the connection; only a body without a length of its own ends like that. */
  close(): void {
    this.head = undefined;
    this.data = undefined;
    if (this.isEnded || this.fault !== undefined) return;
    if (this.#state === 'body until close') this.isEnded = true;
    else this.fault = new UpstreamError('UPSTREAM_CLOSED', 'the upstream closed the connection');
  }

  #read(bytes: Buffer): void {
    let index = 0;
    // Informational heads come before the real one, any number of them.
    while (this.#state === 'head' && !this.isEnded && index < bytes.length) {
      index = this.#readHead(bytes, index);
      if (index === -1) return;
    }
    if (this.#state === 'fixed body') index = this.#readFixed(bytes, index);
    else if (this.#state === 'chunks') index = this.#readChunks(this.#chunks!, bytes, index);
    else if (this.#state === 'body until close' && index < bytes.length) {
      this.data = Buffer.from(bytes.subarray(index));
      index = bytes.length;
    }
    // Nobody asked for more than the response.
    if (index < bytes.length) this.isReusable = false;
  }

  /** Answers where the head ended, or -1 when there is more of it to come. */
  #readHead(bytes: Buffer, start: number): number {
    if (this.#partial !== undefined) return this.#readRestOfHead(this.#partial, bytes);
    const { maxHeaderBytes } = this.#options;
    const end = bytes.indexOf('\r\n\r\n', start, 'latin1');
    const length = (end === -1 ? bytes.length : end) - start;
    if (length > maxHeaderBytes) {
      checkLineEnds(bytes, start, start + maxHeaderBytes);
      throw this.#tooLarge();
    }
    if (end !== -1) {
      this.#takeHead(bytes.toString('latin1', start, end));
      return end + 4;
    }
    const partial = Buffer.allocUnsafe(maxHeaderBytes + 4);
    this.#partial = partial;
    this.#partialBytes = bytes.copy(partial, 0, start);
    checkLineEnds(partial, 0, this.#partialBytes);
    return -1;
  }

  #readRestOfHead(partial: Buffer, bytes: Buffer): number {
    const before = this.#partialBytes;
    const length = before + bytes.copy(partial, before);
    const end = partial.subarray(0, length).indexOf('\r\n\r\n', Math.max(0, before - 3), 'latin1');
    if (end === -1) {
      const { maxHeaderBytes } = this.#options;
      checkLineEnds(partial, before, Math.min(length, maxHeaderBytes));
      if (length > maxHeaderBytes) throw this.#tooLarge();
      this.#partialBytes = length;
      return -1;
    }
    this.#partial = undefined;
    this.#takeHead(partial.toString('latin1', 0, end));
    return end + 4 - before;
  }

  #takeHead(text: string): void {
    const head = readHead(text, this.#options.fields);
    const { status } = head;
    if (status === 101) throw new UpstreamError('UPSTREAM_MALFORMED', 'the upstream switched protocols unasked');
    if (status < 200) return;
    this.head = head;
    this.isReusable = head.isKept;
    this.keepAliveSeconds = head.keepAliveSeconds;
    const hasNoBody = this.#options.method === 'HEAD' || status === 204 || status === 304;
    if (hasNoBody || head.contentLength === 0) {
      this.isEnded = true;
    } else if (head.isChunked) {
      this.#state = 'chunks';
      this.#chunks = new ChunkReader(this.#options.maxHeaderBytes);
    } else if (head.contentLength > 0) {
      this.#state = 'fixed body';
      this.#left = head.contentLength;
    } else {
      this.#state = 'body until close';
      this.isReusable = false;
    }
  }

  #readFixed(bytes: Buffer, start: number): number {
    const end = Math.min(bytes.length, start + this.#left);
    if (end > start) this.data = Buffer.from(bytes.subarray(start, end));
    this.#left -= end - start;
    this.isEnded = this.#left === 0;
    return end;
  }

  #readChunks(chunks: ChunkReader, bytes: Buffer, start: number): number {
    try {
      return chunks.push(bytes, start);
    } finally {
      this.data = chunks.data;
      this.isEnded = chunks.isEnded;
    }
  }

  #tooLarge(): UpstreamError {
    const { maxHeaderBytes } = this.#options;
    return new UpstreamError('UPSTREAM_HEAD_TOO_LARGE', `the head has more than ${maxHeaderBytes} bytes`);
  }
}

/** A head whose lines end otherwise than with CRLF has no end that could be waited for. */
function checkLineEnds(bytes: Buffer, start: number, end: number): void {
  for (let at = bytes.indexOf(LINE_FEED, start); at !== -1 && at < end; at = bytes.indexOf(LINE_FEED, at + 1)) {
    if (bytes[at - 1] !== CARRIAGE_RETURN) throw malformed('a line of the head ends oddly');
  }
  // What follows the last one may be on its way; it is looked at with what comes next.
  const first = Math.max(0, start - 1);
  for (
    let at = bytes.indexOf(CARRIAGE_RETURN, first);
    at !== -1 && at + 1 < end;
    at = bytes.indexOf(CARRIAGE_RETURN, at + 1)
  ) {
    if (bytes[at + 1] !== LINE_FEED) throw malformed('a line of the head ends oddly');
  }
}

/** Of several faults the one that is told before the head is whole, however it came. */
function readHead(text: string, fields: LearntFields): ResponseHead {
  try {
    return parseResponseHead(text, fields);
  } catch (error) {
    const head = Buffer.from(`${text}\r\n\r\n`, 'latin1');
    checkLineEnds(head, 0, head.length);
    throw error;
  }
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
