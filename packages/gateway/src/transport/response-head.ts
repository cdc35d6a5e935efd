import { fieldToken, fieldValue } from '../framing/header-field.ts';
import { malformed } from './upstream-error.ts';

/** The head of a response, and how RFC 9112 says that its body ends. */
export interface ResponseHead {
  readonly status: number;
  /** Names and values, alternating, as the upstream spelt them. */
  readonly rawHeaders: readonly string[];
  readonly isChunked: boolean;
  /** Content-Length, -1 when there is none. */
  readonly contentLength: number;
  /** The upstream lets the connection carry another request. */
  readonly isKept: boolean;
  /** For how long it keeps an idle connection, as far as it says so. */
  readonly keepAliveSeconds: number | undefined;
}

type HeaderMeaning = 'plain' | 'content-length' | 'transfer-encoding' | 'connection' | 'keep-alive';

/**
 * Reads a head, without the empty line at its end; its characters stand for bytes. Throws `UPSTREAM_MALFORMED` for what
 * could be understood in two ways: two lengths, a length beside chunks, folded lines, lone line ends, control characters.
 */
export function parseResponseHead(text: string): ResponseHead {
  if (controlCharacter.test(text)) throw malformed('the head has a control character');
  let end = lineEnd(text, 0);
  const { status, isOld } = parseStatusLine(text, end);
  const rawHeaders: string[] = [];
  let contentLength = -1;
  let isChunked = false;
  let connection = '';
  let keepAlive: string | undefined;
  while (end < text.length) {
    const start = end + 2;
    end = lineEnd(text, start);
    const colon = text.indexOf(':', start);
    if (colon === -1 || colon > end) throw malformed('a header has no colon');
    const name = text.slice(start, colon);
    const value = fieldValue(text, colon + 1, end);
    rawHeaders.push(name, value);
    switch (meaningOf(name)) {
      case 'plain':
        break;
      case 'content-length':
        if (contentLength !== -1) throw malformed('the response has two lengths');
        contentLength = parseLength(value);
        break;
      case 'transfer-encoding':
        if (isChunked || isOld || value.toLowerCase() !== 'chunked')
          throw malformed('the body has an unknown encoding');
        isChunked = true;
        break;
      case 'connection':
        connection = connection === '' ? value : `${connection},${value}`;
        break;
      case 'keep-alive':
        keepAlive = value;
    }
  }
  if (isChunked && contentLength !== -1) throw malformed('the response has a length beside its chunks');
  const isKept = isOld ? hasOption(connection, 'keep-alive') : !hasOption(connection, 'close');
  const keepAliveSeconds = keepAlive === undefined ? undefined : parseTimeout(keepAlive);
  const headers = isUsual(connection) ? rawHeaders : withoutNamed(rawHeaders, connection);
  return { status, rawHeaders: headers, isChunked, contentLength, isKept, keepAliveSeconds };
}

/** All but tab, line ends, and what may stand in a header. */
const controlCharacter = /[^\t\r\n\x20-\x7e\x80-\xff]/;

/** Where a line ends; the last one ends with the text. */
function lineEnd(text: string, start: number): number {
  const carriageReturn = text.indexOf('\r', start);
  const lineFeed = text.indexOf('\n', start);
  if (carriageReturn === -1 && lineFeed === -1) return text.length;
  if (carriageReturn === -1 || lineFeed !== carriageReturn + 1) throw malformed('a line of the head ends oddly');
  return carriageReturn;
}

/** `HTTP/1.1 200 OK`, the words being optional. `isOld`: it is HTTP/1.0. */
function parseStatusLine(text: string, end: number): { readonly status: number; readonly isOld: boolean } {
  const minor = text.charCodeAt(7) - ZERO;
  const isKnown = text.startsWith('HTTP/1.') && (minor === 0 || minor === 1) && text.charCodeAt(8) === SPACE;
  const isStatusAlone = end === 12 || text.charCodeAt(12) === SPACE;
  const status = digit(text, 9) * 100 + digit(text, 10) * 10 + digit(text, 11);
  if (!isKnown || end < 12 || !isStatusAlone || !(status >= 100)) throw malformed('the answer is not HTTP/1.1');
  return { status, isOld: minor === 0 };
}

const ZERO = 48;
const SPACE = 32;

function digit(text: string, index: number): number {
  const value = text.charCodeAt(index) - ZERO;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}

/** Upstreams send the same few names in the same spelling, so what each means is kept; a hostile one cannot fill memory. */
const meanings = new Map<string, HeaderMeaning>();
const MAX_MEANINGS = 512;
const framing: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive']);

function meaningOf(name: string): HeaderMeaning {
  const known = meanings.get(name);
  if (known !== undefined) return known;
  if (!fieldToken.test(name)) throw malformed('a header has no proper name');
  const lower = name.toLowerCase();
  const meaning = framing.has(lower) ? (lower as HeaderMeaning) : 'plain';
  if (meanings.size < MAX_MEANINGS && name.length <= 64) meanings.set(name, meaning);
  return meaning;
}

function parseLength(value: string): number {
  const length = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(length)) throw malformed('the length of the response is no number');
  return length;
}

/** Whether a list such as `keep-alive, Upgrade` names an option. */
function hasOption(list: string, option: string): boolean {
  if (list === '') return false;
  return list.split(',').some((part) => part.trim().toLowerCase() === option);
}

/** What `Connection` says as a rule: nothing, or what becomes of the connection. */
function isUsual(connection: string): boolean {
  return connection === '' || /^(?:keep-alive|close)$/i.test(connection);
}

/** Headers that `Connection` names are for whoever holds the other end of it, whatever they are (RFC 9110, 7.6.1). */
function withoutNamed(rawHeaders: readonly string[], connection: string): readonly string[] {
  const kept: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!hasOption(connection, rawHeaders[index]!.toLowerCase())) kept.push(rawHeaders[index]!, rawHeaders[index + 1]!);
  }
  return kept;
}

/** `timeout=5, max=100`. */
function parseTimeout(value: string): number | undefined {
  const seconds = /(?:^|[,\s])timeout\s?=\s?"?(\d{1,6})/i.exec(value)?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}
