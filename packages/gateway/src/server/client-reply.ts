import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ReplySink } from '../relay/reply-sink.ts';
import { frameChunk, frameEnd } from './chunk-frame.ts';
import { endReply, isEarly } from './end-reply.ts';
import { type ComposedHead, composeHead, headerText, trailerLine } from './reply-head.ts';

/** What writeHead leaves behind for write() and end(). Not documented, but older than most of node. */
interface HeadState {
  _header?: string | null;
  _headerSent?: boolean;
  _last?: boolean;
}

/** Up to here joining a head and its body costs less than a vectored write of the two. */
const ONE_WRITE_BYTES = 16 * 1024;

/**
 * The client's side of an exchange over node:http. The head waits for the first bytes, so that both leave together.
 *
 * Heads and chunks of usual replies are put together here. node:http checks each header with several regular expressions
 * and would spend more on the seventeen headers of a reply than on all else it does for it, and it writes each chunk in
 * four pieces; names and values here come from a parser that refuses line breaks or from the gateway itself. Where a
 * version of node keeps its head elsewhere, or anything is unusual, node:http does it all.
 */
export class ClientReply implements ReplySink {
  readonly #response: ServerResponse & HeadState;
  #status = 0;
  #headers: readonly string[] = [];
  /** Chunks are framed here and not by node:http. */
  #framesChunks = false;
  #trailers = '';

  constructor(response: ServerResponse) {
    this.#response = response as ServerResponse & HeadState;
  }

  head(status: number, headers: readonly string[]): void {
    this.#status = status;
    this.#headers = headers;
  }

  write(bytes: Buffer): boolean {
    const response = this.#response;
    // A parser that was paused may hand over nothing, and an empty chunk would end the body.
    if (bytes.length === 0) return !response.writableNeedDrain;
    if (!response.headersSent) this.#beginStream();
    return response.write(this.#framesChunks ? frameChunk(bytes) : bytes);
  }

  end(bytes?: Buffer): void {
    const response = this.#response;
    const length = bytes?.length ?? 0;
    if (this.#framesChunks) {
      endReply(response, frameEnd(bytes, this.#trailers));
    } else if (length === 0 || length > ONE_WRITE_BYTES || isEarly(response)) {
      this.#writeHead();
      endReply(response, bytes);
    } else {
      this.#endWhole(bytes!);
    }
  }

  trailer(name: string, value: string): void {
    this.#trailers += trailerLine(name, value);
  }

  cut(): void {
    this.#response.destroy();
  }

  onDrain(callback: () => void): void {
    this.#response.once('drain', callback);
  }

  #beginStream(): void {
    const head = this.#compose('transfer-encoding: chunked\r\n');
    if (head === undefined) return;
    this.#response._header = head.statusLine + head.fields;
    this.#framesChunks = !head.declaresLength;
  }

  /** A body that leaves with its head, as Latin-1, byte for byte: a string costs less to join and to write than buffers. */
  #endWhole(bytes: Buffer): void {
    const response = this.#response;
    const text = bytes.toString('latin1');
    const head = response.headersSent ? undefined : this.#compose(`content-length: ${bytes.length}\r\n`);
    if (head === undefined) {
      response.end(text, 'latin1');
      return;
    }
    response._header = head.statusLine;
    const socket = freeSocketOf(response);
    if (socket === undefined) {
      response.end(head.fields + text, 'latin1');
      return;
    }
    // end() would gather this with an empty piece that tells it of the end, and write the two with a vectored write.
    response._headerSent = true;
    socket.write(head.statusLine + head.fields + text, 'latin1');
    response.end();
  }

  /** Undefined when node:http has written the head. `framing` delimits the body where no header does. */
  #compose(framing: string): ComposedHead | undefined {
    const response = this.#response;
    const { shouldKeepAlive: keepsAlive } = response;
    const head = { status: this.#status, headers: this.#headers, keepsAlive };
    const composed = this.#isUsual() ? composeHead(head, framing) : undefined;
    if (composed === undefined) {
      this.#writeHead();
      return undefined;
    }
    response.statusCode = this.#status;
    response._last = !keepsAlive;
    return composed;
  }

  #isUsual(): boolean {
    const { _header, req: request } = this.#response;
    const hasBody = this.#status >= 200 && this.#status !== 204 && this.#status !== 304 && request.method !== 'HEAD';
    return _header === null && hasBody && request.httpVersionMajor === 1 && request.httpVersionMinor === 1;
  }

  #writeHead(): void {
    if (this.#response.headersSent) return;
    try {
      this.#response.writeHead(this.#status, this.#headers as string[]);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_INVALID_CHAR') throw error;
      this.#response.writeHead(this.#status, this.#headers.map(headerText));
    }
  }
}

/**
 * The socket, where nothing waits to be written on it and no earlier reply is due: then what is written to it goes out at
 * once, and node:http, told that its head was sent, goes on as if it had written it.
 */
function freeSocketOf(response: ServerResponse & HeadState): Socket | undefined {
  const { socket } = response;
  if (socket === null || response._headerSent !== false || response.writableLength > 0) return undefined;
  return socket.writable && !socket.writableNeedDrain ? socket : undefined;
}
