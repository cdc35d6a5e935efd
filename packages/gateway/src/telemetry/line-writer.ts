import { closeSync, constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import type { Clock } from '../canonical/clock.ts';

/**
 * Takes whole lines, line feed included, as text or in UTF-8, whose bytes are the caller's again at once, and brings them to a
 * file descriptor without ever failing its caller.
 */
export interface LineWriter {
  write(line: string | Uint8Array): void;
  /** Writes out what is buffered, waiting at most a second for a reader that has stopped. */
  flush(): void;
  /** Flushes, and forgets the descriptor. */
  close(): void;
  /** Lines lost so far: beyond the buffer's limit, refused by the disk, or buffered when the reader left. */
  readonly droppedLines: number;
}

export interface LineWriterOptions {
  readonly fd: number;
  /** Whether `close` closes the descriptor. */
  readonly ownsFd?: boolean;
  /** Every line is written before `write` returns. */
  readonly synchronous?: boolean;
  readonly clock: Pick<Clock, 'now' | 'schedule'>;
  /** The line that tells of `count` dropped ones, line feed included. */
  readonly describeDrops: (count: number) => string;
  /**
   * Bytes one write holds at most, longer lines apart; for descriptors that several processes write to, where only
   * short writes (PIPE_BUF, 4,096 bytes on Linux) are never mixed with those of others.
   */
  readonly maxWrite?: number;
  /** Bytes held for a slow reader before lines are dropped; 10 MiB when not given. */
  readonly maxBuffered?: number;
}

const flushLength = 32 * 1024;
const flushDelayMs = 200;
const chunkLength = 64 * 1024;
const retryDelayMs = 10;
const flushLimitMs = 1000;
const goneCodes = new Set(['EPIPE', 'EBADF', 'EIO', 'ECONNRESET', 'ENOTCONN', 'ESHUTDOWN', 'EINVAL']);
const busyCodes = new Set(['EAGAIN', 'EBUSY', 'EWOULDBLOCK', 'EINTR']);

/** Writers whose rest is written when the process exits; one listener serves them all. */
const openWriters = new Set<LineWriter>();
let flushesOnExit = false;

/**
 * Opens a buffered writer. Lines are gathered up to 32 KiB or 200 ms. Sonic-boom is not used, because its synchronous
 * flush never returns once the pipe's reader is gone, and because its writes in the thread pool keep the process from
 * exiting while a reader stands still. Hence pipes and terminals are reopened without blocking where the system can.
 */
export function openLineWriter(options: LineWriterOptions): LineWriter {
  const writer = new BufferedLineWriter(options);
  openWriters.add(writer);
  if (!flushesOnExit) {
    flushesOnExit = true;
    process.on('exit', flushOpenWriters);
  }
  return writer;
}

function flushOpenWriters(): void {
  for (const writer of openWriters) writer.flush();
}

class BufferedLineWriter implements LineWriter {
  readonly #options: LineWriterOptions;
  readonly #maxBuffered: number;
  readonly #maxWrite: number;
  readonly #fd: number;
  readonly #nonBlocking: boolean;
  /** Full chunks first, then the tail that still grows. */
  #chunks: Buffer[] = [];
  readonly #tail: Buffer;
  #tailLength = 0;
  #buffered = 0;
  /** The rest of a chunk that was written in part. */
  #rest: Buffer | undefined;
  /** The thread pool has a chunk at hand. */
  #writing = false;
  /** The reader took no more; the timer tries again. */
  #busy = false;
  #gone = false;
  #closed = false;
  #cancelTimer: (() => void) | undefined;
  #untoldDrops = 0;
  droppedLines = 0;

  constructor(options: LineWriterOptions) {
    this.#options = options;
    this.#maxBuffered = options.maxBuffered ?? 10 * 1024 * 1024;
    this.#maxWrite = options.maxWrite ?? chunkLength;
    this.#tail = Buffer.allocUnsafeSlow(this.#maxWrite);
    const reopened = options.synchronous === true ? undefined : reopenNonBlocking(options.fd);
    this.#fd = reopened ?? options.fd;
    this.#nonBlocking = reopened !== undefined;
  }

  write(text: string | Uint8Array): void {
    if (this.#gone) return;
    const line = bytesOf(text);
    if (this.#buffered + line.length > this.#maxBuffered) {
      this.#drop(1);
      return;
    }
    this.#append(line);
    if (this.#options.synchronous === true) this.flush();
    else if (this.#buffered >= Math.min(flushLength, this.#maxWrite)) {
      if (!this.#busy && !this.#writing) this.#pump();
    } else this.#arm(flushDelayMs);
  }

  flush(): void {
    if (this.#gone) return;
    this.#disarm();
    this.#busy = false;
    const deadline = this.#options.clock.now() + flushLimitMs;
    this.#tellDrops();
    // A write that the thread pool has at hand ends by itself before the process does; only what waits is written here.
    let chunk = this.#writing ? this.#takeChunk() : this.#next();
    while (chunk !== undefined && !this.#gone) {
      const rest = this.#writeNow(chunk);
      if (rest !== undefined && this.#options.clock.now() >= deadline) {
        this.#retryLater(rest);
        return;
      }
      if (rest !== undefined) pause(5);
      chunk = rest ?? this.#takeChunk();
    }
  }

  close(): void {
    if (!openWriters.delete(this)) return;
    this.flush();
    this.#disarm();
    this.#gone = true;
    if (this.#nonBlocking) closeSync(this.#fd);
    // A chunk that the thread pool has at hand still needs the descriptor; its callback closes it.
    if (!this.#writing) this.#closeOwn();
  }

  #closeOwn(): void {
    if (this.#options.ownsFd !== true || this.#closed) return;
    this.#closed = true;
    closeSync(this.#options.fd);
  }

  #append(line: Uint8Array): void {
    if (line.length > this.#tail.length - this.#tailLength) this.#endTail();
    this.#buffered += line.length;
    if (line.length > this.#tail.length) {
      this.#chunks.push(Buffer.from(line));
      return;
    }
    this.#tail.set(line, this.#tailLength);
    this.#tailLength += line.length;
  }

  #endTail(): void {
    if (this.#tailLength > 0) this.#chunks.push(Buffer.from(this.#tail.subarray(0, this.#tailLength)));
    this.#tailLength = 0;
  }

  /** Writes until nothing is left or the reader is busy. */
  #pump(): void {
    if (this.#writing || this.#gone) return;
    this.#disarm();
    if (!this.#nonBlocking) {
      this.#pumpPooled();
      return;
    }
    const lost = this.droppedLines;
    let chunk = this.#next();
    while (chunk !== undefined && !this.#gone) {
      const rest = this.#writeNow(chunk);
      if (rest !== undefined) {
        this.#retryLater(rest);
        return;
      }
      if (this.droppedLines !== lost) {
        // What was refused now would be refused again, and word of it as well.
        if (!this.#gone) this.#arm(flushDelayMs);
        return;
      }
      chunk = this.#next();
    }
  }

  /** Files and sockets may block, so a thread of the pool does. One write is under way at a time. */
  #pumpPooled(): void {
    const chunk = this.#next();
    if (chunk === undefined) return;
    this.#writing = true;
    write(this.#fd, chunk, (error, written) => {
      this.#writing = false;
      if (this.#gone) {
        this.#closeOwn();
        return;
      }
      if (error !== null && busyCodes.has(error.code ?? '')) {
        this.#retryLater(chunk);
        return;
      }
      if (error !== null) this.#fail(error, chunk);
      else if (written < chunk.length) this.#rest = chunk.subarray(written);
      if (this.#gone) return;
      if (this.#rest !== undefined || this.#buffered >= flushLength) this.#pumpPooled();
      else if (this.#buffered > 0 || this.#untoldDrops > 0) this.#arm(flushDelayMs);
    });
  }

  /** What has to be written next; the record of dropped lines comes as soon as there is room for it again. */
  #next(): Buffer | undefined {
    const rest = this.#rest;
    if (rest !== undefined) {
      this.#rest = undefined;
      return rest;
    }
    if (this.#untoldDrops > 0 && this.#buffered <= this.#maxBuffered / 2) this.#tellDrops();
    return this.#takeChunk();
  }

  #takeChunk(): Buffer | undefined {
    if (this.#chunks.length === 0) this.#endTail();
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) this.#buffered -= chunk.length;
    return chunk;
  }

  /** Writes at once; gives back what the reader did not take. */
  #writeNow(chunk: Buffer): Buffer | undefined {
    let remaining = chunk;
    try {
      while (remaining.length > 0) remaining = remaining.subarray(writeSync(this.#fd, remaining));
      return undefined;
    } catch (error) {
      const failure = error as NodeJS.ErrnoException;
      if (busyCodes.has(failure.code ?? '')) return remaining;
      this.#fail(failure, remaining);
      return undefined;
    }
  }

  /** A reader that left stays away; a full disk may have room later, so only this chunk is lost. */
  #fail(error: NodeJS.ErrnoException, chunk: Buffer): void {
    this.#drop(countLines(chunk));
    if (!goneCodes.has(error.code ?? '')) return;
    this.droppedLines += this.#discardBuffered();
    this.#gone = true;
    this.#disarm();
  }

  #discardBuffered(): number {
    this.#endTail();
    const count = this.#chunks.reduce((sum, chunk) => sum + countLines(chunk), 0);
    this.#chunks = [];
    this.#buffered = 0;
    return count;
  }

  #drop(count: number): void {
    this.droppedLines += count;
    this.#untoldDrops += count;
  }

  #tellDrops(): void {
    if (this.#untoldDrops === 0) return;
    const line = this.#options.describeDrops(this.#untoldDrops);
    this.#untoldDrops = 0;
    this.#append(bytesOf(line));
  }

  #retryLater(rest: Buffer): void {
    this.#rest = rest;
    this.#busy = true;
    this.#disarm();
    this.#arm(retryDelayMs);
  }

  #arm(delayMs: number): void {
    this.#cancelTimer ??= this.#options.clock.schedule(() => {
      this.#cancelTimer = undefined;
      this.#busy = false;
      this.#pump();
    }, delayMs);
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}

/** A second descriptor of the same pipe or terminal, whose writes return at once; undefined where that cannot be had. */
function reopenNonBlocking(fd: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const kind = fstatSync(fd);
    if (!kind.isFIFO() && !kind.isCharacterDevice()) return undefined;
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
}

function bytesOf(line: string | Uint8Array): Uint8Array {
  return typeof line === 'string' ? Buffer.from(line) : line;
}

function countLines(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf('\n'); at !== -1; at = chunk.indexOf('\n', at + 1)) count += 1;
  return count;
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
