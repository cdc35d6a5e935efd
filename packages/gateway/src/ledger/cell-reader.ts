import type { PlainNumbers } from './ledger-store.ts';
import { type Cells, cellsOf } from './record-cells.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const [OPEN, CLOSE] = [0x5b, 0x5d];
const SPACE = 0x20;
const LAST_ASCII = 0x7f;
const nothing = Buffer.from('null');
/** Of the first digit of the largest number of a kind. */
const LARGEST_UNIT = 1e14;
/** In the place of a kind's number, where there is none. */
export const NO_NUMBER = -1;
/** Lists within one another: attempts are in a list of the line. */
const MAX_DEPTH = 3;

/** What a row has for itself, and its number. */
export interface PlainCells {
  readonly sequence: number;
  readonly plain: PlainNumbers;
}

/**
 * Reads one line of the spool byte by byte, as `CellWriter` wrote it: whole numbers, texts, nothing, and lists of them. That
 * takes a third of the time of making a text of the line and parsing it, and it is done for every exchange.
 */
export class CellReader {
  readonly bytes: Buffer;
  /** Of the last byte of the line's JSON, which closes it. */
  readonly end: number;
  #at: number;
  #kindEnd: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.bytes = bytes;
    this.#at = start;
    this.end = end;
    this.#kindEnd = end;
  }

  /** Where the next cell begins. */
  get at(): number {
    return this.#at;
  }

  /** Behind the last byte of the kind: where the line ends, but for the number that was taken off. */
  get kindEnd(): number {
    return this.#kindEnd;
  }

  /** What is read is a kind, as far as its first bytes tell. */
  get isAtKind(): boolean {
    return this.bytes[this.#at] === OPEN && this.bytes[this.#at + 1] === QUOTE;
  }

  /** Takes off the line's last cell, the number of its kind; gives `NO_NUMBER` where that is none. */
  takeKindNumber(): number {
    const { bytes } = this;
    let at = this.end - 1;
    let number = 0;
    for (let unit = 1; bytes[at]! >= ZERO && bytes[at]! <= ZERO + 9 && unit <= LARGEST_UNIT; at--, unit *= 10) {
      number += (bytes[at]! - ZERO) * unit;
    }
    if (at === this.end - 1 || bytes[at] !== COMMA) return NO_NUMBER;
    this.#kindEnd = at;
    return number;
  }

  /**
   * The cells before the kind, which is a list that begins with a text, or before its number, where that was taken off;
   * undefined where there is neither, or anything else.
   */
  untilKind(): Cells | undefined {
    const { bytes } = this;
    if (bytes[this.#at] !== OPEN) return undefined;
    const cells: unknown[] = [];
    do {
      this.#at++;
      if (this.isAtKind) return cells;
      const cell = this.#cell(1);
      if (cell === undefined) return undefined;
      cells.push(cell);
    } while (bytes[this.#at] === COMMA && this.#at !== this.#kindEnd);
    return this.#at === this.#kindEnd && this.#at !== this.end ? cells : undefined;
  }

  /**
   * The cells of a row before its kind, or the number of that, where they are those of `PlainNumbers` behind a mark of so many
   * bytes and the row's number; undefined, and nothing read, where they are others.
   */
  plainRow(markLength: number): PlainCells | undefined {
    const start = this.#at;
    this.#at += markLength;
    const found = this.#plainRow();
    if (found === undefined) this.#at = start;
    return found;
  }

  /** Written out, for nearly every row is one: each `undefined` is what it would find in another. */
  #plainRow(): PlainCells | undefined {
    const sequence = this.#count(COMMA);
    if (sequence < 0 || this.bytes[this.#at] !== QUOTE) return undefined;
    const requestId = this.#text();
    if (requestId === undefined || this.bytes[this.#at++] !== COMMA) return undefined;
    const endedAt = this.#count(COMMA);
    const durationUs = this.#count(COMMA);
    const firstByteUs = this.#countOrNothing();
    const queuedUs = this.#count(COMMA);
    const overheadUs = this.#count(COMMA);
    if (this.bytes[this.#at++] !== OPEN || this.bytes[this.#at++] !== OPEN) return undefined;
    const attemptUs = this.#count(COMMA);
    const cost = this.#countOrNothing();
    const input = this.#count(COMMA);
    const output = this.#count(CLOSE);
    if (this.bytes[this.#at++] !== CLOSE || this.bytes[this.#at++] !== COMMA) return undefined;
    // What is none is -1, so that the least of them tells.
    const least = Math.min(
      endedAt,
      durationUs,
      firstByteUs ?? 0,
      queuedUs,
      overheadUs,
      attemptUs,
      cost ?? 0,
      input,
      output,
    );
    if (least < 0) return undefined;
    const plain = { requestId, endedAt, durationUs, firstByteUs, queuedUs, overheadUs, attemptUs, cost, input, output };
    return { sequence, plain };
  }

  #countOrNothing(): number | null {
    if (this.bytes[this.#at] !== nothing[0]) return this.#count(COMMA);
    return this.#nothing() === null && this.bytes[this.#at++] === COMMA ? null : -1;
  }

  /** A whole number that this byte follows; -1 for anything else. */
  #count(end: number): number {
    const { bytes } = this;
    const first = this.#at;
    let at = first;
    let number = 0;
    for (; bytes[at]! >= ZERO && bytes[at]! <= ZERO + 9; at++) number = number * 10 + (bytes[at]! - ZERO);
    this.#at = at + 1;
    return at > first && bytes[at] === end && Number.isSafeInteger(number) ? number : -1;
  }

  /** `depth`: in how many lists it is. */
  #cell(depth: number): unknown {
    switch (this.bytes[this.#at]) {
      case QUOTE:
        return this.#text();
      case OPEN:
        return this.#list(depth + 1);
      case nothing[0]:
        return this.#nothing();
      default:
        return this.#number();
    }
  }

  #list(depth: number): Cells | undefined {
    if (depth > MAX_DEPTH) return undefined;
    const cells: unknown[] = [];
    do {
      this.#at++;
      if (cells.length === 0 && this.bytes[this.#at] === CLOSE) break;
      const cell = this.#cell(depth);
      if (cell === undefined) return undefined;
      cells.push(cell);
    } while (this.bytes[this.#at] === COMMA);
    return this.bytes[this.#at++] === CLOSE ? cells : undefined;
  }

  #text(): string | undefined {
    const { bytes } = this;
    const start = this.#at;
    let isPlain = true;
    let at = start + 1;
    for (; bytes[at] !== QUOTE; at++) {
      const byte = bytes[at];
      // The line ends with a line feed at the latest.
      if (byte === undefined || byte < SPACE) return undefined;
      if (byte === BACKSLASH) at++;
      if (byte === BACKSLASH || byte > LAST_ASCII) isPlain = false;
    }
    this.#at = at + 1;
    if (isPlain) return bytes.toString('latin1', start + 1, at);
    return cellsOf(`[${bytes.toString('utf8', start, at + 1)}]`)?.[0] as string | undefined;
  }

  /** Undefined also for one that is too large to be exact. */
  #number(): number | undefined {
    const { bytes } = this;
    const isNegative = bytes[this.#at] === MINUS;
    let at = isNegative ? this.#at + 1 : this.#at;
    const first = at;
    let number = 0;
    for (; bytes[at]! >= ZERO && bytes[at]! <= ZERO + 9; at++) number = number * 10 + (bytes[at]! - ZERO);
    this.#at = at;
    if (at === first || !Number.isSafeInteger(number)) return undefined;
    return isNegative ? -number : number;
  }

  #nothing(): null | undefined {
    for (const byte of nothing) if (this.bytes[this.#at++] !== byte) return undefined;
    return null;
  }
}
