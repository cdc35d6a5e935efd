import { GatewayError } from '../canonical/gateway-error.ts';
import { fieldName, findDelimiter, repeatedModel } from './multipart-model.ts';

/** Longest head of a part, and blanks behind a boundary. */
const MAX_PART_HEAD = 16 * 1024;

/**
 * Watches a form that flows for a second field `model`, wherever it stands: servers differ in which of two they take, and the
 * one that was not routed is neither in the scopes of a key nor what is charged for.
 */
export class FormModels {
  readonly #boundary: string;
  readonly #mark: string;
  #named = 0;
  /** What may be the beginning of a boundary, or has the rest of a part's head still to come. */
  #carried: Buffer = Buffer.alloc(0);
  /** Where in that a boundary may begin that has not been looked at. */
  #from = 0;
  #isOver = false;

  constructor(boundary: string) {
    this.#boundary = boundary;
    this.#mark = `--${boundary}`;
  }

  /** The next bytes of the form. Throws `invalid_request` once they name a model again, or cannot be told apart. */
  push(bytes: Buffer): void {
    if (this.#isOver) return;
    const held = this.#carried.length === 0 ? bytes : Buffer.concat([this.#carried, bytes]);
    this.#carried = this.#walk(held);
    if (this.#carried.length > MAX_PART_HEAD + bytes.length) {
      throw new GatewayError('invalid_request', 'The form has a part whose head does not end.');
    }
  }

  /** Gives what has to be seen again with the bytes after it. */
  #walk(bytes: Buffer): Buffer {
    let from = this.#from;
    for (;;) {
      const delimiter = findDelimiter(bytes, this.#boundary, from);
      if (delimiter === undefined) return this.#endOf(bytes, from);
      this.#isOver = delimiter.isLast;
      if (delimiter.isLast) return bytes.subarray(bytes.length);
      // The line break in front counts as the end of the headers when a part has none.
      const blankLine = bytes.indexOf('\r\n\r\n', delimiter.end - 2, 'latin1');
      if (blankLine === -1) return this.#carryFrom(bytes, delimiter.start);
      if (fieldName(bytes.toString('utf8', delimiter.end, Math.max(delimiter.end, blankLine))) === 'model')
        this.#count();
      from = delimiter.end;
    }
  }

  #count(): void {
    this.#named += 1;
    if (this.#named > 1) throw repeatedModel();
  }

  /** The end of bytes without a whole boundary: one that has begun, or might have. */
  #endOf(bytes: Buffer, from: number): Buffer {
    const mark = this.#mark;
    const begun = bytes.lastIndexOf(mark, bytes.length, 'latin1');
    if (begun >= from && isBlank(bytes, begun + mark.length)) return this.#carryFrom(bytes, Math.max(0, begun - 2));
    return this.#carryFrom(bytes, Math.max(0, bytes.length - mark.length - 1));
  }

  /** With the line break in front of a boundary, unless nothing stands there at all. */
  #carryFrom(bytes: Buffer, start: number): Buffer {
    this.#from = start === 0 ? Math.min(this.#from, 2) : 2;
    // A copy: what it is a part of may be large.
    return Buffer.from(bytes.subarray(start));
  }
}

/** Whether nothing comes from there on but what may stand behind a boundary on its line, as far as that has come. */
function isBlank(bytes: Buffer, from: number): boolean {
  let at = from;
  while (bytes[at] === SPACE || bytes[at] === TAB) at++;
  return at + 1 >= bytes.length;
}

const SPACE = 0x20;
const TAB = 0x09;
