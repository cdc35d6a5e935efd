import { type PlainHead, readPlainHead } from './plain-head.ts';

/** Longer heads are not kept, so that an idle connection stays small. */
const MAX_KEPT = 2 * 1024;
/** Digits of a length that is read again; readPlainHead takes as many. */
const MAX_DIGITS = 12;
/** Heads in a row that were others, after which a client is taken for one that never sends the same. */
const MAX_CHANGES = 8;

/**
 * Reads the heads of one connection. Most clients send the same one with every request, but for the length: it is known
 * again by its bytes, and what was understood of it serves once more.
 */
export class HeadReader {
  #last: PlainHead | undefined;
  /** The last one's bytes as Latin-1, in front of its length and behind it. */
  #before = '';
  #after = '';
  /** Where its length stands among the raw headers. */
  #lengthIndex = 0;
  #changes = 0;

  /** As readPlainHead does. */
  read(bytes: Buffer): PlainHead | undefined {
    const known = this.#last && this.#readAgain(this.#last, bytes);
    if (known !== undefined) {
      this.#changes = 0;
      return known;
    }
    const head = readPlainHead(bytes);
    if (this.#changes++ < MAX_CHANGES) this.#keep(head, bytes);
    else this.#last = undefined;
    return head;
  }

  #keep(head: PlainHead | undefined, bytes: Buffer): void {
    this.#last = undefined;
    if (head === undefined || head.end > MAX_KEPT) return;
    this.#last = head;
    this.#before = bytes.toString('latin1', 0, head.lengthAt);
    this.#lengthIndex = head.rawHeaders.findIndex((name, at) => at % 2 === 0 && /^content-length$/i.test(name)) + 1;
    this.#after = bytes.toString('latin1', head.lengthAt + String(head.contentLength).length, head.end);
  }

  #readAgain(last: PlainHead, bytes: Buffer): PlainHead | undefined {
    const { lengthAt } = last;
    if (bytes.toString('latin1', 0, lengthAt) !== this.#before) return undefined;
    let lengthEnd = lengthAt;
    let contentLength = 0;
    while (isDigit(bytes[lengthEnd]!) && lengthEnd < lengthAt + MAX_DIGITS) {
      contentLength = contentLength * 10 + bytes[lengthEnd++]! - ZERO;
    }
    // Behind the digits comes the end of the line, so that a longer length differs.
    const end = lengthEnd + this.#after.length;
    if (bytes.toString('latin1', lengthEnd, end) !== this.#after) return undefined;
    if (contentLength === last.contentLength && end === last.end) return last;
    const text = String(contentLength);
    // There were none, or zeros in front.
    if (text.length !== lengthEnd - lengthAt) return undefined;
    const headers = { ...last.headers, 'content-length': text };
    return { ...last, headers, rawHeaders: last.rawHeaders.with(this.#lengthIndex, text), contentLength, end };
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

const ZERO = 48;
const NINE = 57;
