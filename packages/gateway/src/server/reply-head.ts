import { STATUS_CODES } from 'node:http';
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

/** What a header's text cannot hold: a name from the configuration may be in any script. */
const unfitText = /[^\t\x20-\x7e\x80-\xff]/;
/** The same for several headers with their line ends, which are counted. */
const unfitFields = /[^\t\r\n\x20-\x7e\x80-\xff]/;

/**
 * The head of an HTTP/1.1 reply as text, `date` and `connection` included. `framing` is the header that delimits the
 * body when none of the headers does. Undefined when a header needs more care than this takes.
 */
export function composeHead({ status, headers, keepsAlive }: ReplyHead, framing: string): ComposedHead | undefined {
  // Joined at once: a text that grows by `+=` is a tree, which has to be walked again when it is written.
  const parts: string[] = [];
  let declaresLength = false;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!;
    if (name === 'connection') return undefined;
    if (name === 'content-length') declaresLength = true;
    parts.push(name, ': ', headers[index + 1]!, '\r\n');
  }
  if (!declaresLength) parts.push(framing);
  const lines = headers.length / 2 + (declaresLength ? 0 : 1);
  const fields = parts.join('');
  // Plain ASCII needs no second look, and almost every head is that.
  const isPlain = Buffer.byteLength(fields) === fields.length;
  const isWhole = count(fields, '\n') === lines && count(fields, '\r') === lines && !fields.includes('\0');
  if (!isWhole || (!isPlain && unfitFields.test(fields))) return undefined;
  return {
    statusLine: `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`,
    fields: `${fields}date: ${httpDate()}\r\n${keepsAlive ? KEEP_ALIVE : CLOSE}\r\n`,
    declaresLength,
  };
}

/** More of a line end's halves than there are headers means that a value brought its own. */
function count(text: string, character: string): number {
  let found = 0;
  for (let index = text.indexOf(character); index !== -1; index = text.indexOf(character, index + 1)) found++;
  return found;
}

/** A header's text with what it cannot hold percent-encoded. */
export function headerText(text: string): string {
  return unfitText.test(text) ? text.replace(/[^\t\x20-\x7e]+/g, percentEncoded) : text;
}

function percentEncoded(text: string): string {
  return Buffer.from(text).toString('hex').replace(/../g, '%$&').toUpperCase();
}

let dateAt = 0;
let dateText = '';

/** The Date header's value, which changes once a second. */
function httpDate(): string {
  const now = Date.now();
  if (now - dateAt >= 1_000 || now < dateAt) {
    dateAt = now - (now % 1_000);
    dateText = new Date(now).toUTCString();
  }
  return dateText;
}
