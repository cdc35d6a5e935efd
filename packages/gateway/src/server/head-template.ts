import { isBlank } from '../framing/header-field.ts';
import { isPlain, type PlainHead } from './plain-head.ts';

/** A header whose value is left open. */
interface OpenField {
  /** In lower case. */
  readonly name: string;
  /** Where its value stands among the raw headers. */
  readonly valueIndex: number;
  /** What stands between the open value before it, or the beginning of the head, and its own value; Latin-1. */
  readonly before: string;
}

/** A longer value is read anew each time. */
const LONGEST_VALUE = 256;

/** A head of which some values are left open: others that differ from it in those alone are known by their bytes. */
export class HeadTemplate {
  readonly head: PlainHead;
  readonly #fields: readonly OpenField[];
  /** What stands behind the last open value, up to the end of the head. */
  readonly #rest: string;

  /** `bytes` begin with the head; `open` has the places of the open values among its raw headers. */
  constructor(head: PlainHead, bytes: Buffer, open: ReadonlySet<number>) {
    const { rawHeaders } = head;
    const fields: OpenField[] = [];
    let from = 0;
    let line = bytes.indexOf('\r\n') + 2;
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = rawHeaders[index]!;
      if (open.has(index + 1)) {
        const value = afterBlanks(bytes, line + name.length + 1);
        const before = bytes.toString('latin1', from, value);
        fields.push({ name: name.toLowerCase(), valueIndex: index + 1, before });
        from = value + rawHeaders[index + 1]!.length;
      }
      line = bytes.indexOf('\r\n', line) + 2;
    }
    this.head = head;
    this.#fields = fields;
    this.#rest = bytes.toString('latin1', from, head.end);
  }

  /** What `bytes` begin with, if it is such a head; undefined also where that would take a closer look. */
  read(bytes: Buffer): PlainHead | undefined {
    const { rawHeaders } = this.head;
    let at = 0;
    let changed: string[] | undefined;
    for (let index = 0; index < this.#fields.length; index++) {
      const { name, valueIndex, before } = this.#fields[index]!;
      const start = at + before.length;
      if (bytes.toString('latin1', at, start) !== before) return undefined;
      at = endOfSame(bytes, start, rawHeaders[valueIndex]!);
      if (at !== -1) continue;
      at = endOfValue(bytes, start);
      if (at === -1) return undefined;
      const value = bytes.toString('latin1', start, at);
      if (!isPlain(name, value)) return undefined;
      changed ??= rawHeaders.slice();
      changed[valueIndex] = value;
    }
    const end = at + this.#rest.length;
    if (bytes.toString('latin1', at, end) !== this.#rest) return undefined;
    return changed === undefined ? this.head : this.#with(changed, end);
  }

  #with(rawHeaders: readonly string[], end: number): PlainHead {
    const headers = { ...this.head.headers };
    for (let index = 0; index < this.#fields.length; index++) {
      const { name, valueIndex } = this.#fields[index]!;
      headers[name] = rawHeaders[valueIndex]!;
    }
    return { url: this.head.url, headers, rawHeaders, contentLength: Number(headers['content-length']), end };
  }
}

function afterBlanks(bytes: Buffer, from: number): number {
  let at = from;
  while (isBlank(bytes[at])) at++;
  return at;
}

/** Where a value ends that is the same as another, or -1. */
function endOfSame(bytes: Buffer, start: number, value: string): number {
  const end = start + value.length;
  if (bytes[end] !== CARRIAGE_RETURN) return -1;
  for (let index = 0; index < value.length; index++) {
    if (bytes[start + index] !== value.charCodeAt(index)) return -1;
  }
  return end;
}

/** Where a value ends that has neither blanks around it nor characters that need care, or -1. */
function endOfValue(bytes: Buffer, start: number): number {
  let end = start;
  while (isUsual(bytes[end]) && end - start <= LONGEST_VALUE) end++;
  if (end === start || bytes[end] !== CARRIAGE_RETURN) return -1;
  return isBlank(bytes[start]) || isBlank(bytes[end - 1]) ? -1 : end;
}

function isUsual(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= SPACE && byte < DELETE) || byte === TAB);
}

const TAB = 9;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const DELETE = 127;
