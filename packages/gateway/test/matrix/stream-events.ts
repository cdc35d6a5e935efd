import { crc32 } from 'node:zlib';
import { expect } from 'vitest';
import type { Json, Reply } from './wire-client.ts';

/** One event of a stream: its name ('' without one) and its data. */
export interface StreamEvent {
  readonly name: string;
  readonly data: string;
}

/** The server-sent events of a reply, which must be a good stream of them: nothing but whole events. */
export function serverSentEvents({ status, headers, bytes }: Reply): StreamEvent[] {
  expect({ status, type: headers['content-type']?.split(';')[0] }).toEqual({ status: 200, type: 'text/event-stream' });
  const blocks = bytes.toString('utf8').split(/\r?\n\r?\n/);
  expect(blocks.pop()).toBe('');
  return blocks.filter((block) => !block.startsWith(':')).map(readBlock);
}

function readBlock(block: string): StreamEvent {
  const fields = block.split(/\r?\n/).map((line) => /^(event|data): ?(.*)$/.exec(line));
  const valuesOf = (field: string) => fields.filter((match) => match?.[1] === field).map((match) => match?.[2] ?? '');
  expect(fields).not.toContain(null);
  return { name: valuesOf('event').join(), data: valuesOf('data').join('\n') };
}

export function jsonOf({ data }: StreamEvent): Json {
  return JSON.parse(data) as Json;
}

/** A frame of AWS's binary event stream. */
export interface BinaryEvent {
  /** `event` or `exception`. */
  readonly kind: string | undefined;
  readonly type: string | undefined;
  readonly data: Json;
}

/** The frames of AWS's binary event stream, lengths and checksums verified. */
export function binaryEvents({ status, headers, bytes }: Reply): readonly BinaryEvent[] {
  const type = headers['content-type'];
  expect({ status, type }).toEqual({ status: 200, type: 'application/vnd.amazon.eventstream' });
  const events: BinaryEvent[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const length = bytes.readUInt32BE(offset);
    const frame = bytes.subarray(offset, offset + length);
    expect(frame.length).toBe(length);
    expect(frame.readUInt32BE(8)).toBe(crc32(frame.subarray(0, 8)));
    expect(frame.readUInt32BE(length - 4)).toBe(crc32(frame.subarray(0, length - 4)));
    const bodyAt = 12 + frame.readUInt32BE(4);
    const told = frameHeaders(frame.subarray(12, bodyAt));
    const data = JSON.parse(frame.subarray(bodyAt, length - 4).toString('utf8')) as Json;
    expect(told.get(':content-type')).toBe('application/json');
    const kind = told.get(':message-type');
    events.push({ kind, type: told.get(kind === 'exception' ? ':exception-type' : ':event-type'), data });
    offset += length;
  }
  return events;
}

/** All of them are texts. */
function frameHeaders(bytes: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (let offset = 0; offset < bytes.length; ) {
    const nameEnd = offset + 1 + bytes.readUInt8(offset);
    expect(bytes.readUInt8(nameEnd)).toBe(7);
    const valueEnd = nameEnd + 3 + bytes.readUInt16BE(nameEnd + 1);
    headers.set(
      bytes.subarray(offset + 1, nameEnd).toString('utf8'),
      bytes.subarray(nameEnd + 3, valueEnd).toString('utf8'),
    );
    offset = valueEnd;
  }
  return headers;
}
