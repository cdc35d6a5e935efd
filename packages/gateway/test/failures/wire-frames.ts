import { crc32 } from 'node:zlib';

/** JSON whose members a reader asks for one by one. */
export type Json = Readonly<Record<string, unknown>>;

/** One event of a stream out of its framing. */
export interface Frame {
  /** The event's name; '' where it has none. */
  readonly name: string;
  /** It is an error by its framing alone. */
  readonly isException: boolean;
  /** Text as it came; JSON nearly always. */
  readonly data: string;
}

/**
 * Takes a stream of server-sent events apart, with whatever line ends, comments and byte order mark. Throws when it
 * ends within an event: what a client would wait for, or drop.
 */
export function eventFrames(body: Buffer): Frame[] {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(body).replace(/\r\n?/g, '\n');
  const blocks = text.split('\n\n');
  const rest = blocks.pop();
  if (rest !== '' && rest !== '\n') throw new Error(`The stream ends within an event: ${JSON.stringify(rest)}.`);
  return blocks.flatMap((block) => {
    const fields = block.split('\n').filter((line) => line !== '' && !line.startsWith(':'));
    const valuesOf = (field: string): string[] =>
      fields
        .filter((line) => line.startsWith(`${field}:`))
        .map((line) => line.slice(field.length + 1).replace(/^ /, ''));
    const unknown = fields.find((line) => !/^(event|data):/.test(line));
    if (unknown !== undefined) throw new Error(`An event has the line ${JSON.stringify(unknown)}.`);
    if (fields.length === 0) return [];
    return [{ name: valuesOf('event').join(), isException: false, data: valuesOf('data').join('\n') }];
  });
}

/** Takes AWS's binary event stream apart. Throws when a frame is not whole, or a checksum is wrong. */
export function binaryFrames(body: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let start = 0; start < body.length; ) {
    const length = body.readUInt32BE(start);
    const frame = body.subarray(start, start + length);
    if (frame.length < length) throw new Error('The stream ends within a frame.');
    if (frame.readUInt32BE(8) !== crc32(frame.subarray(0, 8))) throw new Error('The lengths of a frame are damaged.');
    if (frame.readUInt32BE(length - 4) !== crc32(frame.subarray(0, -4))) throw new Error('A frame is damaged.');
    const headersEnd = 12 + frame.readUInt32BE(4);
    const headers = stringHeaders(frame.subarray(12, headersEnd));
    const isException = headers.get(':message-type') === 'exception';
    frames.push({
      name: headers.get(isException ? ':exception-type' : ':event-type') ?? '',
      isException,
      data: frame.subarray(headersEnd, length - 4).toString('utf8'),
    });
    start += length;
  }
  return frames;
}

/** Takes a stream apart that is one JSON array. Throws when it is not whole. */
export function arrayFrames(body: Buffer): Frame[] {
  const list: unknown = JSON.parse(body.toString('utf8'));
  if (!Array.isArray(list)) throw new Error('The stream is no array.');
  return list.map((element) => ({ name: '', isException: false, data: JSON.stringify(element) }));
}

function stringHeaders(bytes: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (let start = 0; start < bytes.length; ) {
    const nameEnd = start + 1 + bytes.readUInt8(start);
    const valueEnd = nameEnd + 3 + bytes.readUInt16BE(nameEnd + 1);
    headers.set(bytes.toString('utf8', start + 1, nameEnd), bytes.toString('utf8', nameEnd + 3, valueEnd));
    start = valueEnd;
  }
  return headers;
}

/** What stands at a place inside JSON; undefined when there is nothing. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let place = value;
  for (const step of path) place = (place as Readonly<Record<string | number, unknown>> | null | undefined)?.[step];
  return place;
}

/** The text at a place inside JSON; '' when there is none. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string {
  const place = at(value, ...path);
  return typeof place === 'string' ? place : '';
}
