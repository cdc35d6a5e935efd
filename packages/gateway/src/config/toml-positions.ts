import type { Position } from './config-document.ts';
import { pathKey } from './config-path.ts';
import { positionAt } from './json-syntax.ts';

/**
 * Positions of the tables and keys of a TOML text that is known to be valid: its parser keeps none. Keys inside inline
 * tables and items of arrays are not listed; their nearest ancestor is.
 */
export function findTomlPositions(text: string): ReadonlyMap<string, Position> {
  const scan: Scan = { text, offset: 0, table: [], positions: new Map(), counts: new Map() };
  while (scan.offset < text.length) readStatement(scan);
  return scan.positions;
}

interface Scan {
  readonly text: string;
  offset: number;
  /** Path of the table that keys belong to, with indexes of arrays of tables. */
  table: (string | number)[];
  readonly positions: Map<string, Position>;
  /** How many elements each array of tables has so far. */
  readonly counts: Map<string, number>;
}

function readStatement(scan: Scan): void {
  skip(scan, /[\s]+/y);
  if (scan.offset >= scan.text.length) return;
  const start = scan.offset;
  const first = scan.text[start];
  if (first === '#') skipLine(scan);
  else if (first === '[') readHeader(scan, start);
  else readKeyValue(scan, start);
}

function readHeader(scan: Scan, start: number): void {
  const isArray = scan.text[start + 1] === '[';
  scan.offset = start + (isArray ? 2 : 1);
  const keys = readKeys(scan);
  const path: (string | number)[] = [];
  for (const [index, key] of keys.entries()) {
    path.push(key);
    const count = scan.counts.get(pathKey(path));
    const isLast = index === keys.length - 1;
    if (isArray && isLast) {
      if (count === undefined) notePosition(scan, path, start);
      scan.counts.set(pathKey(path), (count ?? 0) + 1);
      path.push(count ?? 0);
    } else if (count !== undefined) path.push(count - 1);
  }
  notePosition(scan, path, start);
  scan.table = path;
  skipLine(scan);
}

function readKeyValue(scan: Scan, start: number): void {
  const keys = readKeys(scan);
  for (let length = 1; length <= keys.length; length++) {
    const path = [...scan.table, ...keys.slice(0, length)];
    if (length === keys.length || !scan.positions.has(pathKey(path))) notePosition(scan, path, start);
  }
  skipValue(scan);
}

/** A dotted key; stops behind it. */
function readKeys(scan: Scan): string[] {
  const keys: string[] = [];
  for (;;) {
    skip(scan, /[ \t]+/y);
    const match = matchHere(scan, /[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y);
    if (match === undefined) return keys;
    keys.push(unquoted(match));
    skip(scan, /[ \t]+/y);
    if (scan.text[scan.offset] !== '.') return keys;
    scan.offset++;
  }
}

function unquoted(key: string): string {
  if (key.startsWith("'")) return key.slice(1, -1);
  if (!key.startsWith('"')) return key;
  try {
    return String(JSON.parse(key));
  } catch {
    // TOML knows escapes that JSON does not; such a key is found by its table.
    return key.slice(1, -1);
  }
}

/** Goes to the end of a value: over strings of all four kinds, and over line ends within brackets. */
function skipValue(scan: Scan): void {
  let depth = 0;
  while (scan.offset < scan.text.length) {
    const character = scan.text[scan.offset];
    if (character === '\n' && depth === 0) return;
    if (character === '#') skipLine(scan);
    else if (
      matchHere(scan, /"""[\s\S]*?(?<!\\)(?:\\\\)*"{3,5}|'''[\s\S]*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y) ===
      undefined
    ) {
      if (character === '[' || character === '{') depth++;
      if (character === ']' || character === '}') depth--;
      scan.offset++;
    }
  }
}

function skipLine(scan: Scan): void {
  const end = scan.text.indexOf('\n', scan.offset);
  scan.offset = end < 0 ? scan.text.length : end;
}

function skip(scan: Scan, pattern: RegExp): void {
  matchHere(scan, pattern);
}

function matchHere(scan: Scan, pattern: RegExp): string | undefined {
  pattern.lastIndex = scan.offset;
  const match = pattern.exec(scan.text)?.[0];
  if (match !== undefined) scan.offset += match.length;
  return match;
}

function notePosition(scan: Scan, path: readonly (string | number)[], offset: number): void {
  scan.positions.set(pathKey(path), positionAt(scan.text, offset));
}
