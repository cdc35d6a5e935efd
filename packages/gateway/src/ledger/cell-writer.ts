import { crc32 } from 'node:zlib';
import { HEAD, sealLine } from './record-line.ts';

/** Longest text of a record; callers choose some of them, such as the model's name. */
export const MAX_TEXT = 256;
/** Bytes that an encoded text takes at most: each character may become `\u001f`, and there are quotes and a comma. */
const MAX_TEXT_BYTES = MAX_TEXT * 6 + 3;
/** Texts whose encoded form is remembered: names of targets, models, keys and tenants come again and again. */
const MAX_KNOWN_TEXTS = 4_000;
/** Bytes for which there is room from the beginning; hardly a record has more. */
const FIRST_BYTES = 16 * 1024;
/** Lengths of lines of which a view is kept; few lines are longer. */
const MAX_VIEWS = 2_048;

const COMMA = 0x2c;
const QUOTE = 0x22;
const ZERO = 0x30;
const [OPEN, CLOSE] = [0x5b, 0x5d];
const nothing = Buffer.from('null');
const BILLION = 1_000_000_000;

/**
 * Writes one line of the spool, a JSON array, byte by byte into a buffer of its own. That takes a third of the time of
 * putting a text together and encoding it, and leaves nothing behind for the garbage collector; it runs for every
 * exchange.
 */
export class CellWriter {
  /** The line, from `begin` on; valid until the next. */
  bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #known = new Map<string, Uint8Array>();
  #at = 0;
  /** Of `bytes`, by where they end. */
  #views: (Uint8Array | undefined)[] = noViews();

  begin(kind: string): void {
    this.#at = HEAD;
    this.open();
    this.text(kind);
  }

  /** Ends the line; gives its length. */
  end(): number {
    this.close();
    this.#at = sealLine(this.bytes, this.#at, crc32(this.#json()));
    return this.#at;
  }

  open(): void {
    this.#reserve(MAX_TEXT_BYTES);
    this.#separate();
    this.bytes[this.#at++] = OPEN;
  }

  close(): void {
    this.bytes[this.#at++] = CLOSE;
  }

  /** A text that comes again. */
  text(text: string | undefined): void {
    this.#reserve(MAX_TEXT_BYTES);
    this.#separate();
    this.#copy(text === undefined ? nothing : (this.#known.get(text) ?? this.#learn(text)));
  }

  /** A text that does not come again, such as the id of a request. */
  name(text: string): void {
    this.#reserve(MAX_TEXT_BYTES);
    this.#separate();
    const { bytes } = this;
    const start = this.#at;
    let at = start;
    bytes[at++] = QUOTE;
    if (text.length <= MAX_TEXT) {
      for (let index = 0; index < text.length; index++) {
        const code = text.charCodeAt(index);
        // Letters, digits and what ids are made of besides; all others are escaped or encoded elsewhere.
        if (code < 0x2d || code > 0x7a || code === 0x5c) {
          this.#copy(encodeText(text));
          return;
        }
        bytes[at++] = code;
      }
      bytes[at++] = QUOTE;
      this.#at = at;
    } else this.#copy(encodeText(text));
  }

  /** A whole number that is not negative; anything else becomes -1, and is found out when the line is read. */
  count(count: number): void {
    this.#reserve(32);
    this.#separate();
    if (Number.isSafeInteger(count) && count >= 0) this.#digits(count);
    else {
      this.bytes[this.#at++] = 0x2d;
      this.bytes[this.#at++] = ZERO + 1;
    }
  }

  /** A number to the nearest whole one; 0 for what is none. */
  rounded(value: number): void {
    const nearest = Math.round(value);
    this.count(nearest >= 0 && nearest <= Number.MAX_SAFE_INTEGER ? nearest : 0);
  }

  /** Where the next cell begins, for `since`. */
  get at(): number {
    return this.#at;
  }

  /** The cells written since then, to be written again by `cells`. */
  since(at: number): Uint8Array {
    return new Uint8Array(this.bytes.subarray(at, this.#at));
  }

  /** Cells that were written before, behind another one as they were then. */
  cells(written: Uint8Array): void {
    // With room for what ends the line.
    this.#reserve(written.length + 8);
    this.bytes.set(written, this.#at);
    this.#at += written.length;
  }

  nothing(): void {
    this.#reserve(8);
    this.#separate();
    this.#copy(nothing);
  }

  /** A comma, but for the first of an array. */
  #separate(): void {
    const before = this.bytes[this.#at - 1];
    if (this.#at > HEAD && before !== OPEN) this.bytes[this.#at++] = COMMA;
  }

  #copy(from: Uint8Array): void {
    const { bytes } = this;
    let at = this.#at;
    for (let index = 0; index < from.length; index++) bytes[at++] = from[index]!;
    this.#at = at;
  }

  #digits(count: number): void {
    if (count < BILLION) {
      this.#lowDigits(count, digitsOf(count));
      return;
    }
    const high = Math.floor(count / BILLION);
    this.#lowDigits(high, digitsOf(high));
    this.#lowDigits(count - high * BILLION, 9);
  }

  #lowDigits(count: number, digits: number): void {
    const { bytes } = this;
    let rest = count | 0;
    for (let at = this.#at + digits - 1; at >= this.#at; at--) {
      const tens = (rest / 10) | 0;
      bytes[at] = ZERO + rest - tens * 10;
      rest = tens;
    }
    this.#at += digits;
  }

  #learn(text: string): Uint8Array {
    const encoded = encodeText(text);
    if (text.length > MAX_TEXT) return encoded;
    if (this.#known.size >= MAX_KNOWN_TEXTS) this.#known = new Map();
    this.#known.set(text, encoded);
    return encoded;
  }

  /** What was written. To make the view of it takes longer than to sum it up. */
  #json(): Uint8Array {
    const end = this.#at;
    if (end >= MAX_VIEWS) return this.bytes.subarray(HEAD, end);
    this.#views[end] ??= this.bytes.subarray(HEAD, end);
    return this.#views[end]!;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.#at + bytes));
    this.bytes.copy(larger, 0, 0, this.#at);
    this.bytes = larger;
    this.#views = noViews();
  }
}

function noViews(): (Uint8Array | undefined)[] {
  return new Array(MAX_VIEWS).fill(undefined);
}

/** As JSON; cut to what fits, and without what some databases do not take: zeros and halves of characters. */
function encodeText(text: string): Uint8Array {
  const storable = Buffer.from(text.slice(0, MAX_TEXT).replaceAll('\0', '')).toString();
  return Buffer.from(JSON.stringify(storable));
}

/** Of a number below ten billion. */
function digitsOf(count: number): number {
  if (count < 10) return 1;
  if (count < 100) return 2;
  if (count < 1_000) return 3;
  if (count < 10_000) return 4;
  if (count < 100_000) return 5;
  if (count < 1_000_000) return 6;
  if (count < 10_000_000) return 7;
  if (count < 100_000_000) return 8;
  return 9;
}
