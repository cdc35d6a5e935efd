/** The head of a message whose body has a known length, in its parts. Its texts have a character for each byte. */
export interface HeadParts {
  /** The first line, and what else stands before the headers. */
  readonly opening: string;
  /** Names and values, alternating. */
  readonly headers: readonly string[];
  /** Stands between the headers and `content-length`. */
  readonly middle: string;
  readonly bodyBytes: number;
  /** Stands behind `content-length`, up to the end of the head. */
  readonly closing: string;
}

const SEPARATOR = ': ';
const LINE_END = '\r\n';
const LENGTH = 'content-length: ';

/** Longer heads are not worth the memory to whoever remembers many. */
export const LONGEST_REPEATED = 4_096;
/** Characters that values may have more than those of the first head. */
const SPARE_BYTES = 64;

/**
 * The bytes of a head, made into those of one that differs from it in values alone: these are written over. Most heads to one
 * side are like that, and to write a few values takes a third of the time that it takes to put all lines together.
 */
export class RepeatedHead {
  readonly #bytes: Buffer;
  #length: number;
  /** All of the head. */
  #whole: Buffer;
  readonly #opening: string;
  readonly #headers: string[];
  /** Where the values stand. */
  readonly #places: number[] = [];
  readonly #middle: string;
  #lengthPlace: number;
  #bodyBytes: number;
  #closing: string;

  /** `text` is the whole head, put together of the parts; all of it can be written as it is. */
  constructor(text: string, { opening, headers, middle, bodyBytes, closing }: HeadParts) {
    let place = opening.length;
    for (let index = 0; index < headers.length; index += 2) {
      place += headers[index]!.length + SEPARATOR.length;
      this.#places.push(place);
      place += headers[index + 1]!.length + LINE_END.length;
    }
    this.#lengthPlace = place + middle.length + LENGTH.length;
    this.#bytes = Buffer.allocUnsafeSlow(text.length + SPARE_BYTES);
    this.#length = this.#bytes.write(text, 'latin1');
    this.#whole = this.#bytes.subarray(0, this.#length);
    this.#opening = opening;
    this.#headers = headers.slice();
    this.#middle = middle;
    this.#bodyBytes = bodyBytes;
    this.#closing = closing;
  }

  /**
   * The bytes of another head, good until the next is asked for. Undefined where it differs in more than values, or has one that
   * is much longer or cannot be written; this head is of no more use then.
   */
  become({ opening, headers, middle, bodyBytes, closing }: HeadParts): Buffer | undefined {
    const known = this.#headers;
    if (headers.length !== known.length || opening !== this.#opening || middle !== this.#middle) return undefined;
    for (let index = 0; index < headers.length; index += 2) {
      if (headers[index] !== known[index]) return undefined;
      const value = headers[index + 1]!;
      if (value !== known[index + 1] && !this.#takeValue(index, value)) return undefined;
    }
    if (bodyBytes !== this.#bodyBytes && !this.#takeLength(bodyBytes)) return undefined;
    if (closing !== this.#closing && !this.#takeClosing(closing)) return undefined;
    if (this.#whole.length !== this.#length) this.#whole = this.#bytes.subarray(0, this.#length);
    return this.#whole;
  }

  /** Answers whether it can be written, as the others do. */
  #takeValue(index: number, value: string): boolean {
    const places = this.#places;
    const before = this.#headers[index + 1]!.length;
    const more = value.length - before;
    const place = places[index >> 1]!;
    if (more !== 0) {
      if (!this.#move(place + before, more)) return false;
      for (let later = (index >> 1) + 1; later < places.length; later++) places[later]! += more;
      this.#lengthPlace += more;
    }
    this.#headers[index + 1] = value;
    return writeFit(this.#bytes, place, value);
  }

  #takeLength(bodyBytes: number): boolean {
    const digits = String(bodyBytes);
    const before = String(this.#bodyBytes).length;
    this.#bodyBytes = bodyBytes;
    if (!this.#move(this.#lengthPlace + before, digits.length - before)) return false;
    return writeFit(this.#bytes, this.#lengthPlace, digits);
  }

  #takeClosing(closing: string): boolean {
    const place = this.#length - this.#closing.length;
    this.#closing = closing;
    if (!this.#move(this.#length, closing.length - this.#length + place)) return false;
    this.#bytes.write(closing, place, 'latin1');
    return true;
  }

  /** Moves what stands from there on. */
  #move(from: number, by: number): boolean {
    if (this.#length + by > this.#bytes.length) return false;
    if (by !== 0) this.#bytes.copyWithin(from + by, from, this.#length);
    this.#length += by;
    return true;
  }
}

/** Writes a value, and answers whether it is one that a header can hold. For so few bytes faster than a call of Buffer's. */
function writeFit(bytes: Buffer, place: number, value: string): boolean {
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if ((code < SPACE && code !== TAB) || code === DELETE || code > LAST_BYTE) return false;
    bytes[place + at] = code;
  }
  return true;
}

const TAB = 9;
const SPACE = 32;
const DELETE = 127;
const LAST_BYTE = 255;
