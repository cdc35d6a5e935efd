const TOKEN =
  /\s*(?:([{}[\],:])|("(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y;
const MAX_DEPTH = 200;

/**
 * Offset of the first thing in a text that is not JSON; undefined when all of it is. `JSON.parse` reports no place for
 * most mistakes, and quotes the text around them, which may be a secret.
 */
export function findJsonMistake(text: string): number | undefined {
  const scanner: Scanner = { text, offset: 0, depth: 0 };
  if (!readValue(scanner)) return mistakeOffset(scanner);
  const rest = text.slice(scanner.offset).search(/\S/);
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
  TOKEN.lastIndex = scanner.offset;
  const match = TOKEN.exec(scanner.text);
  if (match === null) return undefined;
  scanner.offset = TOKEN.lastIndex;
  return match[0].trimStart();
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
  const rest = text.slice(offset).search(/\S/);
  return rest < 0 ? text.length : offset + rest;
}
