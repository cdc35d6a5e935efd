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

/**
 * The bytes of a head, made into those of one that differs from it in values alone: these are written over, as long as they
 * have as many characters. Most heads to one side are like that, and to write a few values takes a quarter of the time that it
 * takes to put all lines together.
 */
export class RepeatedHead {
  readonly #bytes: Buffer;
  readonly #opening: string;
  readonly #headers: string[];
  /** Where the values stand. */
  readonly #places: number[] = [];
  readonly #middle: string;
  readonly #lengthPlace: number;
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
    this.#bytes = Buffer.from(text, 'latin1');
    this.#opening = opening;
    this.#headers = headers.slice();
    this.#middle = middle;
    this.#bodyBytes = bodyBytes;
    this.#closing = closing;
  }

  /**
   * The bytes of another head, good until the next is asked for. Undefined where it differs in more than values, or in the
   * number of their characters, or has one that cannot be written; this head is of no more use then.
   */
  become({ opening, headers, middle, bodyBytes, closing }: HeadParts): Buffer | undefined {
    const known = this.#headers;
    if (headers.length !== known.length || opening !== this.#opening || middle !== this.#middle) return undefined;
    for (let index = 0; index < headers.length; index += 2) {
      if (headers[index] !== known[index]) return undefined;
      const value = headers[index + 1]!;
      if (value === known[index + 1]) continue;
      if (value.length !== known[index + 1]!.length || !this.#write(value, this.#places[index >> 1]!)) return undefined;
      known[index + 1] = value;
    }
    if (bodyBytes !== this.#bodyBytes && !this.#writeLength(bodyBytes)) return undefined;
    if (closing !== this.#closing) {
      if (closing.length !== this.#closing.length) return undefined;
      this.#closing = closing;
      this.#bytes.write(closing, this.#bytes.length - closing.length, 'latin1');
    }
    return this.#bytes;
  }

  #writeLength(bodyBytes: number): boolean {
    const digits = String(bodyBytes);
    if (digits.length !== String(this.#bodyBytes).length) return false;
    this.#bodyBytes = bodyBytes;
    return this.#write(digits, this.#lengthPlace);
  }

  /** Answers whether all of it can be written. */
  #write(value: string, place: number): boolean {
    const bytes = this.#bytes;
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if ((code < SPACE && code !== TAB) || code === DELETE || code > LAST_BYTE) return false;
      bytes[place + index] = code;
    }
    return true;
  }
}

const TAB = 9;
const SPACE = 32;
const DELETE = 127;
const LAST_BYTE = 255;
