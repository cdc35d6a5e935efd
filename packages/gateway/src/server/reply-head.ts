import { STATUS_CODES } from 'node:http';
import { HeaderLines, unfitText } from '../framing/header-lines.ts';
import { RepeatedHeads } from '../framing/repeated-heads.ts';
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
  let fields = '';
  let declaresLength = false;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!;
    if (name === 'connection') return undefined;
    if (name === 'content-length') declaresLength = true;
    const line = lines.of(name, headers[index + 1]!);
    if (line === undefined) return undefined;
    fields += line;
  }
  if (!declaresLength) fields += framing;
  return {
    statusLine: `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`,
    fields: fields + lastLines(keepsAlive),
    declaresLength,
  };
}

/** The heads of replies whose body is sent at once, of which most differ in a few values from one before. */
export class WholeReplyHeads {
  /** By status and number of headers. */
  readonly #repeated = new RepeatedHeads<number>();

  /**
   * As a head goes over the wire; bytes are good until the next is asked for. Undefined when a header needs more care than
   * this takes.
   */
  compose(head: ReplyHead, bodyBytes: number): Buffer | string | undefined {
    const { status, headers, keepsAlive } = head;
    const kind = headers.length * 1_000 + status;
    const parts = { headers, bodyBytes, closing: lastLines(keepsAlive) };
    const bytes = this.#repeated.become(kind, parts);
    if (bytes !== undefined) return bytes;
    const composed = composeHead(head, `content-length: ${bodyBytes}\r\n`);
    if (composed === undefined) return undefined;
    const text = composed.statusLine + composed.fields;
    this.#repeated.learn(kind, text, parts);
    return text;
  }
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
