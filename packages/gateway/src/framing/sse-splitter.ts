/**
 * Splits a server-sent event stream into whole events without changing a byte of it.
 *
 * The format is that of the HTML standard (§ 9.2.6): lines end with LF, CR or CRLF, an empty line ends an event, a
 * byte order mark may stand first, `data:` may or may not be followed by one space. Every byte that comes in goes out
 * in exactly one event (comments and blank lines included), so a relay that forwards events forwards the stream.
 */

const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;
const EMPTY: Buffer = Buffer.alloc(0);

/** One event: its raw bytes and its data. The object is reused for the next event; keep what you need. */
export class SseEvent {
  /** Raw bytes of the event, blank line included. */
  bytes: Buffer = EMPTY;
  /** Where the data stands, from `dataStart` up to `dataEnd`: in `bytes` itself when it is one line, as it nearly always is. */
  source: Buffer = EMPTY;
  dataStart = 0;
  dataEnd = 0;
  /** Value of the `event:` field, '' when there is none. */
  name = '';

  /** Data bytes, joined with LF when the event has several data lines. Empty when it has none (a comment). */
  get data(): Buffer {
    return this.source.subarray(this.dataStart, this.dataEnd);
  }
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
  readonly #event = new SseEvent();
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

  /** Whether bytes that come next, between two events, hold nothing but comments and blank lines. */
  isIdle(chunk: Buffer): boolean {
    return !this.#hasContent && isOnlyComments(chunk);
  }

  /** Takes the next bytes of the stream and hands out the events they complete, in order. */
  push(chunk: Buffer): void {
    const { length } = chunk;
    let start = 0;
    // The event's only line with content, as far as is known.
    let onlyStart = 0;
    let onlyEnd = 0;
    let lines = this.#hasContent ? 1 : 0;
    // The LF of a CRLF pair that came apart: the line has ended at the CR already.
    let lineStart = this.#afterCr && chunk[0] === LF ? 1 : 0;
    if (length > 0) this.#afterCr = false;
    let lf = chunk.indexOf(LF, lineStart);
    let cr = chunk.indexOf(CR, lineStart);
    while (lf !== -1 || cr !== -1) {
      const isCr = cr !== -1 && (lf === -1 || cr < lf);
      const lineEnd = isCr ? cr : lf;
      let next = lineEnd + 1;
      if (isCr) {
        // A CRLF pair stays together where both halves are here, so that an event's bytes look as they were sent.
        if (next === length) this.#afterCr = true;
        else if (chunk[next] === LF) next++;
      }
      if (lineEnd > lineStart || !this.#lineIsEmpty) {
        this.#hasContent = true;
        lines++;
        onlyStart = lineStart;
        onlyEnd = lineEnd;
      } else if (this.#hasContent) {
        this.#emit(chunk, start, next, lines === 1 ? onlyStart : -1, onlyEnd);
        start = next;
        lines = 0;
      }
      this.#lineIsEmpty = true;
      lineStart = next;
      if (lf !== -1 && lf < next) lf = chunk[next] === LF ? next : chunk.indexOf(LF, next);
      if (cr !== -1 && cr < next) cr = chunk.indexOf(CR, next);
    }
    if (lineStart < length) {
      this.#lineIsEmpty = false;
      this.#hasContent = true;
    }
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
    this.#emit(rest, 0, rest.length, -1, 0);
    return EMPTY;
  }

  #keep(part: Buffer): void {
    this.#checkLength(this.#pendingBytes + part.length);
    this.#pendingBytes += part.length;
    this.#pending.push(part);
  }

  #checkLength(length: number): void {
    if (length <= this.#maxEventBytes) return;
    throw new SseOverflowError(`an event is longer than ${this.#maxEventBytes} bytes`);
  }

  /** `lineStart` is where the event's only line begins in the chunk, -1 when it has several or began in another chunk. */
  #emit(chunk: Buffer, start: number, end: number, lineStart: number, lineEnd: number): void {
    this.#checkLength(this.#pendingBytes + end - start);
    const event = this.#event;
    this.#hasContent = false;
    const isWholeHere = this.#pendingBytes === 0;
    const bytes = start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end);
    if (isWholeHere && !this.#first && lineStart !== -1 && isData(chunk, lineStart, lineEnd)) {
      event.bytes = bytes;
      event.name = '';
      event.source = chunk;
      event.dataStart = lineStart + (chunk[lineStart + 5] === SPACE ? 6 : 5);
      event.dataEnd = lineEnd;
    } else {
      this.#readSlowly(isWholeHere ? bytes : this.#joinPending(bytes));
    }
    this.#onEvent(event);
  }

  #joinPending(last: Buffer): Buffer {
    this.#pending.push(last);
    const bytes = Buffer.concat(this.#pending, this.#pendingBytes + last.length);
    this.#pending = [];
    this.#pendingBytes = 0;
    return bytes;
  }

  #readSlowly(bytes: Buffer): void {
    let from = 0;
    if (this.#first) {
      this.#first = false;
      if (bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) from = 3;
    }
    readFields(this.#event, bytes, from);
  }
}

function isOnlyComments(bytes: Buffer): boolean {
  let isInComment = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === LF || byte === CR) isInComment = false;
    else if (byte === COLON) isInComment = true;
    else if (!isInComment) return false;
  }
  return true;
}

/** Whether a line is `data:` and something after it. */
function isData(bytes: Buffer, start: number, end: number): boolean {
  return end - start > 5 && bytes[start + 4] === COLON && startsWith(bytes, start, end, DATA);
}

/** Reads `data` and `event` of one whole event, whatever its lines. */
function readFields(event: SseEvent, bytes: Buffer, from: number): void {
  event.bytes = bytes;
  event.name = '';
  const dataLines: Buffer[] = [];
  const { length } = bytes;
  let lineStart = from;
  let lf = -1;
  // Looked for once when there is none: nearly every stream does without.
  let cr = bytes.indexOf(CR, from);
  while (lineStart < length) {
    if (lf < lineStart) lf = bytes.indexOf(LF, lineStart);
    if (lf === -1) lf = length;
    if (cr !== -1 && cr < lineStart) cr = bytes.indexOf(CR, lineStart);
    const lineEnd = cr !== -1 && cr < lf ? cr : lf;
    const first = bytes[lineStart];
    if (first === 100 && startsWith(bytes, lineStart, lineEnd, DATA)) {
      if (dataLines.length > 0) dataLines.push(NEWLINE);
      dataLines.push(fieldValue(bytes, lineStart + 4, lineEnd));
    } else if (first === 101 && startsWith(bytes, lineStart, lineEnd, EVENT)) {
      event.name = fieldValue(bytes, lineStart + 5, lineEnd).toString('utf8');
    }
    lineStart = lineEnd + 1;
  }
  event.source = dataLines.length === 1 ? dataLines[0]! : Buffer.concat(dataLines);
  event.dataStart = 0;
  event.dataEnd = event.source.length;
}

const DATA = Buffer.from('data');
const EVENT = Buffer.from('event');
const NEWLINE = Buffer.from('\n');

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
