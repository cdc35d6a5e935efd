import { STATUS_CODES } from 'node:http';
import { HeaderLines, unfitText } from '../framing/header-lines.ts';
import { LONGEST_REPEATED, RepeatedHead } from '../framing/repeated-head.ts';
import { KEEP_ALIVE_MS } from './server-limits.ts';

export interface ReplyHead {
  readonly status: number;
  /** Names and values, alternating. */
  readonly headers: readonly string[];
  readonly keepsAlive: boolean;
}

/** A head as it goes over the wire, and how its body is delimited. */
export interface ComposedHead {
  readonly statusLine: string;
  /** Headers and the empty line after them. */
  readonly fields: string;
  readonly declaresLength: boolean;
}

const KEEP_ALIVE = `connection: keep-alive\r\nkeep-alive: timeout=${KEEP_ALIVE_MS / 1_000}\r\n`;
const CLOSE = 'connection: close\r\n';

/** A name from the configuration may be in any script. */
const lines = new HeaderLines(/^[\t\x20-\x7e\x80-\xff]*$/);

/**
 * The head of an HTTP/1.1 reply as text, `date` and `connection` included. `framing` is the header that delimits the
 * body when none of the headers does. Undefined when a header needs more care than this takes.
 */
export function composeHead({ status, headers, keepsAlive }: ReplyHead, framing: string): ComposedHead | undefined {
  const head = composeLines(headers);
  if (head === undefined) return undefined;
  const { text, declaresLength } = head;
  const fields = text + (declaresLength ? '' : framing) + lastLines(keepsAlive);
  return { statusLine: statusLine(status), fields, declaresLength };
}

/** Heads that are remembered: one for each status, number of headers, and what is said of the connection. */
const MOST_KNOWN = 32;

/** The heads of replies whose body is sent at once, of which most differ in a few values from one before. */
export class WholeReplyHeads {
  readonly #known = new Map<number, RepeatedHead>();

  /**
   * As a head goes over the wire; bytes are good until the next is asked for. Undefined when a header needs more care than
   * this takes.
   */
  compose({ status, headers, keepsAlive }: ReplyHead, bodyBytes: number): Buffer | string | undefined {
    const parts = { opening: statusLine(status), headers, middle: '', bodyBytes, closing: lastLines(keepsAlive) };
    const kind = (headers.length * 1_000 + status) * 2 + Number(keepsAlive);
    const known = this.#known.get(kind)?.become(parts);
    if (known !== undefined) return known;
    this.#known.delete(kind);
    const head = composeLines(headers);
    if (head === undefined) return undefined;
    if (head.declaresLength) return parts.opening + head.text + parts.closing;
    const text = `${parts.opening}${head.text}content-length: ${bodyBytes}\r\n${parts.closing}`;
    if (text.length > LONGEST_REPEATED) return text;
    if (this.#known.size === MOST_KNOWN) this.#known.clear();
    this.#known.set(kind, new RepeatedHead(text, parts));
    return text;
  }
}

function composeLines(
  headers: readonly string[],
): { readonly text: string; readonly declaresLength: boolean } | undefined {
  let text = '';
  let declaresLength = false;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!;
    if (name === 'connection') return undefined;
    if (name === 'content-length') declaresLength = true;
    const line = lines.of(name, headers[index + 1]!);
    if (line === undefined) return undefined;
    text += line;
  }
  return { text, declaresLength };
}

/** A field to send after a body, with its line end. */
export function trailerLine(name: string, value: string): string {
  return `${name}: ${headerText(value)}\r\n`;
}

/** A header's text with what it cannot hold percent-encoded. */
export function headerText(text: string): string {
  return unfitText.test(text) ? text.replace(/[^\t\x20-\x7e]+/g, percentEncoded) : text;
}

function percentEncoded(text: string): string {
  return Buffer.from(text).toString('hex').replace(/../g, '%$&').toUpperCase();
}

const statusLines = new Map<number, string>();

function statusLine(status: number): string {
  const known = statusLines.get(status);
  if (known !== undefined) return known;
  const line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`;
  statusLines.set(status, line);
  return line;
}

let dateAt = 0;
let lastOfKept = '';
let lastOfClosed = '';

/** The Date header, which changes once a second, what the head says of the connection, and its end. */
function lastLines(keepsAlive: boolean): string {
  const now = Date.now();
  if (now - dateAt >= 1_000 || now < dateAt) {
    dateAt = now - (now % 1_000);
    const date = `date: ${new Date(now).toUTCString()}\r\n`;
    lastOfKept = `${date}${KEEP_ALIVE}\r\n`;
    lastOfClosed = `${date}${CLOSE}\r\n`;
  }
  return keepsAlive ? lastOfKept : lastOfClosed;
}
