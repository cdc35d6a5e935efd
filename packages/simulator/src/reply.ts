import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { AttemptLog, OpenAttempt } from './attempt-log.ts';
import type { Ending, ReplyPlan } from './reply-plan.ts';

/** One reply on its socket: writes a plan at its pace and records what became of it. */
export class Reply {
  readonly #response: ServerResponse;
  readonly #socket: Socket;
  readonly #attempt: OpenAttempt;
  readonly #log: AttemptLog;
  readonly #now: () => number;
  #closed = false;
  #chunked = false;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #pendingTokens = 0;
  #wake: (() => void) | undefined;

  constructor(parts: {
    response: ServerResponse;
    socket: Socket;
    attempt: OpenAttempt;
    log: AttemptLog;
    now: () => number;
  }) {
    this.#response = parts.response;
    this.#socket = parts.socket;
    this.#attempt = parts.attempt;
    this.#log = parts.log;
    this.#now = parts.now;
    // A reply behind another one on its connection is not told when that closes; whoever waits for it must be.
    const leave = (): void => this.#onClose();
    parts.socket.once('close', leave);
    parts.response.on('close', () => {
      parts.socket.off('close', leave);
      this.#onClose();
    });
    // Writing to a client that left is expected here; the close event tells it.
    parts.response.on('error', () => {});
  }

  /** Writes the plan; resolves when its last byte is with the socket, or when the client left. */
  async perform(plan: ReplyPlan): Promise<void> {
    await this.#pause(plan.delayMs);
    if (this.#closed) return;
    this.#begin(plan);
    for (const step of plan.steps) {
      if (step.delayMs > 0) {
        await this.#flush();
        this.#sendHead();
        await this.#pause(step.delayMs);
      }
      this.#queue(step.bytes, step.tokens);
      if (this.#pendingBytes >= flushBytes) await this.#flush();
      if (this.#closed) return;
    }
    await this.#finish(plan.ending);
  }

  #begin({ head }: ReplyPlan): void {
    if (head === undefined) return;
    const response = this.#response;
    const length = head.contentLength;
    this.#attempt.status = head.status;
    this.#chunked = length === undefined;
    response.sendDate = false;
    response.writeHead(head.status, {
      ...head.headers,
      ...(length === undefined ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(length) }),
    });
    // From here on the chunks are framed below, so that what leaves in one write, and where it ends, is decided here.
    response.chunkedEncoding = false;
  }

  /** Sends a head that has no body to leave with. */
  #sendHead(): void {
    if (!this.#response.headersSent || this.#attempt.firstByteAt !== undefined || this.#closed) return;
    this.#response.flushHeaders();
    this.#account();
  }

  #queue(bytes: Buffer, tokens: number): void {
    this.#pendingTokens += tokens;
    if (bytes.length === 0) return;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
  }

  /** Hands what is queued to the socket and waits while the client reads too slowly. */
  async #flush(): Promise<void> {
    if (this.#pending.length === 0 || this.#closed) return;
    const sink = this.#attempt.status === undefined ? this.#socket : this.#response;
    const writable = sink.write(this.#takePending(''));
    this.#account();
    if (!writable) await this.#drained(sink);
  }

  /** The queued bytes as they go on the wire, each piece a chunk of its own when the body is chunked, and the `end` after them. */
  #takePending(end: string): Buffer {
    const pieces = this.#pending;
    this.#pending = [];
    if (!this.#chunked) return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    const bytes = Buffer.allocUnsafe(this.#pendingBytes + pieces.length * framingBytes + end.length);
    let at = 0;
    for (const piece of pieces) {
      at += bytes.write(`${piece.length.toString(16)}\r\n`, at, 'latin1');
      at += piece.copy(bytes, at);
      at += bytes.write('\r\n', at, 'latin1');
    }
    at += bytes.write(end, at, 'latin1');
    return bytes.subarray(0, at);
  }

  #account(): void {
    const attempt = this.#attempt;
    const at = this.#now();
    attempt.firstByteAt ??= at;
    if (this.#pendingTokens > 0) attempt.firstTokenAt ??= at;
    attempt.tokensSent += this.#pendingTokens;
    attempt.bytesSent += this.#pendingBytes;
    this.#pendingTokens = 0;
    this.#pendingBytes = 0;
    this.#log.changed();
  }

  async #finish(ending: Ending): Promise<void> {
    if (ending === 'end') {
      this.#response.end(this.#takePending(lastChunk), () => this.#settle('completed'));
      this.#account();
      return;
    }
    await this.#flush();
    this.#sendHead();
    if (ending === 'stop') {
      this.#response.end(lastChunk, () => this.#settle('faulted'));
      return;
    }
    if (typeof ending === 'object') {
      await this.#pause(ending.holdMs);
      if (this.#closed) return;
    }
    // What was sent must reach the client before the connection breaks, or the fault would come earlier than planned.
    await this.#handedOver();
    if (ending === 'reset' && this.#attempt.firstByteAt !== undefined) await this.#pause(resetGraceMs);
    if (this.#closed) return;
    this.#settle('faulted');
    if (ending === 'reset') this.#socket.resetAndDestroy();
    else this.#socket.destroySoon();
  }

  #drained(sink: Writable): Promise<void> {
    return this.#until((wake) => {
      sink.once('drain', wake);
      return () => sink.off('drain', wake);
    });
  }

  #handedOver(): Promise<void> {
    return this.#until((wake) => {
      this.#socket.write('', () => wake());
      return () => {};
    });
  }

  /** Waits so many milliseconds, for ever when there is no number, but not longer than the client stays. */
  #pause(milliseconds: number | undefined): Promise<void> {
    if (milliseconds !== undefined && milliseconds <= 0) return Promise.resolve();
    return this.#until((wake) => {
      if (milliseconds === undefined) return () => {};
      // A longer timer would overflow and fire at once.
      const timer = setTimeout(wake, Math.min(milliseconds, 2 ** 31 - 1));
      return () => clearTimeout(timer);
    });
  }

  #until(start: (wake: () => void) => () => void): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wake = undefined;
        stop();
        resolve();
      };
      this.#wake = wake;
      const stop = start(wake);
    });
  }

  #onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#attempt.outcome === undefined) {
      this.#attempt.clientClosedAt = this.#now();
      this.#settle('client_closed');
    }
    this.#wake?.();
  }

  #settle(outcome: 'completed' | 'client_closed' | 'faulted'): void {
    if (this.#attempt.outcome !== undefined) return;
    this.#attempt.outcome = outcome;
    this.#attempt.endedAt = this.#now();
    this.#log.changed();
  }
}

const lastChunk = '0\r\n\r\n';
// The most that frames a chunk: eight hexadecimal digits and two line ends.
const framingBytes = 12;
// Clients on libuv report a reset as a plain end when it arrives together with bytes.
const resetGraceMs = 5;
// Enough to make a write worth its system call, little enough to feel backpressure soon.
const flushBytes = 64 * 1024;
