import { fieldToken, fieldValue } from '../framing/header-field.ts';

/** The head of a plain request; later requests of its connection may share it. */
export interface PlainHead {
  readonly url: string;
  /** As node:http would have them: names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names and values, alternating, as the client spelt them. */
  readonly rawHeaders: readonly string[];
  readonly contentLength: number;
  /** Where the body begins. */
  readonly end: number;
}

/** Longer heads are left to node:http, which has the limit and the answer for those that are too long. */
const MAX_BYTES = 8 * 1024;

const METHOD = 'POST ';
const VERSION = ' HTTP/1.1';

/**
 * Reads the head of a plain request: a POST with a Content-Length whose head has come whole, in a spelling that can be
 * understood in one way only (RFC 9112). Undefined for everything else, which is not to say that it is wrong: node:http
 * reads it then. Whatever is read here, node:http would read just so; a test compares the two.
 */
export function readPlainHead(bytes: Buffer): PlainHead | undefined {
  const end = bytes.indexOf('\r\n\r\n', 0, 'latin1');
  if (end === -1 || end > MAX_BYTES) return undefined;
  const text = bytes.toString('latin1', 0, end);
  if (!text.startsWith(METHOD) || unusual.test(text)) return undefined;
  let lineEnd = endOfLine(text, 0);
  const url = text.slice(METHOD.length, lineEnd - VERSION.length);
  if (!text.startsWith(VERSION, lineEnd - VERSION.length) || !plainUrl.test(url)) return undefined;
  const headers: Record<string, string> = {};
  const rawHeaders: string[] = [];
  while (lineEnd < end) {
    const start = lineEnd + 2;
    lineEnd = endOfLine(text, start);
    const colon = text.indexOf(':', start);
    if (colon === -1 || colon > lineEnd) return undefined;
    const name = text.slice(start, colon);
    const value = fieldValue(text, colon + 1, lineEnd);
    const lower = lowerCased(name);
    // One that comes twice may be joined, dropped or refused, depending on which it is.
    if (lower === undefined || headers[lower] !== undefined || !isPlain(lower, value)) return undefined;
    // node:http takes no tab behind a length.
    if (lower === 'content-length' && !text.startsWith(value, lineEnd - value.length)) return undefined;
    headers[lower] = value;
    rawHeaders.push(name, value);
  }
  const length = headers['content-length'];
  if (length === undefined || headers['host'] === undefined || rawHeaders.length > MAX_FIELDS) return undefined;
  return { url, headers, rawHeaders, contentLength: Number(length), end: end + 4 };
}

/** Names and values. */
const MAX_FIELDS = 2 * 64;

/** All but visible ASCII, blanks, and line ends as they should be. */
const unusual = /[^\t\r\n\x20-\x7e]|\r(?!\n)|(?<!\r)\n/;

/** A path and a query of characters that need no care (RFC 3986). */
const plainUrl = /^\/[\w\-.~!$&'()*+,;=:@%/?]*$/;

/** Where a line ends; the last one ends with the text. */
function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\r\n', start);
  return end === -1 ? text.length : end;
}

/** Whether a header, its name in lower case, leaves it plain how the body is framed, and what becomes of the connection. */
export function isPlain(name: string, value: string): boolean {
  switch (name) {
    case 'content-length':
      return plainLength.test(value);
    case 'connection':
      return value === 'keep-alive' || value.toLowerCase() === 'keep-alive';
    case 'transfer-encoding':
    case 'trailer':
    case 'upgrade':
    case 'expect':
    case 'proxy-connection':
    // node:http makes a list of it.
    case 'set-cookie':
      return false;
    default:
      return true;
  }
}

const plainLength = /^(?:0|[1-9]\d{0,11})$/;

/** Clients send the same few names in the same spelling; a hostile one cannot fill memory. */
const lowerNames = new Map<string, string>();
const MAX_NAMES = 512;

/** Undefined for what is no name of a header. */
function lowerCased(name: string): string | undefined {
  const known = lowerNames.get(name);
  if (known !== undefined) return known;
  if (!fieldToken.test(name)) return undefined;
  const lower = name.toLowerCase();
  if (lowerNames.size < MAX_NAMES && name.length <= 64) lowerNames.set(name, lower);
  return lower;
}
