import { describe, expect, it } from 'vitest';
import { collectAnswer } from '../../canonical/collect-answer.ts';
import { decodeAnswer, decodeChunks, decodeStream } from './messages.fixture.ts';
import { overloaded, search, toolUse } from './stream.fixture.ts';

const fixtures = { toolUse, search };

describe.each(Object.entries(fixtures))('the stream of %s', (_, { stream, whole }) => {
  it('collects to the same as the whole answer', () => {
    expect(collectAnswer(decodeStream(stream))).toEqual(decodeAnswer(whole));
  });

  it('says the same wherever it is split', () => {
    const expected = decodeStream(stream);
    const bytes = Buffer.from(stream);
    for (let at = 1; at < bytes.length; at++) {
      expect(decodeChunks([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected);
    }
    expect(decodeChunks(Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(expected);
  });

  it('has no end when it is cut before the last byte of its last event', () => {
    const lines = stream.split('\n\n');
    for (let count = 0; count < lines.length - 2; count++) {
      const events = decodeStream(`${lines.slice(0, count).join('\n\n')}\n\n`);
      expect(events.filter(({ type }) => type === 'end')).toEqual([]);
    }
  });

  it('keeps the order that is promised', () => {
    const types = decodeStream(stream).map(({ type }) => type);
    expect(types[0]).toBe('start');
    expect(types.at(-1)).toBe('end');
    expect(types.filter((type) => type === 'part-start')).toHaveLength(types.filter((t) => t === 'part-end').length);
    expect(types.indexOf('finish')).toBeGreaterThan(types.lastIndexOf('part-end'));
  });
});

describe('usage', () => {
  it('is told at the beginning and whole at the end', () => {
    const usages = decodeStream(toolUse.stream).filter((event) => event.type === 'usage');
    const counted = { input: 442, cachedInput: 400, cacheWriteInput: 30, cacheWriteHourInput: 10 };
    expect(usages).toEqual([
      { type: 'usage', usage: { ...counted, output: 1 } },
      { type: 'usage', usage: { ...counted, output: 89, reasoning: 40 } },
    ]);
  });
});

describe('a stream that goes wrong', () => {
  it('ends in the error of its provider', () => {
    const events = decodeStream(overloaded + toolUse.stream);
    const last = events.at(-1);
    expect(last?.type === 'error' && last.data.toString()).toBe(
      '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
    );
  });

  it('throws SyntaxError for what is no event', () => {
    expect(() => decodeStream('data: {"type":\n\n')).toThrow(SyntaxError);
    expect(() => decodeStream('data: 7\n\n')).toThrow(SyntaxError);
  });

  it('is read over where it says what nobody knows', () => {
    const [first = '', ...rest] = toolUse.stream.split('\n\n');
    const odd = [first, 'event: weather\ndata: {"type":"weather","index":0}', ': comment', ...rest].join('\n\n');
    expect(decodeStream(odd)).toEqual(decodeStream(toolUse.stream));
  });

  it('does without `content_block_stop` and events of other streams behind the end', () => {
    const odd = toolUse.stream.replaceAll(/event: content_block_stop\n.*\n\n/g, '');
    expect(decodeStream(`${odd}data: [DONE]\n\n`)).toEqual(decodeStream(toolUse.stream));
  });

  it('has no end without a reason for it', () => {
    const odd = toolUse.stream.replace(/event: message_delta\n.*\n\n/, '');
    expect(decodeStream(odd).at(-1)?.type).toBe('part-end');
  });

  it('keeps a word for the end that is new', () => {
    const odd = toolUse.stream.replace('"stop_reason":"tool_use"', '"stop_reason":"tired"');
    expect(collectAnswer(decodeStream(odd)).choices[0]?.finish).toEqual({ reason: 'other', raw: 'tired' });
  });
});
