/** JSON's own blanks. What else looks like one is a mistake, and one that nobody sees. */
const BLANKS = /[ \t\r\n]*/y;
const NO_BLANK = /[^ \t\r\n]/;
const WORD = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const ESCAPE = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y;
const QUOTE = 34;
const BACKSLASH = 92;
const MAX_DEPTH = 200;

/**
 * Offset of the first thing in a text that is not JSON; undefined when all of it is. `JSON.parse` reports no place for
 * most mistakes, and quotes the text around them, which may be a secret.
 */
export function findJsonMistake(text: string): number | undefined {
  const scanner: Scanner = { text, offset: 0, depth: 0 };
  if (!readValue(scanner)) return mistakeOffset(scanner);
  const rest = text.slice(scanner.offset).search(NO_BLANK);
  return rest < 0 ? undefined : scanner.offset + rest;
}

/** Line and column, both from 1, of an offset. */
export function positionAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

interface Scanner {
  readonly text: string;
  offset: number;
  depth: number;
}

function readValue(scanner: Scanner): boolean {
  const token = takeToken(scanner);
  if (token === undefined) return false;
  if (token === '{' || token === '[') {
    if (++scanner.depth > MAX_DEPTH) return false;
    const isRead = token === '{' ? readList(scanner, '}', readMember) : readList(scanner, ']', readValue);
    scanner.depth--;
    return isRead;
  }
  return !isMark(token) || giveBack(scanner, token);
}

function readList(scanner: Scanner, end: string, readItem: (scanner: Scanner) => boolean): boolean {
  const first = takeToken(scanner);
  if (first === end) return true;
  if (first === undefined) return false;
  giveBack(scanner, first);
  for (;;) {
    if (!readItem(scanner)) return false;
    const token = takeToken(scanner);
    if (token === end) return true;
    if (token !== ',') return token === undefined ? false : giveBack(scanner, token);
  }
}

function readMember(scanner: Scanner): boolean {
  const key = takeToken(scanner);
  if (key === undefined) return false;
  if (!key.startsWith('"')) return giveBack(scanner, key);
  const colon = takeToken(scanner);
  if (colon !== ':') return colon === undefined ? false : giveBack(scanner, colon);
  return readValue(scanner);
}

function takeToken(scanner: Scanner): string | undefined {
  const { text } = scanner;
  BLANKS.lastIndex = scanner.offset;
  BLANKS.test(text);
  const start = BLANKS.lastIndex;
  const end = endOfToken(text, start);
  if (end === undefined) return undefined;
  scanner.offset = end;
  return text.slice(start, end);
}

function endOfToken(text: string, start: number): number | undefined {
  const first = text.charAt(start);
  if (first === '') return undefined;
  if (isMark(first)) return start + 1;
  if (first === '"') return endOfString(text, start + 1);
  WORD.lastIndex = start;
  return WORD.test(text) ? WORD.lastIndex : undefined;
}

/** Behind the closing quote. A regular expression would need a stack as long as the string, and texts have megabytes. */
function endOfString(text: string, start: number): number | undefined {
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) return index + 1;
    if (code < 32) return undefined;
    if (code !== BACKSLASH) continue;
    ESCAPE.lastIndex = index + 1;
    if (!ESCAPE.test(text)) return undefined;
    index = ESCAPE.lastIndex - 1;
  }
  return undefined;
}

/** Puts a token back that does not belong here; always false, for the caller to return. */
function giveBack(scanner: Scanner, token: string): false {
  scanner.offset -= token.length;
  return false;
}

function isMark(token: string): boolean {
  return '{}[],:'.includes(token);
}

function mistakeOffset({ text, offset }: Scanner): number {
  const rest = text.slice(offset).search(NO_BLANK);
  return rest < 0 ? text.length : offset + rest;
}
