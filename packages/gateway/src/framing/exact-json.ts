import { randomBytes } from 'node:crypto';

/**
 * JSON whose numbers come out as they went in. JavaScript's numbers are doubles: an id of 19 digits or a `1.0` that is
 * parsed and written again is another number to whoever reads it. Numbers that would change are kept as their text.
 */

/** A number that a double cannot hold as it was written. */
export class ExactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): string {
    return MARK + this.text;
  }

  valueOf(): number {
    return Number(this.text);
  }
}

/** No caller can know it, so no caller's string can pass for a number. */
const MARK = `\u0001${randomBytes(12).toString('hex')}:`;
const MARKED = new RegExp(`"\\\\u0001${MARK.slice(1)}([-+.0-9eE]+)"`, 'g');

/**
 * Whether a text may hold such a number: where a value may begin, long digits, a fraction that ends in zero, an exponent;
 * anywhere a negative zero. Ids and base64 within strings, which look like numbers, seldom stand there.
 */
const SUSPECT = /(?:^|[[:,])\s*-?(?:[\d.]{16}|\d+\.\d*0(?!\d)|\d+(?:\.\d+)?[eE])|-0(?![.\d])/;

/** Parses JSON; numbers that a double would change become ExactNumber. Throws SyntaxError as JSON.parse does. */
export function parseExact(text: string): unknown {
  return exactValue(text, JSON.parse(text));
}

/** What `parseExact` makes of a text of which JSON.parse has made `value` already: the value itself where it is exact. */
export function exactValue(text: string, value: unknown): unknown {
  return SUSPECT.test(text) ? new ExactReader(text).read() : value;
}

/** Writes a value as JSON, each ExactNumber as it was. */
export function writeExact(value: unknown): string {
  const text = JSON.stringify(value);
  return text.includes(MARK.slice(1)) ? text.replace(MARKED, '$1') : text;
}

/** What JSON.parse of exact text gives as a plain number. */
export function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return value instanceof ExactNumber ? Number(value.text) : undefined;
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const SPACE = /[\t\n\r ]*/y;

/** A second reading of text that JSON.parse has accepted: nothing of the grammar is checked again. */
class ExactReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): unknown {
    this.#take(SPACE);
    const first = this.#text[this.#at];
    if (first === '{') return this.#object();
    if (first === '[') return this.#array();
    if (first === '"') return this.#string();
    for (const [word, value] of words) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return toExact(this.#take(NUMBER));
  }

  #object(): unknown {
    const object: Record<string, unknown> = {};
    for (let isFirst = true; this.#hasNext('}', isFirst); isFirst = false) {
      this.#take(SPACE);
      const key = this.#string();
      this.#take(SPACE);
      this.#at++;
      const value = this.read();
      // As JSON.parse does it: an own member, not the prototype.
      if (key === '__proto__') Object.defineProperty(object, key, { value, ...ownMember });
      else object[key] = value;
    }
    return object;
  }

  #array(): unknown[] {
    const array: unknown[] = [];
    for (let isFirst = true; this.#hasNext(']', isFirst); isFirst = false) array.push(this.read());
    return array;
  }

  /** Steps over the bracket or comma before the next element; false, over the closing bracket, when there is none. */
  #hasNext(close: string, isFirst: boolean): boolean {
    if (isFirst) this.#at++;
    this.#take(SPACE);
    if (this.#text[this.#at] === close) {
      this.#at++;
      return false;
    }
    if (!isFirst) this.#at++;
    return true;
  }

  #string(): string {
    const start = this.#at;
    let end = start + 1;
    for (;;) {
      const quote = this.#text.indexOf('"', end);
      let slashes = 0;
      while (this.#text[quote - 1 - slashes] === '\\') slashes++;
      end = quote + 1;
      if (slashes % 2 === 0) break;
    }
    this.#at = end;
    return JSON.parse(this.#text.slice(start, end)) as string;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }
}

const words = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const;

const ownMember = { writable: true, enumerable: true, configurable: true } as const;

function toExact(text: string): number | ExactNumber {
  const number = Number(text);
  return String(number) === text ? number : new ExactNumber(text);
}
