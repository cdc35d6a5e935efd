import { describe, expect, it } from 'vitest';
import { readEventStream } from '../testing/event-stream.ts';
import { encodeEvent, encodeEventMessage } from './event-stream.ts';

describe('encodeEventMessage', () => {
  it('makes the smallest message there is', () => {
    expect(encodeEventMessage({}, Buffer.alloc(0)).toString('hex')).toBe('000000100000000005c248eb7d98c8ff');
  });

  it('lays out lengths, headers and payload', () => {
    const message = encodeEventMessage({ ':a': 'é' }, Buffer.from('{}'));
    expect(message).toHaveLength(12 + 8 + 2 + 4);
    expect(message.readUInt32BE(0)).toBe(message.length);
    expect(message.readUInt32BE(4)).toBe(8);
    expect(message.subarray(12, 20).toString('hex')).toBe('023a61070002c3a9');
    expect(message.subarray(20, 22).toString()).toBe('{}');
  });

  it('is read back, several in a row', () => {
    const bytes = Buffer.concat([encodeEvent('one', '{"a":"漢字"}'), encodeEvent('two', '')]);
    const messages = readEventStream(bytes);
    expect(messages.map(({ payload }) => payload)).toEqual(['{"a":"漢字"}', '']);
    expect(messages[1]?.headers).toEqual({
      ':event-type': 'two',
      ':content-type': 'application/json',
      ':message-type': 'event',
    });
    bytes.writeUInt8(0, 40);
    expect(() => readEventStream(bytes)).toThrow('damaged');
  });
});
