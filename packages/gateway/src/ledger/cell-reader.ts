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
/** Lists within one another: attempts are in a list of the line. */
const MAX_DEPTH = 3;

/**
 * Reads one line of the spool byte by byte, as `CellWriter` wrote it: whole numbers, texts, nothing, and lists of them. That
 * takes a third of the time of making a text of the line and parsing it, and it is done for every exchange.
 */
export class CellReader {
  readonly bytes: Buffer;
  /** Of the last byte of the line's JSON, which closes it. */
  readonly end: number;
  #at: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.bytes = bytes;
    this.#at = start;
    this.end = end;
  }

  /** Where the next cell begins. */
  get at(): number {
    return this.#at;
  }

  /** The cells before the kind, which is a list that begins with a text; undefined where there is none, or anything else. */
  untilKind(): Cells | undefined {
    const { bytes } = this;
    if (bytes[this.#at] !== OPEN) return undefined;
    const cells: unknown[] = [];
    do {
      this.#at++;
      if (bytes[this.#at] === OPEN && bytes[this.#at + 1] === QUOTE) return cells;
      const cell = this.#cell(1);
      if (cell === undefined) return undefined;
      cells.push(cell);
    } while (bytes[this.#at] === COMMA);
    return undefined;
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

  /** One that is too large to be exact is no safe integer either way. */
  #number(): number | undefined {
    const { bytes } = this;
    const isNegative = bytes[this.#at] === MINUS;
    let at = isNegative ? this.#at + 1 : this.#at;
    const first = at;
    let number = 0;
    for (; bytes[at]! >= ZERO && bytes[at]! <= ZERO + 9; at++) number = number * 10 + (bytes[at]! - ZERO);
    this.#at = at;
    if (at === first) return undefined;
    return isNegative ? -number : number;
  }

  #nothing(): null | undefined {
    for (const byte of nothing) if (this.bytes[this.#at++] !== byte) return undefined;
    return null;
  }
}
