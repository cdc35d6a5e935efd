import { crc32 } from 'node:zlib';

/**
 * Splits AWS's binary event stream (`application/vnd.amazon.eventstream`) into whole frames, and writes frames.
 *
 * A frame is: total length and headers' length (four bytes each, big endian), CRC-32 of these eight, the headers, the
 * payload, CRC-32 of all before. A header is: length of its name in one byte, the name, a type in one byte, the value.
 * See https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html.
 */

const PRELUDE = 12;
const CHECKSUM = 4;
const EMPTY: Buffer = Buffer.alloc(0);

/** One frame: its raw bytes, headers and payload. The object is reused for the next frame; keep what you need. */
export class AwsEventFrame {
  /** Raw bytes of the frame. */
  bytes: Buffer = EMPTY;
  /** The headers that are strings, which all headers of events are. */
  headers: Readonly<Record<string, string>> = {};
  /**
   * The event's type; of an exception its type, of an error its code, either of which then ends in `Exception`,
   * `Error` or `Failure`. No event has such a name.
   */
  name = '';
  /** The payload; of an error, which has none, its message as JSON. */
  data: Buffer = EMPTY;
}

/** Why bytes are no event stream. */
export type EventStreamFault =
  | 'frame-too-long'
  | 'bad-length'
  | 'bad-prelude-checksum'
  | 'bad-checksum'
  | 'bad-headers';

export class EventStreamError extends Error {
  override readonly name = 'EventStreamError';
  readonly fault: EventStreamFault;

  constructor(fault: EventStreamFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

export interface AwsEventSplitterOptions {
  /** Largest frame in bytes; a longer one makes `push` throw EventStreamError. */
  readonly maxFrameBytes: number;
  readonly onFrame: (frame: AwsEventFrame) => void;
}

export class AwsEventSplitter {
  readonly #maxFrameBytes: number;
  readonly #onFrame: (frame: AwsEventFrame) => void;
  readonly #frame = new AwsEventFrame();
  /** Earlier chunks of a frame that is not whole yet. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** Bytes the pending ones must become: a prelude, then what that says. */
  #wanted = PRELUDE;
  /** Headers of the frame before, as bytes and as read: those of all deltas are the same. */
  #headerBytes: Buffer = EMPTY;
  #meaning: HeaderMeaning = { headers: {}, name: '', isError: false };

  constructor(options: AwsEventSplitterOptions) {
    this.#maxFrameBytes = options.maxFrameBytes;
    this.#onFrame = options.onFrame;
  }

  /** Bytes of a frame that is not whole. At the end of a stream: whether it was cut. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Takes the next bytes of the stream and hands out the frames they complete, in order. */
  push(chunk: Buffer): void {
    const { length } = chunk;
    let start = 0;
    while (this.#pendingBytes > 0 && start < length) start = this.#fill(chunk, start);
    while (length - start >= PRELUDE) {
      const frameLength = this.#readPrelude(chunk, start);
      if (length - start < frameLength) {
        this.#wanted = frameLength;
        break;
      }
      this.#emit(chunk.subarray(start, start + frameLength));
      start += frameLength;
    }
    if (start < length) this.#keep(chunk.subarray(start));
  }

  /** Bytes of a frame that is not whole. They are gone from the splitter afterwards. */
  takeRest(): Buffer {
    const rest = Buffer.concat(this.#pending, this.#pendingBytes);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#wanted = PRELUDE;
    return rest;
  }

  /** Adds to the pending bytes what they lack; answers where the chunk goes on. */
  #fill(chunk: Buffer, start: number): number {
    const end = Math.min(chunk.length, start + this.#wanted - this.#pendingBytes);
    this.#keep(chunk.subarray(start, end));
    if (this.#pendingBytes < this.#wanted) return end;
    if (this.#wanted > PRELUDE) {
      this.#emit(this.takeRest());
      return end;
    }
    const prelude = Buffer.concat(this.#pending, this.#pendingBytes);
    this.#pending = [prelude];
    this.#wanted = this.#readPrelude(prelude, 0);
    return end;
  }

  #keep(part: Buffer): void {
    this.#pending.push(part);
    this.#pendingBytes += part.length;
  }

  /** Length of the frame that begins at `start`. */
  #readPrelude(bytes: Buffer, start: number): number {
    const length = bytes.readUInt32BE(start);
    if (crc32(bytes.subarray(start, start + 8)) !== bytes.readUInt32BE(start + 8)) {
      throw new EventStreamError('bad-prelude-checksum', 'the checksum of a frame prelude is wrong');
    }
    if (length > this.#maxFrameBytes) {
      throw new EventStreamError('frame-too-long', `a frame is longer than ${this.#maxFrameBytes} bytes`);
    }
    if (length < PRELUDE + CHECKSUM || bytes.readUInt32BE(start + 4) > length - PRELUDE - CHECKSUM) {
      throw new EventStreamError('bad-length', 'the lengths of a frame do not fit together');
    }
    return length;
  }

  #emit(bytes: Buffer): void {
    const end = bytes.length - CHECKSUM;
    if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32BE(end)) {
      throw new EventStreamError('bad-checksum', 'the checksum of a frame is wrong');
    }
    const headerEnd = PRELUDE + bytes.readUInt32BE(4);
    const headerBytes = bytes.subarray(PRELUDE, headerEnd);
    if (!headerBytes.equals(this.#headerBytes)) {
      this.#meaning = readMeaning(headerBytes);
      this.#headerBytes = Buffer.from(headerBytes);
    }
    const { headers, name, isError } = this.#meaning;
    const frame = this.#frame;
    frame.bytes = bytes;
    frame.headers = headers;
    frame.name = name;
    frame.data = isError ? errorPayload(headers) : bytes.subarray(headerEnd, end);
    this.#onFrame(frame);
  }
}

interface HeaderMeaning {
  readonly headers: Readonly<Record<string, string>>;
  readonly name: string;
  /** An error that is told in headers alone. */
  readonly isError: boolean;
}

function readMeaning(bytes: Buffer): HeaderMeaning {
  const headers = readHeaders(bytes);
  const type = headers[':message-type'];
  if (type === 'exception') return { headers, name: errorName(headers[':exception-type']), isError: false };
  if (type === 'error') return { headers, name: errorName(headers[':error-code']), isError: true };
  return { headers, name: headers[':event-type'] ?? '', isError: false };
}

function errorName(name = 'unknown'): string {
  return /(?:Exception|Error|Failure)$/.test(name) ? name : `${name}Exception`;
}

function errorPayload(headers: Readonly<Record<string, string>>): Buffer {
  return Buffer.from(JSON.stringify({ message: headers[':error-message'] ?? '' }));
}

const STRING = 7;
/** Bytes that a header's value has by its type: true, false, byte, short, int, long, then timestamp and UUID. */
const sizes: readonly (number | undefined)[] = [0, 0, 1, 2, 4, 8, undefined, undefined, 8, 16];

/** The string headers of a frame; those of other types are stepped over. */
function readHeaders(bytes: Buffer): Readonly<Record<string, string>> {
  // Without a prototype, whose setter would swallow a header of the name `__proto__`.
  const headers: Record<string, string> = Object.create(null);
  try {
    for (let at = 0; at < bytes.length; ) {
      const nameEnd = at + 1 + bytes.readUInt8(at);
      const type = bytes.readUInt8(nameEnd);
      const fixed = sizes[type];
      if (type >= sizes.length) throw new RangeError('unknown type');
      const valueStart = fixed === undefined ? nameEnd + 3 : nameEnd + 1;
      const valueEnd = valueStart + (fixed ?? bytes.readUInt16BE(nameEnd + 1));
      if (valueEnd > bytes.length) throw new RangeError('beyond the end');
      if (type === STRING)
        headers[bytes.toString('utf8', at + 1, nameEnd)] = bytes.toString('utf8', valueStart, valueEnd);
      at = valueEnd;
    }
  } catch {
    throw new EventStreamError('bad-headers', 'the headers of a frame cannot be read');
  }
  return headers;
}

export interface EventStreamMessage {
  /** String headers, in the order in which they are written. */
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string | Buffer;
}

/** One frame as bytes. */
export function encodeEventStreamFrame({ headers, payload }: EventStreamMessage): Buffer {
  return createFrameEncoder(headers)(payload);
}

/** Writes frames that all have the same headers. */
export function createFrameEncoder(headers: EventStreamMessage['headers']): (payload: string | Buffer) => Buffer {
  const headerBytes = Buffer.concat(Object.entries(headers).map(encodeHeader));
  const payloadStart = PRELUDE + headerBytes.length;
  return function encodeFrame(payload) {
    const payloadLength = Buffer.byteLength(payload);
    const end = payloadStart + payloadLength;
    const frame = Buffer.allocUnsafe(end + CHECKSUM);
    frame.writeUInt32BE(frame.length, 0);
    frame.writeUInt32BE(headerBytes.length, 4);
    frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
    frame.set(headerBytes, PRELUDE);
    if (typeof payload === 'string') frame.write(payload, payloadStart, 'utf8');
    else frame.set(payload, payloadStart);
    frame.writeUInt32BE(crc32(frame.subarray(0, end)), end);
    return frame;
  };
}

function encodeHeader([name, value]: readonly [string, string]): Buffer {
  const nameLength = Buffer.byteLength(name);
  const header = Buffer.alloc(1 + nameLength + 3 + Buffer.byteLength(value));
  header.writeUInt8(nameLength, 0);
  header.write(name, 1, 'utf8');
  header.writeUInt8(STRING, 1 + nameLength);
  header.writeUInt16BE(header.length - nameLength - 4, nameLength + 2);
  header.write(value, nameLength + 4, 'utf8');
  return header;
}
