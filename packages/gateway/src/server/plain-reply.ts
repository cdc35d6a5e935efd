import type { Socket } from 'node:net';
import type { ReplySink } from '../relay/reply-sink.ts';
import type { Leaving, Outbox } from '../transport/outbox.ts';
import { writeMessage } from '../transport/write-message.ts';
import { frameChunk, frameEnd } from './chunk-frame.ts';
import {
  type ComposedHead,
  composeHead,
  headerText,
  type ReplyHead,
  trailerLine,
  WholeReplyHeads,
} from './reply-head.ts';

/** Whose reply it is. */
export interface ReplyOwner {
  /** Whether another request may follow on the connection, asked when the head goes out. */
  readonly keepsAlive: boolean;
  /** All of the reply was written; `keepsAlive` is what its head says. */
  onReplyEnd(keepsAlive: boolean): void;
  /** To be called when what was written last has gone out. */
  readonly onFlushed: (error?: Error | null) => void;
}

const empty: Buffer = Buffer.alloc(0);
const wholeHeads = new WholeReplyHeads();

/**
 * The reply to a plain request, written to its connection. The head waits for the first bytes, so that both leave together, and
 * the last bytes for the end of the turn.
 */
export class PlainReply implements ReplySink, Leaving {
  readonly #socket: Socket;
  readonly #outbox: Outbox;
  readonly #owner: ReplyOwner;
  #status = 0;
  #headers: readonly string[] = [];
  #state: 'waiting' | 'chunks' | 'raw' | 'over' = 'waiting';
  #keepsAlive = true;
  #trailers = '';
  /** What the reply ends with; all of it where it is whole. */
  #lastBytes = empty;
  #isWhole = false;

  constructor(socket: Socket, outbox: Outbox, owner: ReplyOwner) {
    this.#socket = socket;
    this.#outbox = outbox;
    this.#owner = owner;
  }

  /** The reply has begun to go out. */
  get isBegun(): boolean {
    return this.#state !== 'waiting';
  }

  /** All of it is written, or about to be. */
  get isOver(): boolean {
    return this.#state === 'over';
  }

  head(status: number, headers: readonly string[]): void {
    this.#status = status;
    this.#headers = headers;
  }

  write(bytes: Buffer): boolean {
    const socket = this.#socket;
    // A parser that was paused may hand over nothing, and an empty chunk would end the body.
    if (bytes.length === 0 || this.#state === 'over') return !socket.writableNeedDrain;
    const head = this.#state === 'waiting' ? this.#begin() : '';
    const piece = this.#state === 'chunks' ? frameChunk(bytes) : bytes;
    return head === '' ? socket.write(piece) : writeMessage(socket, head, piece);
  }

  end(bytes?: Buffer): void {
    if (this.#state === 'over') return;
    this.#isWhole = this.#state === 'waiting';
    if (this.#isWhole) this.#lastBytes = bytes ?? empty;
    else this.#lastBytes = this.#state === 'raw' ? (bytes ?? empty) : frameEnd(bytes, this.#trailers);
    this.#state = 'over';
    this.#outbox.add(this);
  }

  leave(): void {
    if (this.#socket.destroyed) return;
    if (this.#isWhole) this.#sendWhole(this.#lastBytes);
    else this.#socket.write(this.#lastBytes, this.#owner.onFlushed);
    this.#owner.onReplyEnd(this.#keepsAlive);
  }

  trailer(name: string, value: string): void {
    this.#trailers += trailerLine(name, value);
  }

  cut(): void {
    this.#state = 'over';
    this.#socket.destroy();
  }

  onDrain(callback: () => void): void {
    this.#socket.once('drain', callback);
  }

  #begin(): string {
    const { statusLine, fields, declaresLength } = this.#compose('transfer-encoding: chunked\r\n');
    this.#state = declaresLength ? 'raw' : 'chunks';
    return statusLine + fields;
  }

  #sendWhole(bytes: Buffer): void {
    const { onFlushed } = this.#owner;
    if (this.#status === 204 || this.#status === 304) {
      const { statusLine, fields } = this.#compose('');
      this.#socket.write(statusLine + fields, 'latin1', onFlushed);
      return;
    }
    const head = this.#head();
    const composed = wholeHeads.compose(head, bytes.length) ?? wholeHeads.compose(this.#fit(head), bytes.length)!;
    writeMessage(this.#socket, composed, bytes, onFlushed);
  }

  #compose(framing: string): ComposedHead {
    const head = this.#head();
    return composeHead(head, framing) ?? composeHead(this.#fit(head), framing)!;
  }

  /** The head as it goes out now. */
  #head(): ReplyHead {
    this.#keepsAlive = this.#owner.keepsAlive;
    return { status: this.#status, headers: this.#headers, keepsAlive: this.#keepsAlive };
  }

  /** The same with headers as they can be written. */
  #fit({ status, headers: given }: ReplyHead): ReplyHead {
    const { headers, closes } = fit(given);
    this.#keepsAlive &&= !closes;
    return { status, headers, keepsAlive: this.#keepsAlive };
  }
}

/** Headers as they can be written, without what they say of the connection. */
function fit(headers: readonly string[]): { readonly headers: readonly string[]; readonly closes: boolean } {
  const fitting: string[] = [];
  let closes = false;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headerText(headers[index]!);
    const value = headerText(headers[index + 1]!);
    if (name === 'connection') closes ||= value.toLowerCase() === 'close';
    else fitting.push(name, value);
  }
  return { headers: fitting, closes };
}
