/** What a scan of JSON text shows before it is parsed. */
export interface JsonStructure {
  readonly isTooDeep: boolean;
  /** Where long strings of the content begin and end, without their quotes: alternating, in order. */
  readonly longStrings: readonly number[];
}

const quote = 0x22;
const backslash = 0x5c;
/** Bytes of a string looked at one by one before the native search, which costs more than that to call. */
const shortString = 24;
/** Bytes from which a string is a long one. */
const LONG_STRING = 2_048;
/** Objects and arrays around what a conversation says; what is said of the request lies less deep. */
const CONTENT_DEPTH = 3;

const none: readonly number[] = [];
const flat: JsonStructure = { isTooDeep: false, longStrings: none };
const tooDeep: JsonStructure = { isTooDeep: true, longStrings: none };

/**
 * Whether JSON text nests objects and arrays deeper than `limit`, and where its long strings are, by a scan of its bytes
 * that need not be valid JSON. Text shorter than twice the limit is neither deeper nor looked at. About 1 ns per byte outside
 * of strings, less inside.
 */
export function scanStructure(bytes: Buffer, limit: number): JsonStructure {
  if (bytes.length <= 2 * limit) return flat;
  let depth = 0;
  let longStrings: number[] | undefined;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!;
    if (byte === quote) {
      const start = index + 1;
      index = endOfString(bytes, start);
      if (index - start < LONG_STRING || depth < CONTENT_DEPTH) continue;
      longStrings ??= [];
      longStrings.push(start, index);
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > limit) return tooDeep;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    }
  }
  return longStrings === undefined ? flat : { isTooDeep: false, longStrings };
}

/** Index of the quote that ends the string which begins at `start`; the end of the text when nothing ends it. */
function endOfString(bytes: Buffer, start: number): number {
  const near = Math.min(bytes.length, start + shortString);
  let index = start;
  for (; index < near; index++) {
    const byte = bytes[index]!;
    if (byte === quote) return index;
    if (byte === backslash) index++;
  }
  for (let end = bytes.indexOf(quote, index); end !== -1; end = bytes.indexOf(quote, end + 1)) {
    if (!isEscaped(bytes, end, index)) return end;
  }
  return bytes.length;
}

/** An odd number of backslashes in front escapes; those before `from` are already consumed. */
function isEscaped(bytes: Buffer, at: number, from: number): boolean {
  let start = at;
  while (start > from && bytes[start - 1] === backslash) start--;
  return (at - start) % 2 === 1;
}
