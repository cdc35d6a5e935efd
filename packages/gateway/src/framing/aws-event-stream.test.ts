import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AwsEventSplitter,
  createFrameEncoder,
  EventStreamError,
  type EventStreamFault,
  encodeEventStreamFrame,
} from './aws-event-stream.ts';

interface Seen {
  readonly name: string;
  readonly data: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
}

function split(chunks: readonly Buffer[], maxFrameBytes = 1e6): { seen: Seen[]; splitter: AwsEventSplitter } {
  const seen: Seen[] = [];
  const splitter = new AwsEventSplitter({
    maxFrameBytes,
    onFrame: ({ name, data, headers, bytes }) => {
      seen.push({ name, data: data.toString('utf8'), headers, bytes: Buffer.from(bytes) });
    },
  });
  for (const chunk of chunks) splitter.push(chunk);
  return { seen, splitter };
}

function faultOf(bytes: Buffer, maxFrameBytes?: number): EventStreamFault | undefined {
  try {
    split([bytes], maxFrameBytes);
    return undefined;
  } catch (error) {
    if (error instanceof EventStreamError) return error.fault;
    throw error;
  }
}

// The two examples that AWS's own event stream libraries are tested with: lengths, checksum, headers, payload, checksum.
const emptyMessage = Buffer.from('00000010000000 0005c248eb7d98c8ff'.replaceAll(' ', ''), 'hex');
const payloadMessage = Buffer.concat([
  Buffer.from('0000003d 00000020 07fd8396'.replaceAll(' ', ''), 'hex'),
  Buffer.from('\x0ccontent-type\x07\x00\x10application/json', 'latin1'),
  Buffer.from("{'foo':'bar'}"),
  Buffer.from('8d9c08b1', 'hex'),
]);

const event = { ':event-type': 'contentBlockDelta', ':content-type': 'application/json', ':message-type': 'event' };

describe('a frame', () => {
  it('is read and written as AWS does it', () => {
    const { seen } = split([emptyMessage, payloadMessage]);
    expect(seen.map(({ data }) => data)).toEqual(['', "{'foo':'bar'}"]);
    expect(seen[1]!.headers).toEqual({ 'content-type': 'application/json' });
    expect(encodeEventStreamFrame({ headers: {}, payload: '' })).toEqual(emptyMessage);
    const again = encodeEventStreamFrame({ headers: seen[1]!.headers, payload: seen[1]!.data });
    expect(again).toEqual(payloadMessage);
  });

  it('has the name of its event', () => {
    const frame = encodeEventStreamFrame({ headers: event, payload: '{"a":"ü"}' });
    expect(split([frame]).seen).toEqual([
      { name: 'contentBlockDelta', data: '{"a":"ü"}', headers: event, bytes: frame },
    ]);
  });

  it('has the name of its exception, or of its error and the message', () => {
    const exception = { ':message-type': 'exception', ':exception-type': 'throttlingException' };
    const odd = { ':message-type': 'exception', ':exception-type': 'oops' };
    const error = { ':message-type': 'error', ':error-code': 'InternalFailure', ':error-message': 'It "broke"' };
    const frames = [
      encodeEventStreamFrame({ headers: exception, payload: '{"message":"slow"}' }),
      encodeEventStreamFrame({ headers: odd, payload: '{}' }),
      encodeEventStreamFrame({ headers: error, payload: '' }),
      encodeEventStreamFrame({ headers: { ':message-type': 'error' }, payload: '' }),
    ];
    expect(split(frames).seen.map(({ name, data }) => [name, data])).toEqual([
      ['throttlingException', '{"message":"slow"}'],
      ['oopsException', '{}'],
      ['InternalFailure', '{"message":"It \\"broke\\""}'],
      ['unknownException', '{"message":""}'],
    ]);
  });

  it('may have headers of every type', () => {
    const one = (type: number, value: string) =>
      Buffer.concat([Buffer.from('\x01x'), Buffer.from([type]), Buffer.from(value, 'hex')]);
    const headers = [
      one(0, ''),
      one(1, ''),
      one(2, '01'),
      one(3, '0102'),
      one(4, '01020304'),
      one(5, '0102030405060708'),
    ];
    headers.push(one(6, '0002ffff'), one(8, '0102030405060708'), one(9, '00'.repeat(16)), one(7, '00026869'));
    const frame = frameWithHeaders(Buffer.concat(headers));
    expect(split([frame]).seen[0]!.headers).toEqual({ x: 'hi' });
  });
});

/** A frame whose headers are these bytes: padded ones of the same length are written, then replaced. */
function frameWithHeaders(headerBytes: Buffer): Buffer {
  // A header of one letter has five bytes beside its value.
  const filler = encodeEventStreamFrame({ headers: { x: ' '.repeat(headerBytes.length - 5) }, payload: '' });
  headerBytes.copy(filler, 12);
  return withChecksum(filler);
}

function withChecksum(frame: Buffer): Buffer {
  const end = frame.length - 4;
  frame.writeUInt32BE(bitwiseCrc32(frame.subarray(0, end)), end);
  return frame;
}

/** CRC-32 by its definition, to be independent of the library's. */
function bitwiseCrc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

describe('a stream', () => {
  const frames = [
    encodeEventStreamFrame({ headers: event, payload: '{"text":"one"}' }),
    encodeEventStreamFrame({ headers: { ...event, ':event-type': 'messageStop' }, payload: '' }),
    encodeEventStreamFrame({ headers: event, payload: '{"text":"ünïcode 🎈"}' }),
  ];
  const whole = Buffer.concat(frames);

  it('is the same however it is cut', () => {
    const { seen: expected } = split([whole]);
    expect(expected.map(({ bytes }) => bytes)).toEqual(frames);
    for (let at = 0; at <= whole.length; at++) {
      const { seen, splitter } = split([whole.subarray(0, at), whole.subarray(at)]);
      expect(seen).toEqual(expected);
      expect(splitter.pendingBytes).toBe(0);
    }
    expect(split([...whole].map((byte) => Buffer.from([byte]))).seen).toEqual(expected);
  });

  it('tells by its pending bytes when it was cut, and gives them back', () => {
    for (let at = 0; at <= whole.length; at++) {
      const { seen, splitter } = split([whole.subarray(0, at)]);
      const emitted = seen.reduce((sum, { bytes }) => sum + bytes.length, 0);
      expect(splitter.pendingBytes).toBe(at - emitted);
      expect(splitter.takeRest()).toEqual(whole.subarray(emitted, at));
      expect(splitter.pendingBytes).toBe(0);
    }
  });

  it('a header of the name __proto__ is a header like any other', () => {
    const headers = JSON.parse('{"__proto__":"x","constructor":"y"}');
    const [frame] = split([encodeEventStreamFrame({ headers, payload: '' })]).seen;
    expect(Object.entries(frame!.headers)).toEqual(Object.entries(headers));
  });

  it('of any messages in any chunks is read as it was written', () => {
    const header = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' });
    const message = fc.record({
      headers: fc.dictionary(header, fc.string({ maxLength: 30 }), { noNullPrototype: true }),
      payload: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), fc.array(fc.nat(60)), (messages, cuts) => {
        const bytes = Buffer.concat(messages.map(encodeEventStreamFrame));
        const chunks: Buffer[] = [];
        let at = 0;
        for (const cut of cuts) {
          chunks.push(bytes.subarray(at, at + cut));
          at = Math.min(bytes.length, at + cut);
        }
        const { seen, splitter } = split([...chunks, bytes.subarray(at)]);
        expect(seen.map(({ headers }) => headers)).toEqual(messages.map(({ headers }) => headers));
        expect(Buffer.concat(seen.map((frame) => frame.bytes))).toEqual(bytes);
        expect(splitter.pendingBytes).toBe(0);
      }),
    );
  });
});

describe('what is no event stream', () => {
  const frame = createFrameEncoder(event)('{"text":"one"}');

  it('is found by its checksums, whatever byte is wrong', () => {
    for (let at = 0; at < frame.length; at++) {
      const wrong = Buffer.from(frame);
      wrong[at] = wrong[at]! ^ 0x20;
      expect(faultOf(wrong)).toBe(at < 12 ? 'bad-prelude-checksum' : 'bad-checksum');
    }
    expect(faultOf(Buffer.from('{"message":"no stream at all"}'))).toBe('bad-prelude-checksum');
  });

  it('may be a frame beyond the bound, told before it has come', () => {
    expect(faultOf(frame, frame.length)).toBeUndefined();
    expect(faultOf(frame, frame.length - 1)).toBe('frame-too-long');
    expect(faultOf(frame.subarray(0, 12), frame.length - 1)).toBe('frame-too-long');
  });

  it('may have lengths or headers that do not fit', () => {
    const prelude = (total: number, headers: number) => {
      const bytes = Buffer.alloc(16);
      bytes.writeUInt32BE(total, 0);
      bytes.writeUInt32BE(headers, 4);
      bytes.writeUInt32BE(bitwiseCrc32(bytes.subarray(0, 8)), 8);
      return bytes;
    };
    expect(faultOf(prelude(15, 0))).toBe('bad-length');
    expect(faultOf(prelude(16, 1))).toBe('bad-length');
    expect(faultOf(frameWithHeaders(Buffer.from('\x01x\x0aabcdef', 'latin1')))).toBe('bad-headers');
    expect(faultOf(frameWithHeaders(Buffer.from('\x01x\x07\xff\xffab', 'latin1')))).toBe('bad-headers');
    expect(faultOf(frameWithHeaders(Buffer.from('\xffx\x07\x00\x00', 'latin1')))).toBe('bad-headers');
  });

  it('never does anything but throw the one error', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }), (chunks) => {
        try {
          split(chunks.map((chunk) => Buffer.from(chunk)));
        } catch (error) {
          expect(error).toBeInstanceOf(EventStreamError);
        }
      }),
    );
  });
});
