/** @typedef {{ head(status: number): void, data(bytes: Buffer, start: number, end: number): void, end(): void }} ReplySink */

const HEAD = 0;
const LENGTH_BODY = 1;
const CHUNK_SIZE = 2;
const CHUNK_DATA = 3;
const CHUNK_END = 4;
const TRAILER = 5;

const HEAD_LIMIT = 65_536;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SEMICOLON = 59;

/**
 * A minimal incremental reader of HTTP/1.1 replies on one connection. It hands out body ranges without copying them,
 * so that the client costs little beside the subject that it measures. Throws on what is not HTTP.
 */
export class ReplyReader {
  /** @param {ReplySink} sink */
  constructor(sink) {
    this.sink = sink;
    this.state = HEAD;
    this.remaining = 0;
    this.lineLength = 0;
    this.inExtension = false;
    /** @type {Buffer | undefined} */
    this.pending = undefined;
  }

  /** Whether a reply has been begun and not ended. */
  get isMidReply() {
    return this.state !== HEAD || this.pending !== undefined;
  }

  /** @param {Buffer} bytes the next bytes of the connection, of any length */
  push(bytes) {
    let at = 0;
    while (at < bytes.length) {
      if (this.state === HEAD) {
        if (this.pending !== undefined) {
          bytes = Buffer.concat([this.pending, bytes.subarray(at)]);
          this.pending = undefined;
          at = 0;
        }
        const end = bytes.indexOf('\r\n\r\n', at, 'latin1');
        if (end === -1) {
          if (bytes.length - at > HEAD_LIMIT) throw new Error('The reply head exceeds its limit.');
          this.pending = Buffer.from(bytes.subarray(at));
          return;
        }
        this.#readHead(bytes.toString('latin1', at, end));
        at = end + 4;
      } else {
        at = this.#readBody(bytes, at);
      }
    }
  }

  /** @param {string} head */
  #readHead(head) {
    if (!head.startsWith('HTTP/1.')) throw new Error('The reply is not HTTP/1.');
    this.sink.head(Number(head.slice(9, 12)));
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    if (length !== null) {
      this.remaining = Number(length[1]);
      this.state = LENGTH_BODY;
      if (this.remaining === 0) this.#end();
      return;
    }
    if (!/\r\ntransfer-encoding: *chunked/i.test(head)) throw new Error('The reply has no length and is not chunked.');
    this.#expectChunk();
  }

  #expectChunk() {
    this.state = CHUNK_SIZE;
    this.remaining = 0;
    this.inExtension = false;
  }

  #end() {
    this.state = HEAD;
    this.sink.end();
  }

  /**
   * @param {Buffer} bytes
   * @param {number} at
   * @returns {number} where the next part begins
   */
  #readBody(bytes, at) {
    if (this.state === LENGTH_BODY || this.state === CHUNK_DATA) {
      const end = Math.min(bytes.length, at + this.remaining);
      this.remaining -= end - at;
      this.sink.data(bytes, at, end);
      if (this.remaining === 0) {
        if (this.state === LENGTH_BODY) this.#end();
        else this.state = CHUNK_END;
      }
      return end;
    }
    if (this.state === CHUNK_SIZE) return this.#readChunkSize(bytes, at);
    const byte = bytes[at];
    if (this.state === CHUNK_END) {
      if (byte === LINE_FEED) this.#expectChunk();
    } else if (byte === LINE_FEED) {
      if (this.lineLength === 0) this.#end();
      this.lineLength = 0;
    } else if (byte !== CARRIAGE_RETURN) {
      this.lineLength += 1;
    }
    return at + 1;
  }

  /**
   * @param {Buffer} bytes
   * @param {number} at
   */
  #readChunkSize(bytes, at) {
    for (; at < bytes.length; at += 1) {
      const byte = /** @type {number} */ (bytes[at]);
      if (byte === LINE_FEED) {
        this.lineLength = 0;
        this.state = this.remaining === 0 ? TRAILER : CHUNK_DATA;
        return at + 1;
      }
      if (byte === SEMICOLON) this.inExtension = true;
      if (byte === CARRIAGE_RETURN || this.inExtension) continue;
      const digit = byte <= 57 ? byte - 48 : (byte | 32) - 87;
      if (digit < 0 || digit > 15) throw new Error('A chunk size is not a hexadecimal number.');
      this.remaining = this.remaining * 16 + digit;
    }
    return at;
  }
}
