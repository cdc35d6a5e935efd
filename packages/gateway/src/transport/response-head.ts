import { unfitText } from '../framing/header-lines.ts';
import { type LearntFields, lineEnd } from './learnt-fields.ts';
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

/**
 * Reads a head, without the empty line at its end; its characters stand for bytes. Throws `UPSTREAM_MALFORMED` for what
 * could be understood in two ways: two lengths, a length beside chunks, folded lines, lone line ends, control characters.
 * `fields`: what was learnt from the heads before it, of the same upstream.
 */
export function parseResponseHead(text: string, fields: LearntFields): ResponseHead {
  let end = lineEnd(text, 0);
  const { status, isOld } = parseStatusLine(text, end);
  const rawHeaders: string[] = [];
  let contentLength = -1;
  let isChunked = false;
  let connection = '';
  let keepAlive: string | undefined;
  fields.begin();
  while (end < text.length) {
    const { name, meaning } = fields.read(text, end + 2);
    const { value } = fields;
    ({ end } = fields);
    rawHeaders.push(name, value);
    switch (meaning) {
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
  const options = connection.toLowerCase();
  const isKept = isOld ? hasOption(options, 'keep-alive') : !hasOption(options, 'close');
  const keepAliveSeconds = keepAlive === undefined ? undefined : parseTimeout(keepAlive);
  const headers = isUsual(options) ? rawHeaders : withoutNamed(rawHeaders, options);
  return { status, rawHeaders: headers, isChunked, contentLength, isKept, keepAliveSeconds };
}

/** `HTTP/1.1 200 OK`, the words being optional. `isOld`: it is HTTP/1.0. */
function parseStatusLine(text: string, end: number): { readonly status: number; readonly isOld: boolean } {
  const minor = text.charCodeAt(7) - ZERO;
  const isKnown = text.startsWith('HTTP/1.') && (minor === 0 || minor === 1) && text.charCodeAt(8) === SPACE;
  const isStatusAlone = end === 12 || text.charCodeAt(12) === SPACE;
  const status = digit(text, 9) * 100 + digit(text, 10) * 10 + digit(text, 11);
  if (!isKnown || end < 12 || !isStatusAlone || !(status >= 100)) throw malformed('the answer is not HTTP/1.1');
  if (unfitText.test(text.slice(12, end))) throw malformed('the head has a control character');
  return { status, isOld: minor === 0 };
}

const ZERO = 48;
const SPACE = 32;

function digit(text: string, index: number): number {
  const value = text.charCodeAt(index) - ZERO;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}

function parseLength(value: string): number {
  const length = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(length)) throw malformed('the length of the response is no number');
  return length;
}

/** Whether a list in lower case, such as `keep-alive, upgrade`, names an option. */
function hasOption(list: string, option: string): boolean {
  if (isUsual(list)) return list === option;
  return list.split(',').some((part) => part.trim() === option);
}

/** What `Connection` says as a rule: nothing, or what becomes of the connection. */
function isUsual(options: string): boolean {
  return options === '' || options === 'keep-alive' || options === 'close';
}

/** Headers that `Connection` names are for whoever holds the other end of it, whatever they are (RFC 9110, 7.6.1). */
function withoutNamed(rawHeaders: readonly string[], options: string): readonly string[] {
  const kept: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!hasOption(options, rawHeaders[index]!.toLowerCase())) kept.push(rawHeaders[index]!, rawHeaders[index + 1]!);
  }
  return kept;
}

/** `timeout=5, max=100`. */
function parseTimeout(value: string): number | undefined {
  const seconds = /(?:^|[,\s])timeout\s?=\s?"?(\d{1,6})/i.exec(value)?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}
