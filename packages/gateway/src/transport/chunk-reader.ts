import { malformed, UpstreamError } from './upstream-error.ts';

type State =
  | 'size'
  | 'extension'
  | 'size end'
  | 'data'
  | 'data end'
  | 'data end line feed'
  | 'trailer line start'
  | 'trailer line'
  | 'trailer line end'
  | 'last line feed';

const CR = 13;
const LF = 10;
const SEMICOLON = 59;
const SPACE = 32;
const TAB = 9;
/** Sizes stay integers that a number can hold. */
const MAX_DIGITS = 12;
const MAX_EXTENSION_BYTES = 4_096;

/** Takes a body out of its chunks (RFC 9112, 7.1). Extensions and trailers are skipped: nothing asked for comes in them. */
export class ChunkReader {
  readonly #maxTrailerBytes: number;
  #state: State = 'size';
  /** Bytes of the chunk that are still to come. */
  #left = 0;
  /** Digits of the size, or bytes of the extension or of the trailer. */
  #count = 0;
  /** What the last push brought. */
  data: Buffer | undefined;
  isEnded = false;

  constructor(maxTrailerBytes: number) {
    this.#maxTrailerBytes = maxTrailerBytes;
  }

  /**
   * Reads on from an index; answers where it stopped, which is before the end where the body ended. The chunks of one read
   * become one piece, so that an event which came as a chunk of its own costs no buffer of its own.
   */
  push(bytes: Buffer, start: number): number {
    let index = start;
    let piece: Buffer | undefined;
    let pieceBytes = 0;
    this.data = undefined;
    try {
      while (index < bytes.length && !this.isEnded) {
        if (this.#state !== 'data') {
          this.#readByte(bytes[index++]!);
          continue;
        }
        const end = Math.min(bytes.length, index + this.#left);
        piece ??= Buffer.allocUnsafe(bytes.length - index);
        bytes.copy(piece, pieceBytes, index, end);
        pieceBytes += end - index;
        this.#left -= end - index;
        index = end;
        if (this.#left === 0) this.#state = 'data end';
      }
    } finally {
      // What came before a fault is told before it.
      if (piece !== undefined) this.data = piece.subarray(0, pieceBytes);
    }
    return index;
  }

  #readByte(byte: number): void {
    switch (this.#state) {
      case 'size':
        this.#readSize(byte);
        break;
      case 'extension':
        if (byte === CR) this.#state = 'size end';
        else if (byte === LF || ++this.#count > MAX_EXTENSION_BYTES) throw malformed('a chunk has a broken extension');
        break;
      case 'size end':
        expectByte(byte, LF);
        this.#count = 0;
        this.#state = this.#left === 0 ? 'trailer line start' : 'data';
        break;
      case 'data end':
        expectByte(byte, CR);
        this.#state = 'data end line feed';
        break;
      case 'data end line feed':
        expectByte(byte, LF);
        this.#state = 'size';
        break;
      default:
        this.#readTrailer(byte);
    }
  }

  #readSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit !== -1) {
      if (++this.#count > MAX_DIGITS) throw malformed('a chunk has an absurd size');
      this.#left = this.#left * 16 + digit;
      return;
    }
    if (this.#count === 0) throw malformed('a chunk has no size');
    this.#count = 0;
    if (byte === CR) this.#state = 'size end';
    else if (byte === SEMICOLON || byte === SPACE || byte === TAB) this.#state = 'extension';
    else throw malformed('a chunk has no proper size');
  }

  #readTrailer(byte: number): void {
    if (++this.#count > this.#maxTrailerBytes) {
      throw new UpstreamError('UPSTREAM_HEAD_TOO_LARGE', `the trailer has more than ${this.#maxTrailerBytes} bytes`);
    }
    switch (this.#state) {
      case 'trailer line start':
        if (byte === LF) throw malformed('the trailer is broken');
        this.#state = byte === CR ? 'last line feed' : 'trailer line';
        break;
      case 'trailer line':
        if (byte === LF) throw malformed('the trailer is broken');
        if (byte === CR) this.#state = 'trailer line end';
        break;
      case 'trailer line end':
        expectByte(byte, LF);
        this.#state = 'trailer line start';
        break;
      default:
        expectByte(byte, LF);
        this.isEnded = true;
    }
  }
}

function expectByte(byte: number, wanted: number): void {
  if (byte !== wanted) throw malformed('a chunk is not as long as it says');
}

/** -1 where it is none. */
function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
