/** What the head of a message whose body has a known length consists of, behind its first lines. */
export interface HeadParts {
  /** Names and values, alternating. */
  readonly headers: readonly string[];
  /** What `content-length` says, behind the headers. */
  readonly bodyBytes: number;
  /** All lines behind `content-length`, the empty one included. */
  readonly closing: string;
}

const SEPARATOR = ': ';
const LINE_END = '\r\n';
const LENGTH = 'content-length: ';

/** Heads that are remembered. */
const MOST_HEADS = 32;
/** Longer heads are not worth their memory. */
const LONGEST_HEAD = 4_096;
/** Characters that a head may have more than the first of its kind. */
const SPARE_BYTES = 64;

/**
 * Heads by their kind, as bytes that are made into those of the next one: only values that are others are written. Most heads to
 * one side differ in a few of them, and that takes a third of the time that it takes to put all lines together.
 */
export class RepeatedHeads<Kind> {
  readonly #heads = new Map<Kind, RepeatedHead>();
  readonly #length: string;

  /** `before`: lines between the headers and `content-length`, the same in all heads. */
  constructor(before = '') {
    this.#length = before + LENGTH;
  }

  /** The bytes of a head, good until the next is asked for; undefined where it has to be put together anew. */
  become(kind: Kind, parts: HeadParts): Buffer | undefined {
    const bytes = this.#heads.get(kind)?.become(parts);
    if (bytes === undefined) this.#heads.delete(kind);
    return bytes;
  }

  /**
   * Remembers a head that was put together, a character for each byte, unless it is long or has other parts than these. What
   * stands before its headers is the same in all of its kind.
   */
  learn(kind: Kind, text: string, parts: HeadParts): void {
    if (text.length > LONGEST_HEAD) return;
    const known = textOf(parts, this.#length);
    if (!text.endsWith(known)) return;
    if (this.#heads.size === MOST_HEADS) this.#heads.clear();
    this.#heads.set(kind, new RepeatedHead(text, text.length - known.length, parts, this.#length));
  }
}

/** `length`: what stands between the headers and the number of the body's bytes. */
function textOf({ headers, bodyBytes, closing }: HeadParts, length: string): string {
  let text = '';
  for (let index = 0; index < headers.length; index += 2) {
    text += headers[index]! + SEPARATOR + headers[index + 1]! + LINE_END;
  }
  return text + length + bodyBytes + LINE_END + closing;
}

class RepeatedHead {
  readonly #bytes: Buffer;
  #length: number;
  /** All of the head. */
  #whole: Buffer;
  readonly #names: string[] = [];
  /** What may change, and where it stands: the values of the headers, the length of the body, the closing. */
  readonly #texts: string[] = [];
  readonly #places: number[] = [];
  #bodyBytes: number;

  /** `text` holds the parts, as `textOf` puts them together, from `start` on. */
  constructor(text: string, start: number, { headers, bodyBytes, closing }: HeadParts, length: string) {
    let end = start;
    const add = (before: string, value: string): void => {
      this.#places.push(end + before.length);
      this.#texts.push(value);
      end += before.length + value.length + LINE_END.length;
    };
    for (let index = 0; index < headers.length; index += 2) {
      this.#names.push(headers[index]!);
      add(headers[index]! + SEPARATOR, headers[index + 1]!);
    }
    add(length, String(bodyBytes));
    add('', closing);
    this.#bodyBytes = bodyBytes;
    this.#bytes = Buffer.allocUnsafeSlow(text.length + SPARE_BYTES);
    this.#length = this.#bytes.write(text, 'latin1');
    this.#whole = this.#bytes.subarray(0, this.#length);
  }

  /** Undefined where there are other names, no room, or a value that no header can hold; it is of no more use then. */
  become({ headers, bodyBytes, closing }: HeadParts): Buffer | undefined {
    const names = this.#names;
    if (headers.length !== names.length * 2) return undefined;
    for (let index = 0; index < names.length; index++) {
      if (headers[index * 2] !== names[index]) return undefined;
      const value = headers[index * 2 + 1]!;
      if (value !== this.#texts[index] && !this.#writeValue(index, value)) return undefined;
    }
    if (bodyBytes !== this.#bodyBytes) {
      this.#bodyBytes = bodyBytes;
      if (!this.#writeValue(names.length, String(bodyBytes))) return undefined;
    }
    if (closing !== this.#texts[names.length + 1]) {
      if (!this.#replace(names.length + 1, closing)) return undefined;
      this.#bytes.write(closing, this.#places[names.length + 1]!, 'latin1');
    }
    if (this.#whole.length !== this.#length) this.#whole = this.#bytes.subarray(0, this.#length);
    return this.#whole;
  }

  /** Answers whether it could. For so few bytes faster than a call of Buffer's. */
  #writeValue(index: number, value: string): boolean {
    if (!this.#replace(index, value)) return false;
    const bytes = this.#bytes;
    const place = this.#places[index]!;
    for (let at = 0; at < value.length; at++) {
      const code = value.charCodeAt(at);
      if ((code < SPACE && code !== TAB) || code === DELETE || code > LAST_BYTE) return false;
      bytes[place + at] = code;
    }
    return true;
  }

  /** Makes room for another text in place of one, which is still to be written. Answers whether there is any. */
  #replace(index: number, text: string): boolean {
    const places = this.#places;
    const before = this.#texts[index]!.length;
    this.#texts[index] = text;
    const more = text.length - before;
    if (more === 0) return true;
    if (this.#length + more > this.#bytes.length) return false;
    const behind = places[index]! + before;
    this.#bytes.copyWithin(behind + more, behind, this.#length);
    for (let later = index + 1; later < places.length; later++) places[later]! += more;
    this.#length += more;
    return true;
  }
}

const TAB = 9;
const SPACE = 32;
const DELETE = 127;
const LAST_BYTE = 255;
