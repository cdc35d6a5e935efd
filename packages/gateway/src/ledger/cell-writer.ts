import { crc32 } from 'node:zlib';
import { ByteText } from '../canonical/byte-text.ts';
import { ByteViews } from '../canonical/byte-views.ts';
import { HEAD, sealLine } from './record-line.ts';

/** Longest text of a record; callers choose some of them, such as the model's name. */
export const MAX_TEXT = 256;
/** Bytes that an encoded text takes at most: each character may become `\u001f`, and there are quotes and a comma. */
const MAX_TEXT_BYTES = MAX_TEXT * 6 + 3;
/** Texts whose encoded form is remembered: names of targets, models, keys and tenants come again and again. */
const MAX_KNOWN_TEXTS = 4_000;
const COMMA = 0x2c;
const ZERO = 0x30;
const [OPEN, CLOSE] = [0x5b, 0x5d];
const nothing = Buffer.from('null');

/**
 * Writes one line of the spool, a JSON array, into memory of its own, where it is valid until the next; it runs for every
 * exchange.
 */
export class CellWriter extends ByteText {
  #known = new Map<string, Uint8Array>();
  #jsons = new ByteViews(this.bytes, HEAD);

  begin(kind: string): void {
    this.length = HEAD;
    this.open();
    this.text(kind);
  }

  /** Ends the line, and gives it. */
  end(): Buffer {
    this.reserve(8);
    this.close();
    if (this.#jsons.bytes !== this.bytes) this.#jsons = new ByteViews(this.bytes, HEAD);
    this.length = sealLine(this.bytes, this.length, crc32(this.#jsons.to(this.length)));
    return this.view();
  }

  open(): void {
    this.reserve(MAX_TEXT_BYTES);
    this.#separate();
    this.bytes[this.length++] = OPEN;
  }

  close(): void {
    this.bytes[this.length++] = CLOSE;
  }

  /** A text that comes again. */
  text(text: string | undefined): void {
    this.reserve(MAX_TEXT_BYTES);
    this.#separate();
    this.copy(text === undefined ? nothing : (this.#known.get(text) ?? this.#learn(text)));
  }

  /** A text that does not come again, such as the id of a request. */
  once(text: string): void {
    this.reserve(MAX_TEXT_BYTES);
    this.#separate();
    if (text.length > MAX_TEXT || !this.name(text)) this.copy(encodeText(text));
  }

  /** A whole number that is not negative; anything else becomes -1, and is found out when the line is read. */
  count(count: number): void {
    this.reserve(32);
    this.#separate();
    if (Number.isSafeInteger(count) && count >= 0) this.digits(count);
    else {
      this.bytes[this.length++] = 0x2d;
      this.bytes[this.length++] = ZERO + 1;
    }
  }

  /** A number to the nearest whole one; 0 for what is none. */
  rounded(value: number): void {
    const nearest = Math.round(value);
    this.count(nearest >= 0 && nearest <= Number.MAX_SAFE_INTEGER ? nearest : 0);
  }

  /** The cells written since then, to be appended behind another one as they were then. */
  since(at: number): Uint8Array {
    return new Uint8Array(this.bytes.subarray(at, this.length));
  }

  nothing(): void {
    this.reserve(8);
    this.#separate();
    this.copy(nothing);
  }

  /** A comma, but for the first of an array. */
  #separate(): void {
    const before = this.bytes[this.length - 1];
    if (this.length > HEAD && before !== OPEN) this.bytes[this.length++] = COMMA;
  }

  #learn(text: string): Uint8Array {
    const encoded = encodeText(text);
    if (text.length > MAX_TEXT) return encoded;
    if (this.#known.size >= MAX_KNOWN_TEXTS) this.#known = new Map();
    this.#known.set(text, encoded);
    return encoded;
  }
}

/** As JSON; cut to what fits, and without what some databases do not take: zeros and halves of characters. */
function encodeText(text: string): Uint8Array {
  const storable = Buffer.from(text.slice(0, MAX_TEXT).replaceAll('\0', '')).toString();
  return Buffer.from(JSON.stringify(storable));
}
