/**
 * Reads one JSON text in a single pass over its bytes, without building a value: is it well formed, and where are the
 * members that matter. A streamed event is checked this way before it is relayed, at a fraction of what JSON.parse
 * costs (bench: framing/json-scan.bench.ts).
 */

/**
 * Told of every member at depth 1 to 3 (1: the outermost object) after its value was read. Spans are byte offsets;
 * the key's span leaves out its quotes.
 */
export type MemberVisitor = (
  depth: number,
  keyStart: number,
  keyEnd: number,
  valueStart: number,
  valueEnd: number,
) => void;

const MAX_DEPTH = 256;
const VISITED_DEPTH = 3;

// What a byte may begin outside of strings. 0: nothing, the text is broken.
const SPACE = 1;
const OPEN_OBJECT = 2;
const OPEN_ARRAY = 3;
const CLOSE = 4;
const COMMA = 5;
const COLON = 6;
const STRING = 7;
const NUMBER = 8;
const WORD = 9;

const classOf = new Uint8Array(256);
for (const space of ' \t\r\n') classOf[space.charCodeAt(0)] = SPACE;
for (const digit of '-0123456789') classOf[digit.charCodeAt(0)] = NUMBER;
for (const letter of 'tfn') classOf[letter.charCodeAt(0)] = WORD;
classOf['{'.charCodeAt(0)] = OPEN_OBJECT;
classOf['['.charCodeAt(0)] = OPEN_ARRAY;
classOf['}'.charCodeAt(0)] = CLOSE;
classOf[']'.charCodeAt(0)] = CLOSE;
classOf[','.charCodeAt(0)] = COMMA;
classOf[':'.charCodeAt(0)] = COLON;
classOf['"'.charCodeAt(0)] = STRING;

const inNumber = new Uint8Array(256);
for (const part of '0123456789+-.eE') inNumber[part.charCodeAt(0)] = 1;

// What may come next.
const VALUE = 0;
const KEY_OR_CLOSE = 1;
const KEY = 2;
const AFTER_KEY = 3;
const AFTER_VALUE = 4;
const VALUE_OR_CLOSE = 5;

const words = new Map([
  [116, 'true'],
  [102, 'false'],
  [110, 'null'],
]);

// One scan at a time: the scanner is synchronous, so its working memory can be shared.
const isObject = new Uint8Array(MAX_DEPTH + 1);
const keyStarts = new Int32Array(VISITED_DEPTH + 1);
const keyEnds = new Int32Array(VISITED_DEPTH + 1);
const valueStarts = new Int32Array(VISITED_DEPTH + 1);

/** Whether the bytes from `start` up to `end` are exactly one JSON text. */
export function scanJson(bytes: Uint8Array, start: number, end: number, visit: MemberVisitor): boolean {
  let depth = 0;
  let expected = VALUE;
  let index = start;
  while (index < end) {
    const byte = bytes[index]!;
    const kind = classOf[byte]!;
    if (kind === SPACE) {
      index++;
      continue;
    }
    if (expected === AFTER_VALUE) {
      if (depth === 0) return false;
      if (kind === COMMA) {
        expected = isObject[depth] === 1 ? KEY : VALUE;
        index++;
        continue;
      }
      if (kind !== CLOSE || (byte === 125) !== (isObject[depth] === 1)) return false;
      index++;
      depth--;
      if (depth > 0 && depth <= VISITED_DEPTH && isObject[depth] === 1) {
        visit(depth, keyStarts[depth]!, keyEnds[depth]!, valueStarts[depth]!, index);
      }
      continue;
    }
    if (expected === AFTER_KEY) {
      if (kind !== COLON) return false;
      expected = VALUE;
      index++;
      continue;
    }
    if (expected === KEY || (expected === KEY_OR_CLOSE && kind === STRING)) {
      if (kind !== STRING) return false;
      const close = endOfString(bytes, index + 1, end);
      if (close === -1) return false;
      if (depth <= VISITED_DEPTH) {
        keyStarts[depth] = index + 1;
        keyEnds[depth] = close;
      }
      index = close + 1;
      expected = AFTER_KEY;
      continue;
    }
    // From here on a value, or the end of an empty container.
    if (kind === CLOSE) {
      const closesObject = expected === KEY_OR_CLOSE;
      if ((expected !== VALUE_OR_CLOSE && !closesObject) || (byte === 125) !== closesObject) return false;
      expected = AFTER_VALUE;
      index++;
      depth--;
      if (depth > 0 && depth <= VISITED_DEPTH && isObject[depth] === 1) {
        visit(depth, keyStarts[depth]!, keyEnds[depth]!, valueStarts[depth]!, index);
      }
      continue;
    }
    if (expected === KEY_OR_CLOSE) return false;
    const inObject = depth > 0 && depth <= VISITED_DEPTH && isObject[depth] === 1;
    if (inObject) valueStarts[depth] = index;
    if (kind === OPEN_OBJECT || kind === OPEN_ARRAY) {
      if (depth === MAX_DEPTH) return false;
      depth++;
      isObject[depth] = kind === OPEN_OBJECT ? 1 : 0;
      expected = kind === OPEN_OBJECT ? KEY_OR_CLOSE : VALUE_OR_CLOSE;
      index++;
      continue;
    }
    const valueStart = index;
    index = endOfScalar(bytes, index, end, kind);
    if (index === -1) return false;
    expected = AFTER_VALUE;
    if (inObject) visit(depth, keyStarts[depth]!, keyEnds[depth]!, valueStart, index);
  }
  return expected === AFTER_VALUE && depth === 0;
}

/** Index behind the scalar that begins at `start`, or -1 when it is none. */
function endOfScalar(bytes: Uint8Array, start: number, end: number, kind: number): number {
  if (kind === STRING) {
    const close = endOfString(bytes, start + 1, end);
    return close === -1 ? -1 : close + 1;
  }
  if (kind === NUMBER) {
    let index = start + 1;
    while (index < end && inNumber[bytes[index]!] === 1) index++;
    return index;
  }
  if (kind !== WORD) return -1;
  const word = words.get(bytes[start]!)!;
  if (start + word.length > end) return -1;
  for (let offset = 1; offset < word.length; offset++) {
    if (bytes[start + offset] !== word.charCodeAt(offset)) return -1;
  }
  return start + word.length;
}

/** Index of the quote that closes the string whose text begins at `from`, or -1. Raw control characters are errors. */
function endOfString(bytes: Uint8Array, from: number, end: number): number {
  let index = from;
  while (index < end) {
    const byte = bytes[index]!;
    if (byte === 34) return index;
    if (byte === 92) index++;
    else if (byte < 32) return -1;
    index++;
  }
  return -1;
}

/** Whether the key from `start` to `end` is `name`, which is ASCII. */
export function isKey(bytes: Uint8Array, start: number, end: number, name: string): boolean {
  if (end - start !== name.length) return false;
  for (let index = 0; index < name.length; index++) {
    if (bytes[start + index] !== name.charCodeAt(index)) return false;
  }
  return true;
}
