/**
 * Reads one JSON text in a single pass over its bytes, without building a value: is it well formed, and where are the
 * members that matter. A streamed event is checked this way before it is relayed, at a fraction of what JSON.parse
 * costs (bench: framing/json-scan.bench.ts).
 */

/**
 * Told of every member at depth 1 to 4 (1: the outermost object) after its value was read. Spans are byte offsets;
 * the key's span leaves out its quotes. Arrays count as levels too.
 */
export type MemberVisitor = (
  depth: number,
  keyStart: number,
  keyEnd: number,
  valueStart: number,
  valueEnd: number,
) => void;

const MAX_DEPTH = 256;
const VISITED_DEPTH = 4;

const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** What follows a backslash; `u` is looked at separately. */
const isEscape = new Uint8Array(256);
for (const letter of '"\\/bfnrt') isEscape[letter.charCodeAt(0)] = 1;

const words: readonly (Buffer | undefined)[] = Object.assign(new Array<Buffer | undefined>(128), {
  116: Buffer.from('true'),
  102: Buffer.from('false'),
  110: Buffer.from('null'),
});

/**
 * Whether the bytes from `start` up to `end` are exactly one JSON text, as JSON.parse understands it. Text that is
 * nested deeper than 256 levels is refused.
 */
export function scanJson(bytes: Buffer, start: number, end: number, visit: MemberVisitor): boolean {
  const index = endOfValue(bytes, skipSpace(bytes, start, end), end, 0, visit);
  return index !== -1 && skipSpace(bytes, index, end) === end;
}

/** Index behind the value that begins at `start`, or -1 when there is none. `depth` counts the containers around it. */
function endOfValue(bytes: Buffer, start: number, end: number, depth: number, visit: MemberVisitor): number {
  if (start >= end) return -1;
  const first = bytes[start]!;
  if (first === QUOTE) return endOfString(bytes, start + 1, end);
  if (first === OPEN_BRACE) return endOfObject(bytes, start + 1, end, depth + 1, visit);
  if (first === OPEN_BRACKET) return endOfArray(bytes, start + 1, end, depth + 1, visit);
  if (first === MINUS || (first >= ZERO && first <= NINE)) return endOfNumber(bytes, start, end);
  const word = words[first];
  return word === undefined ? -1 : endOfWord(bytes, start, end, word);
}

function endOfObject(bytes: Buffer, from: number, end: number, depth: number, visit: MemberVisitor): number {
  if (depth > MAX_DEPTH) return -1;
  let index = skipSpace(bytes, from, end);
  if (index < end && bytes[index] === CLOSE_BRACE) return index + 1;
  while (index < end && bytes[index] === QUOTE) {
    const keyStart = index + 1;
    const afterKey = endOfString(bytes, keyStart, end);
    if (afterKey === -1) return -1;
    index = skipSpace(bytes, afterKey, end);
    if (index >= end || bytes[index] !== COLON) return -1;
    const valueStart = skipSpace(bytes, index + 1, end);
    const valueEnd = endOfValue(bytes, valueStart, end, depth, visit);
    if (valueEnd === -1) return -1;
    if (depth <= VISITED_DEPTH) visit(depth, keyStart, afterKey - 1, valueStart, valueEnd);
    index = skipSpace(bytes, valueEnd, end);
    if (index >= end) return -1;
    if (bytes[index] === CLOSE_BRACE) return index + 1;
    if (bytes[index] !== COMMA) return -1;
    index = skipSpace(bytes, index + 1, end);
  }
  return -1;
}

function endOfArray(bytes: Buffer, from: number, end: number, depth: number, visit: MemberVisitor): number {
  if (depth > MAX_DEPTH) return -1;
  let index = skipSpace(bytes, from, end);
  if (index < end && bytes[index] === CLOSE_BRACKET) return index + 1;
  for (;;) {
    index = endOfValue(bytes, index, end, depth, visit);
    if (index === -1) return -1;
    index = skipSpace(bytes, index, end);
    if (index >= end) return -1;
    if (bytes[index] === CLOSE_BRACKET) return index + 1;
    if (bytes[index] !== COMMA) return -1;
    index = skipSpace(bytes, index + 1, end);
  }
}

/** Strings that are longer are read by the runtime's own code, which takes a third of the time a byte. */
const LONG_STRING = 192;
/** Beyond this, making a string of it costs more than the walk. */
const LONGEST_STRING = 512 * 1024;
/** Escaped quotes, each of which costs a look for the next one, after which that does not pay. */
const MOST_ESCAPED_QUOTES = 8;

/** Index behind the closing quote of the string whose text begins at `from`, or -1. */
function endOfString(bytes: Buffer, from: number, end: number): number {
  let index = from;
  let longFrom = from + LONG_STRING;
  while (index < end) {
    if (index >= longFrom) {
      const found = endOfLongString(bytes, index, end);
      if (found !== undefined) return found;
      longFrom = end;
    }
    const byte = bytes[index]!;
    if (byte > BACKSLASH || (byte > QUOTE && byte !== BACKSLASH)) {
      index++;
    } else if (byte === QUOTE) {
      return index + 1;
    } else if (byte === BACKSLASH) {
      index = endOfEscape(bytes, index + 1, end);
      if (index === -1) return -1;
    } else if (byte < 32) {
      return -1;
    } else {
      index++;
    }
  }
  return -1;
}

/** The same for a text of which this much is left; undefined when it has too many escaped quotes. */
function endOfLongString(bytes: Buffer, from: number, end: number): number | undefined {
  let quote = from - 1;
  for (let tries = 0; tries <= MOST_ESCAPED_QUOTES; tries++) {
    quote = bytes.indexOf(QUOTE, quote + 1);
    if (quote === -1 || quote >= end) return -1;
    if (quote - from > LONGEST_STRING) return undefined;
    if (!isEscaped(bytes, from, quote)) return isText(bytes, from, quote) ? quote + 1 : -1;
  }
  return undefined;
}

function isEscaped(bytes: Buffer, from: number, quote: number): boolean {
  let index = quote;
  while (index > from && bytes[index - 1] === BACKSLASH) index--;
  return (quote - index) % 2 === 1;
}

/** Whether JSON.parse takes it: as Latin-1, since bytes beyond ASCII stand in a string whatever they mean. */
function isText(bytes: Buffer, from: number, end: number): boolean {
  try {
    JSON.parse(`"${bytes.toString('latin1', from, end)}"`);
    return true;
  } catch {
    return false;
  }
}

function endOfEscape(bytes: Buffer, from: number, end: number): number {
  if (from >= end) return -1;
  const byte = bytes[from]!;
  if (isEscape[byte] === 1) return from + 1;
  if (byte !== 117 || from + 5 > end) return -1;
  for (let index = from + 1; index < from + 5; index++) {
    const digit = bytes[index]! | 32;
    if (!((digit >= ZERO && digit <= NINE && bytes[index]! >= ZERO) || (digit >= 97 && digit <= 102))) return -1;
  }
  return from + 5;
}

/** Index behind the number that begins at `start`, a digit or a minus, or -1 when it is none. */
function endOfNumber(bytes: Buffer, start: number, end: number): number {
  const whole = bytes[start] === MINUS ? start + 1 : start;
  let index = endOfDigits(bytes, whole, end);
  if (index === whole || (bytes[whole] === ZERO && index > whole + 1)) return -1;
  if (index < end && bytes[index] === DOT) {
    const fraction = index + 1;
    index = endOfDigits(bytes, fraction, end);
    if (index === fraction) return -1;
  }
  if (index < end && (bytes[index]! | 32) === 101) {
    const sign = bytes[index + 1];
    const exponent = sign === MINUS || sign === 43 ? index + 2 : index + 1;
    index = endOfDigits(bytes, exponent, end);
    if (index <= exponent) return -1;
  }
  return index;
}

function endOfDigits(bytes: Buffer, from: number, end: number): number {
  let index = from;
  while (index < end && bytes[index]! >= ZERO && bytes[index]! <= NINE) index++;
  return index;
}

function endOfWord(bytes: Buffer, start: number, end: number, word: Buffer): number {
  const { length } = word;
  if (start + length > end) return -1;
  for (let offset = 1; offset < length; offset++) {
    if (bytes[start + offset] !== word[offset]) return -1;
  }
  return start + length;
}

function skipSpace(bytes: Buffer, from: number, end: number): number {
  // Nearly all streamed JSON is compact; the loop stays outside, so that this little is inlined.
  return from < end && bytes[from]! <= 32 ? endOfSpace(bytes, from, end) : from;
}

function endOfSpace(bytes: Buffer, from: number, end: number): number {
  let index = from;
  while (index < end) {
    const byte = bytes[index]!;
    if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) return index;
    index++;
  }
  return index;
}

/** Whether the key from `start` to `end` is `name`, which is ASCII. */
export function isKey(bytes: Buffer, start: number, end: number, name: string): boolean {
  if (end - start !== name.length) return false;
  for (let index = 0; index < name.length; index++) {
    if (bytes[start + index] !== name.charCodeAt(index)) return false;
  }
  return true;
}
