import { crc32 } from 'node:zlib';
import { CellReader } from './cell-reader.ts';

/*
 * A record is a line: eight hexadecimal digits of the CRC-32 of the JSON, a space, the JSON, a line feed. JSON holds no
 * line feed, so that a reader finds the next record after a damaged one, and an operator can read the file.
 */
/** Bytes of a line before its JSON. */
export const HEAD = 9;
/** Bytes of a record before its second cell. */
export const MARK_BYTES = 5;
const LINE_FEED = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const OPEN = 0x5b;
const hexDigits = Buffer.from('0123456789abcdef', 'latin1');

/** Puts sum and line feed around JSON that ends at `end` and has `HEAD` bytes free before it; gives the line's length. */
export function sealLine(bytes: Buffer, end: number, sum: number): number {
  let rest = sum;
  for (let digit = HEAD - 2; digit >= 0; digit--) {
    bytes[digit] = hexDigits[rest & 15]!;
    rest >>>= 4;
  }
  bytes[HEAD - 1] = SPACE;
  bytes[end] = LINE_FEED;
  return end + 1;
}

/** A whole line of a piece, which must not change while it is read. */
export class Line {
  readonly #bytes: Buffer;
  /** Where its JSON begins. */
  readonly start: number;
  /** The offset behind it. */
  readonly end: number;
  /** The character code of the letter that is the first cell; 0 where that is something else, or there is no second. */
  readonly mark: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.start = start;
    this.end = end;
    const isMarked =
      bytes[start] === OPEN && bytes[start + 1] === QUOTE && bytes[start + 3] === QUOTE && bytes[start + 4] === COMMA;
    this.mark = isMarked ? bytes[start + 2]! : 0;
  }

  get json(): string {
    return this.#bytes.toString('utf8', this.start, this.end - 1);
  }

  get cells(): CellReader {
    return new CellReader(this.#bytes, this.start, this.end - 2);
  }

  /** The second cell of a line that has a mark; undefined where that is no number of 15 digits at most. */
  get number(): number | undefined {
    const bytes = this.#bytes;
    const first = this.start + MARK_BYTES;
    let at = first;
    let number = 0;
    for (; bytes[at]! >= ZERO && bytes[at]! <= ZERO + 9; at++) number = number * 10 + bytes[at]! - ZERO;
    return at > first && at - first <= 15 && bytes[at] === COMMA ? number : undefined;
  }
}

/** What a piece of a file holds. */
export interface ReadLines {
  readonly lines: readonly Line[];
  /** Bytes up to the last line feed; what comes after it is no whole line, or not yet. */
  readonly length: number;
  /** Lines whose sum does not fit: they are left out. */
  readonly damaged: number;
}

/** Finds the whole lines of `bytes`, which begin at the beginning of a line. */
export function readLines(bytes: Buffer): ReadLines {
  const lines: Line[] = [];
  let damaged = 0;
  let start = 0;
  for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
    if (isWhole(bytes, start, end)) lines.push(new Line(bytes, start + HEAD, end + 1));
    else damaged += 1;
    start = end + 1;
  }
  return { lines, length: start, damaged };
}

function isWhole(bytes: Buffer, start: number, end: number): boolean {
  if (end - start <= HEAD || bytes[start + HEAD - 1] !== SPACE) return false;
  let sum = crc32(bytes.subarray(start + HEAD, end));
  for (let digit = 7; digit >= 0; digit--) {
    if (bytes[start + digit] !== hexDigits[sum & 15]) return false;
    sum >>>= 4;
  }
  return true;
}
