/**
 * Splits a server-sent event stream into whole events without changing a byte of it.
 *
 * The format is that of the HTML standard (§ 9.2.6): lines end with LF, CR or CRLF, an empty line ends an event, a
 * byte order mark may stand first, `data:` may or may not be followed by one space. Every byte that comes in goes out
 * in exactly one event (comments and blank lines included), so a relay that forwards events forwards the stream.
 */

const LF = 10;
const CR = 13;
const EMPTY: Buffer = Buffer.alloc(0);

/** One event: its raw bytes and its data. The object is reused for the next event; keep what you need. */
export interface SseEvent {
  /** Raw bytes of the event, blank line included. */
  bytes: Buffer;
  /** Data bytes, joined with LF when the event has several data lines. Empty when it has none (a comment). */
  data: Buffer;
  /** Value of the `event:` field, '' when there is none. */
  name: string;
}

export interface SseSplitterOptions {
  /** Largest event in bytes; a longer one makes `push` throw SseOverflowError. */
  readonly maxEventBytes: number;
  readonly onEvent: (event: SseEvent) => void;
}

export class SseOverflowError extends Error {
  override readonly name = 'SseOverflowError';
}

export class SseSplitter {
  readonly #maxEventBytes: number;
  readonly #onEvent: (event: SseEvent) => void;
  readonly #event: SseEvent = { bytes: EMPTY, data: EMPTY, name: '' };
  /** Earlier chunks of an event that is not whole yet. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #lineIsEmpty = true;
  #afterCr = false;
  /** Whether the event so far holds more than line ends. */
  #hasContent = false;
  #first = true;

  constructor(options: SseSplitterOptions) {
    this.#maxEventBytes = options.maxEventBytes;
    this.#onEvent = options.onEvent;
  }

  /** Takes the next bytes of the stream and hands out the events they complete, in order. */
  push(chunk: Buffer): void {
    const length = chunk.length;
    let start = 0;
    let lineIsEmpty = this.#lineIsEmpty;
    let afterCr = this.#afterCr;
    for (let index = 0; index < length; index++) {
      const byte = chunk[index]!;
      if (byte !== LF && byte !== CR) {
        lineIsEmpty = false;
        afterCr = false;
        this.#hasContent = true;
        continue;
      }
      if (byte === LF && afterCr) {
        // Second half of CRLF: the line has ended at the CR already.
        afterCr = false;
        continue;
      }
      afterCr = byte === CR;
      if (lineIsEmpty && this.#hasContent) {
        // A CRLF pair stays together where both halves are here, so that an event's bytes look as they were sent.
        if (afterCr && chunk[index + 1] === LF) {
          index++;
          afterCr = false;
        }
        this.#emit(chunk, start, index + 1);
        start = index + 1;
      }
      lineIsEmpty = true;
    }
    this.#lineIsEmpty = lineIsEmpty;
    this.#afterCr = afterCr;
    if (start < length) this.#keep(start === 0 ? chunk : chunk.subarray(start));
  }

  /** Bytes of an event that is not whole. They are gone from the splitter afterwards. */
  takeRest(): Buffer {
    const rest = this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#hasContent = false;
    this.#lineIsEmpty = true;
    return rest;
  }

  /**
   * Ends the stream: an event that lacks only its blank line is handed out, as lenient clients would. Answers what is
   * left over (line ends, or nothing).
   */
  end(): Buffer {
    const complete = this.#hasContent;
    const rest = this.takeRest();
    if (!complete) return rest;
    this.#emit(rest, 0, rest.length);
    return EMPTY;
  }

  #keep(part: Buffer): void {
    this.#pendingBytes += part.length;
    if (this.#pendingBytes > this.#maxEventBytes) {
      throw new SseOverflowError(`an event is longer than ${this.#maxEventBytes} bytes`);
    }
    this.#pending.push(part);
  }

  #emit(chunk: Buffer, start: number, end: number): void {
    let bytes = chunk.subarray(start, end);
    if (this.#pendingBytes > 0) {
      this.#pending.push(bytes);
      bytes = Buffer.concat(this.#pending, this.#pendingBytes + bytes.length);
      this.#pending = [];
      this.#pendingBytes = 0;
    }
    this.#hasContent = false;
    let from = 0;
    if (this.#first) {
      this.#first = false;
      if (bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) from = 3;
    }
    const event = this.#event;
    event.bytes = bytes;
    readFields(event, bytes, from);
    this.#onEvent(event);
  }
}

/** Reads `data` and `event` of one whole event. The common event, one data line and nothing else, costs no copy. */
function readFields(event: SseEvent, bytes: Buffer, from: number): void {
  event.name = '';
  event.data = EMPTY;
  let dataLines: Buffer[] | undefined;
  let lineStart = from;
  const length = bytes.length;
  while (lineStart < length) {
    const lineEnd = endOfLine(bytes, lineStart);
    const first = bytes[lineStart];
    if (first === 100 && startsWith(bytes, lineStart, lineEnd, DATA)) {
      const value = fieldValue(bytes, lineStart + 4, lineEnd);
      if (dataLines) dataLines.push(NEWLINE, value);
      else if (event.data !== EMPTY) dataLines = [event.data, NEWLINE, value];
      else event.data = value;
    } else if (first === 101 && startsWith(bytes, lineStart, lineEnd, EVENT)) {
      event.name = fieldValue(bytes, lineStart + 5, lineEnd).toString('utf8');
    }
    lineStart = lineEnd + 1;
  }
  if (dataLines) event.data = Buffer.concat(dataLines);
}

const DATA = Buffer.from('data');
const EVENT = Buffer.from('event');
const NEWLINE = Buffer.from('\n');

function endOfLine(bytes: Buffer, from: number): number {
  const length = bytes.length;
  let index = from;
  while (index < length) {
    const byte = bytes[index]!;
    if (byte === LF || byte === CR) break;
    index++;
  }
  return index;
}

/** Whether the line's field name is exactly `name`: the colon, or the end of the line, follows. */
function startsWith(bytes: Buffer, from: number, lineEnd: number, name: Buffer): boolean {
  if (lineEnd - from < name.length) return false;
  for (let index = 0; index < name.length; index++) {
    if (bytes[from + index] !== name[index]) return false;
  }
  const next = from + name.length;
  return next === lineEnd || bytes[next] === 58;
}

/** The value after the colon at `colon`, less one leading space. */
function fieldValue(bytes: Buffer, colon: number, lineEnd: number): Buffer {
  let from = colon + 1;
  if (from > lineEnd) from = lineEnd;
  else if (from < lineEnd && bytes[from] === 32) from++;
  return bytes.subarray(from, lineEnd);
}
