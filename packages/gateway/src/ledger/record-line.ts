import { crc32 } from 'node:zlib';

/*
 * A record is a line: eight hexadecimal digits of the CRC-32 of the JSON, a space, the JSON, a line feed. JSON holds no
 * line feed, so that a reader finds the next record after a damaged one, and an operator can read the file.
 */
/** Bytes of a line before its JSON. */
export const HEAD = 9;
const LINE_FEED = 0x0a;
const SPACE = 0x20;
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

/** What a piece of a file holds. */
export interface ReadLines {
  /** JSON of each whole line, with the offset behind it. */
  readonly lines: readonly { readonly json: string; readonly end: number }[];
  /** Bytes up to the last line feed; what comes after it is no whole line, or not yet. */
  readonly length: number;
  /** Lines whose sum does not fit: they are left out. */
  readonly damaged: number;
}

/** Finds the whole lines of `bytes`, which begin at the beginning of a line. */
export function readLines(bytes: Buffer): ReadLines {
  const lines: { json: string; end: number }[] = [];
  let damaged = 0;
  let start = 0;
  for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
    if (isWhole(bytes, start, end)) lines.push({ json: bytes.toString('utf8', start + HEAD, end), end: end + 1 });
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
