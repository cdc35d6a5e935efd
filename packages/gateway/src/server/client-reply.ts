import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { ReplySink } from '../relay/reply-sink.ts';
import { endReply, isEarly } from './end-reply.ts';
import { KEEP_ALIVE_MS } from './server-limits.ts';

/** Up to here joining head and body costs less than a vectored write of the two. */
const ONE_WRITE_BYTES = 16 * 1024;

const KEEP_ALIVE = `connection: keep-alive\r\nkeep-alive: timeout=${KEEP_ALIVE_MS / 1_000}\r\n`;
const CLOSE = 'connection: close\r\n';

/** The client's side of an exchange over node:http. The head waits for the first bytes, so that both leave together. */
export class ClientReply implements ReplySink {
  readonly #response: ServerResponse;
  #status = 0;
  #headers: readonly string[] = [];

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  head(status: number, headers: readonly string[]): void {
    this.#status = status;
    this.#headers = headers;
  }

  write(bytes: Buffer): boolean {
    this.#sendHead();
    return this.#response.write(bytes);
  }

  end(bytes?: Buffer): void {
    const response = this.#response;
    if (bytes === undefined || bytes.length === 0 || bytes.length > ONE_WRITE_BYTES || isEarly(response)) {
      this.#sendHead();
      endReply(response, bytes);
    } else {
      if (!response.headersSent) this.#composeHead(bytes.length);
      // As Latin-1, byte for byte: node joins a string with the head into one buffer and one write.
      response.end(bytes.toString('latin1'), 'latin1');
    }
  }

  cut(): void {
    this.#response.destroy();
  }

  onDrain(callback: () => void): void {
    this.#response.once('drain', callback);
  }

  #sendHead(): void {
    if (this.#response.headersSent) return;
    try {
      this.#response.writeHead(this.#status, this.#headers as string[]);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_INVALID_CHAR') throw error;
      this.#response.writeHead(this.#status, this.#headers.map(headerText));
    }
  }

  /**
   * The head of a small whole reply, put together here. node:http checks each header with several regular expressions
   * and would spend more on the seventeen headers of a reply than on all else it does for it; these names and values
   * come from a parser that refuses line breaks or from the gateway itself. `_header` is what writeHead leaves behind
   * for end(); where a version of node has it no longer, or anything is unusual, writeHead does it.
   */
  #composeHead(bodyBytes: number): void {
    const response = this.#response as ServerResponse & { _header?: string | null; _last?: boolean };
    const isUsual = response._header === null && response.req.httpVersionMinor === 1 && response.req.method !== 'HEAD';
    if (!isUsual || this.#status < 200 || this.#status === 204 || this.#status === 304) {
      this.#sendHead();
      return;
    }
    const headers = this.#headers;
    let head = `HTTP/1.1 ${this.#status} ${STATUS_CODES[this.#status] ?? 'Unknown'}\r\n`;
    let declaresLength = false;
    for (let index = 0; index < headers.length; index += 2) {
      const name = headers[index]!;
      const value = headers[index + 1]!;
      if (name === 'connection' || unfit.test(value)) {
        this.#sendHead();
        return;
      }
      if (name === 'content-length') declaresLength = true;
      head += `${name}: ${value}\r\n`;
    }
    if (!declaresLength) head += `content-length: ${bodyBytes}\r\n`;
    response.statusCode = this.#status;
    const { shouldKeepAlive } = response;
    response._last = !shouldKeepAlive;
    response._header = `${head}date: ${httpDate()}\r\n${shouldKeepAlive ? KEEP_ALIVE : CLOSE}\r\n`;
  }
}

/** What a header cannot hold: a name from the configuration may be in any script. */
const unfit = /[^\t\x20-\x7e\x80-\xff]/;

/** The text with such characters percent-encoded. */
function headerText(text: string): string {
  return unfit.test(text) ? text.replace(/[^\t\x20-\x7e]+/g, percentEncoded) : text;
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
