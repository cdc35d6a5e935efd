import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type SseEvent, SseOverflowError, SseSplitter } from './sse-splitter.ts';

interface Split {
  /** Raw text, data and name of each event. */
  readonly events: readonly { readonly bytes: string; readonly data: string; readonly name: string }[];
  readonly rest: string;
}

function split(chunks: readonly Buffer[], { end = false, maxEventBytes = 1 << 20 } = {}): Split {
  const events: { bytes: string; data: string; name: string }[] = [];
  const onEvent = ({ bytes, data, name }: SseEvent): void => {
    events.push({ bytes: bytes.toString('latin1'), data: data.toString('latin1'), name });
  };
  const splitter = new SseSplitter({ maxEventBytes, onEvent });
  for (const chunk of chunks) splitter.push(chunk);
  const rest = end ? splitter.end() : splitter.takeRest();
  return { events, rest: rest.toString('latin1') };
}

const whole = (text: string, options?: { readonly end?: boolean }): Split => split([Buffer.from(text)], options);
const dataOf = (text: string): string[] => whole(text).events.map(({ data }) => data);

/** The input cut at the given places. */
function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((left, right) => left - right);
  return [0, ...cuts].map((from, index) => bytes.subarray(from, cuts[index] ?? bytes.length));
}

const stream = (newline: string): string =>
  [
    'data: {"a":1}',
    '',
    ': note',
    '',
    'event: named',
    'id: 7',
    'data:one',
    'data: two',
    '',
    'data: [DONE]',
    '',
    '',
  ].join(newline);

describe('SseSplitter', () => {
  it.each(['\n', '\r\n', '\r'])('finds the same events at every split point with line ends %j', (newline) => {
    const bytes = Buffer.from(stream(newline));
    const expected = whole(stream(newline));
    expect(expected.events.map(({ data, name }) => [name, data])).toEqual([
      ['', '{"a":1}'],
      ['', ''],
      ['named', 'one\ntwo'],
      ['', '[DONE]'],
    ]);
    expect(expected.rest).toBe('');
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second += 7) {
        const result = split([bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)]);
        expect(meaning(result)).toEqual(meaning(expected));
        expect(textOf(result)).toBe(bytes.toString('latin1'));
      }
    }
  });

  it('reads mixed line ends', () => {
    expect(dataOf('data: 1\r\n\ndata: 2\n\r\ndata: 3\r\rdata: 4\n\n')).toEqual(['1', '2', '3', '4']);
  });

  it('takes CRLF for one line end, not for an empty line', () => {
    expect(dataOf('data: 1\r\ndata: 2\r\n\r\n')).toEqual(['1\n2']);
  });

  it('gives the LF of a CRLF pair that came apart to the event after it, where it is no line', () => {
    const { events } = split(['data: 1\r\n\r', '\ndata: 2\r\n\r\n'].map((text) => Buffer.from(text)));
    expect(events.map(({ bytes }) => bytes)).toEqual(['data: 1\r\n\r', '\ndata: 2\r\n\r\n']);
    expect(events.map(({ data }) => data)).toEqual(['1', '2']);
  });

  it('knows a byte order mark in front of the first event only, also in pieces', () => {
    const bytes = Buffer.from('\ufeffdata: 1\n\n\ufeffdata: 2\n\n');
    for (let cut = 0; cut <= 12; cut++) {
      const { events } = split([bytes.subarray(0, cut), bytes.subarray(cut)]);
      expect(events.map(({ data }) => data)).toEqual(['1', '']);
    }
  });

  it.each([
    ['data:x', 'x'],
    ['data: x', 'x'],
    ['data:  x', ' x'],
    ['data', ''],
    ['data:', ''],
    ['data:\ndata:', '\n'],
    ['data: a\n: comment\nother: b\ndata: c', 'a\nc'],
    ['data: \ndata: c', '\nc'],
    ['data\ndata: c', '\nc'],
    ['database: x', ''],
    [' data: x', ''],
    ['Data: x', ''],
    ['data: é €', 'é €'],
  ])('reads %j', (text, data) => {
    const { events } = whole(`${text}\n\n`);
    expect(events.map((event) => Buffer.from(event.data, 'latin1').toString())).toEqual([data]);
  });

  it.each([
    ['event: a', 'a'],
    ['event:a\nevent:b', 'b'],
    ['event', ''],
    ['event: a\nevent', ''],
    ['events: a', ''],
  ])('reads the name of %j', (text, name) => {
    expect(whole(`${text}\n\n`).events.map((event) => event.name)).toEqual([name]);
  });

  it('hands out an event that lacks its blank line when the stream ends, and nothing when there is none', () => {
    expect(whole('data: 1\n\ndata: 2', { end: true })).toMatchObject({
      events: [{ data: '1' }, { data: '2' }],
      rest: '',
    });
    expect(whole('data: 1\n\ndata: 2\n', { end: true }).events.at(-1)).toMatchObject({ bytes: 'data: 2\n', data: '2' });
    expect(whole('data: 1\n\n\n\n', { end: true })).toMatchObject({ events: [{ data: '1' }], rest: '\n\n' });
    expect(whole('', { end: true })).toEqual({ events: [], rest: '' });
  });

  it('refuses an event longer than allowed, whole or in pieces', () => {
    const event = Buffer.from(`data: ${'x'.repeat(100)}\n\n`);
    const pieces = cutAt(event, [10, 20, 50, 90]);
    expect(split([event], { maxEventBytes: event.length }).events).toHaveLength(1);
    expect(split(pieces, { maxEventBytes: event.length }).events).toHaveLength(1);
    expect(() => split([event], { maxEventBytes: event.length - 1 })).toThrow(SseOverflowError);
    expect(() => split(pieces, { maxEventBytes: event.length - 1 })).toThrow(SseOverflowError);
    // Many events may stand in one chunk that is longer than any of them.
    expect(split([Buffer.concat([event, event, event])], { maxEventBytes: event.length }).events).toHaveLength(3);
  });

  it('joins an event of a megabyte in chunks of one byte once', () => {
    const event = Buffer.from(`data: ${'x'.repeat(1_000_000)}\n\n`);
    const onEvent = vi.fn((received: SseEvent) => expect(received.data.length).toBe(1_000_000));
    const splitter = new SseSplitter({ maxEventBytes: 1 << 21, onEvent });
    const concat = vi.spyOn(Buffer, 'concat');
    try {
      for (let index = 0; index < event.length; index++) splitter.push(event.subarray(index, index + 1));
      expect(concat).toHaveBeenCalledTimes(1);
    } finally {
      concat.mockRestore();
    }
    expect(onEvent).toHaveBeenCalledTimes(1);
  });

  it('loses and adds no byte, and finds the same events, however any bytes are cut', () => {
    const piece = fc.oneof(
      fc.constantFrom('\n', '\r', '\r\n', '\n\n', ':', ' ', 'data', 'data: ', 'event: ', '\ufeff', '{"a":1}', 'é'),
      fc.string(),
    );
    const text = fc.array(piece, { maxLength: 30 }).map((parts) => Buffer.from(parts.join('')));
    const bytes = fc.oneof(
      text,
      fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)),
    );
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(), { maxLength: 40 }), fc.boolean(), (input, places, end) => {
        const result = split(cutAt(input, places), { end });
        expect(textOf(result)).toBe(input.toString('latin1'));
        expect(meaning(result)).toEqual(meaning(split([input], { end })));
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads events as the standard does', () => {
    const line = fc.constantFrom('data: a', 'data:b', 'data', 'event: e', ': c', 'id: 1', 'data: {"x": "y"}', 'foo');
    const block = fc.array(line, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(block, { maxLength: 6 }), fc.constantFrom('\n', '\r', '\r\n'), (blocks, newline) => {
        const text = blocks.map((lines) => lines.join(newline) + newline + newline).join('');
        expect(meaning(whole(text))).toEqual(blocks.map(plainReading));
      }),
    );
  });
});

function textOf({ events, rest }: Split): string {
  return events.map(({ bytes }) => bytes).join('') + rest;
}

/** What does not depend on the cuts: the LF of a CRLF pair may stand on either side. */
function meaning({ events }: Split): { data: string; name: string }[] {
  return events.map(({ data, name }) => ({ data, name }));
}

function plainReading(lines: readonly string[]): { data: string; name: string } {
  const valueIn = (line: string): string => /^[a-z]+:? ?(.*)$/.exec(line)![1]!;
  return {
    data: lines
      .filter((line) => line.startsWith('data'))
      .map(valueIn)
      .join('\n'),
    name: valueIn(lines.findLast((line) => line.startsWith('event')) ?? 'event'),
  };
}
