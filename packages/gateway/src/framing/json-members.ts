/**
 * Finds members of a JSON object in its bytes, and edits them in place, so that everything else stays as it was sent:
 * big integers, `1.0`, key order, duplicate keys, escapes, unknown fields. The text must already have passed
 * JSON.parse; this only finds its way around in it.
 */

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const COMMA = 44;

/** Where one member's value stands: from `start` up to, not including, `end`. Its name ends before `nameEnd`, in quotes. */
export interface MemberSpan {
  readonly key: string;
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly start: number;
  readonly end: number;
}

/** A replacement of the bytes from `start` up to, not including, `end`; equal ends insert. */
export interface SpanEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Values of all top-level members named in `wanted`, in order, duplicates included. */
export function findMembers(bytes: Buffer, wanted: ReadonlySet<string>): MemberSpan[] {
  const found: MemberSpan[] = [];
  let index = skipSpace(bytes, startOfObject(bytes) + 1);
  while (index < bytes.length && bytes[index] === QUOTE) {
    const keyEnd = endOfString(bytes, index);
    const key = readKey(bytes, index, keyEnd);
    const start = skipSpace(bytes, skipSpace(bytes, keyEnd) + 1);
    const end = endOfValue(bytes, start);
    if (wanted.has(key)) found.push({ key, nameStart: index, nameEnd: keyEnd, start, end });
    index = skipSpace(bytes, end);
    if (bytes[index] !== COMMA) break;
    index = skipSpace(bytes, index + 1);
  }
  return found;
}

/**
 * The edit that adds members in front of all others of the object that begins the bytes. Values are JSON texts. It is
 * one edit for all of them, because two at the same place could not tell who needs the comma.
 */
export function insertMembers(bytes: Buffer, members: readonly (readonly [key: string, value: string])[]): SpanEdit {
  const start = startOfObject(bytes) + 1;
  const text = members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',');
  const isEmpty = bytes[skipSpace(bytes, start)] === CLOSE_BRACE;
  return { start, end: start, text: isEmpty ? text : `${text},` };
}

/** The bytes with the edits done. Edits are given in the order of their places and do not overlap. */
export function applyEdits(bytes: Buffer, edits: readonly SpanEdit[]): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  for (const edit of edits) {
    parts.push(bytes.subarray(from, edit.start), Buffer.from(edit.text));
    from = edit.end;
  }
  parts.push(bytes.subarray(from));
  return Buffer.concat(parts);
}

/** The bytes with other names for members of the object. One whose new name is there already keeps its own. */
export function renameMembers(bytes: Buffer, names: Readonly<Record<string, string>>): Buffer {
  const found = findMembers(bytes, new Set(Object.entries(names).flat()));
  const edits: SpanEdit[] = [];
  for (const { key, nameStart, nameEnd } of found) {
    const name = names[key];
    if (name === undefined || found.some((other) => other.key === name)) continue;
    edits.push({ start: nameStart, end: nameEnd, text: JSON.stringify(name) });
  }
  return edits.length === 0 ? bytes : applyEdits(bytes, edits);
}

function startOfObject(bytes: Buffer): number {
  return bytes.indexOf(OPEN_BRACE);
}

function skipSpace(bytes: Buffer, from: number): number {
  let index = from;
  while (index < bytes.length && bytes[index]! <= 32) index++;
  return index;
}

/** Index behind the closing quote of the string that opens at `open`. */
function endOfString(bytes: Buffer, open: number): number {
  let quote = bytes.indexOf(QUOTE, open + 1);
  while (quote !== -1) {
    let backslashes = 0;
    while (bytes[quote - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
    quote = bytes.indexOf(QUOTE, quote + 1);
  }
  return bytes.length;
}

/** A key as JSON.parse reads it: a key written with escapes is the same key. */
function readKey(bytes: Buffer, open: number, end: number): string {
  const text = bytes.toString('utf8', open + 1, end - 1);
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}

function endOfValue(bytes: Buffer, start: number): number {
  const first = bytes[start];
  if (first === QUOTE) return endOfString(bytes, start);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return endOfContainer(bytes, start);
  let index = start;
  while (index < bytes.length) {
    const byte = bytes[index]!;
    if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte <= 32 || byte === COLON) break;
    index++;
  }
  return index;
}

function endOfContainer(bytes: Buffer, start: number): number {
  let depth = 0;
  let index = start;
  while (index < bytes.length) {
    const byte = bytes[index]!;
    if (byte === QUOTE) {
      index = endOfString(bytes, index);
      continue;
    }
    index++;
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth--;
      if (depth === 0) return index;
    }
  }
  return bytes.length;
}
