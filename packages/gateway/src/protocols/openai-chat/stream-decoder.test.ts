import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectAnswer } from '../../canonical/collect-answer.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { sseEvent } from '../../framing/sse-event.fixture.ts';
import { callAnswers } from './call-answers.fixture.ts';
import { delta, sse, usageChunk } from './chunks.fixture.ts';
import { decodeAnswer } from './decode-answer.ts';
import { decodePieces, decodeText, disorder } from './decode-events.fixture.ts';
import { ChatStreamDecoder } from './stream-decoder.ts';
import { textAnswers } from './text-answers.fixture.ts';

const answers = [...textAnswers, ...callAnswers];

describe.each(answers)('$name', ({ stream, unary, parts, finish = 'stop', usage }) => {
  it('says what it says, streamed or whole', () => {
    const events = decodeText(stream);
    expect(disorder(events)).toBeUndefined();
    expect(events.at(-1)).toEqual({ type: 'end' });
    const collected = collectAnswer(events);
    expect(collected).toMatchObject({ id: 'c-1', model: 'm-1', created: 1_760_000_000, usage });
    expect(collected.choices).toHaveLength(1);
    expect(collected.choices[0]).toMatchObject({ parts, finish: { reason: finish } });
    const whole = decodeAnswer(unary as JsonObject, { idSeed: 'seed' });
    expect({
      ...whole,
      choices: whole.choices.map(({ index, parts: all, finish: end }) => ({ index, all, end })),
    }).toEqual({
      ...collected,
      choices: collected.choices.map((choice) => ({ index: choice.index, all: parts, end: choice.finish })),
    });
  });

  it('says the same at every cut', () => {
    const bytes = Buffer.from(stream);
    const events = decodePieces([bytes]);
    for (let at = 1; at < bytes.length; at++) {
      expect(decodePieces([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(events);
    }
  });

  it('never looks whole when its end is missing', () => {
    const events = stream.split(/(?<=\r?\n\r?\n)/);
    // The last event with a finish, and all after it, are what makes it whole.
    const whole = events.findIndex((event) => /"finish_reason":"\w/.test(event));
    for (let count = 0; count <= whole; count++) {
      const cut = decodeText(events.slice(0, count).join(''));
      expect(cut.some(({ type }) => type === 'end' || type === 'finish')).toBe(false);
      expect(cut.length === 0 || disorder(cut) === undefined).toBe(true);
    }
  });
});

describe('ChatStreamDecoder', () => {
  const word = delta({ content: 'Hi' });

  it('passes each delta on as it comes', () => {
    const events = decodeText(sse(word, word, delta({}, 'stop'), '[DONE]'));
    expect(events.map(({ type }) => type)).toEqual([
      'start',
      'part-start',
      'delta',
      'delta',
      'part-end',
      'finish',
      'end',
    ]);
  });

  it('passes the first of mixed calls on as it comes', () => {
    const events: string[] = [];
    const decoder = new ChatStreamDecoder({ idSeed: 's' });
    const calls = (index: number, id: string, text: string) =>
      delta({
        tool_calls: [{ index, id: id || undefined, function: { name: id ? 'f' : undefined, arguments: text } }],
      });
    const read = (chunk: object) => decoder.read(sseEvent(JSON.stringify(chunk)), ({ type }) => events.push(type));
    read(calls(0, 'a', '{"a":'));
    read(calls(1, 'b', '{"b"'));
    expect(events).toEqual(['start', 'part-start', 'delta']);
    read(calls(0, '', '1}'));
    expect(events.slice(3)).toEqual(['delta', 'part-end', 'part-start', 'delta']);
    read(calls(1, '', ':2}'));
    expect(events.slice(7)).toEqual(['delta']);
  });

  it('takes a new id with a name for a new call, and a new id alone for the same', () => {
    const call = (id: string, name: string | null, text: string) =>
      delta({ tool_calls: [{ index: 0, id, type: 'function', function: { name, arguments: text } }] });
    const parts = (...chunks: object[]) =>
      collectAnswer(decodeText(sse(...(chunks as JsonObject[]), delta({}, 'tool_calls'), '[DONE]'))).choices[0]?.parts;
    expect(parts(call('a', 'f', '{}'), call('b', 'g', '{}'))).toHaveLength(2);
    expect(parts(call('a', 'f', '{"a"'), call('x', null, ':1}'))).toMatchObject([{ id: 'a', arguments: '{"a":1}' }]);
    expect(parts(call('a', 'f', '{"a"'), call('a', 'f', ':1}'))).toMatchObject([{ id: 'a', arguments: '{"a":1}' }]);
    expect(parts(call('', 'f', '{"a":1}'), call('', 'f', '{"a":2}'))).toHaveLength(2);
  });

  it('waits for the name of a call', () => {
    const chunks = [
      delta({ tool_calls: [{ index: 0, id: 'a', function: { arguments: '' } }] }),
      delta({ tool_calls: [{ index: 0, function: { name: 'f' } }] }),
      delta({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] }),
    ];
    const answer = collectAnswer(decodeText(sse(...chunks, delta({}, 'tool_calls'), '[DONE]')));
    expect(answer.choices[0]?.parts).toMatchObject([{ id: 'a', name: 'f', arguments: '{}' }]);
  });

  it('keeps several choices apart and waits for all of them', () => {
    const chunks = [
      delta({ content: 'a' }, null, 0),
      delta({ content: 'b' }, null, 1),
      delta({ content: 'c' }, null, 0),
    ];
    const first = delta({}, 'stop', 0);
    expect(decodeText(sse(...chunks, first)).some(({ type }) => type === 'end')).toBe(false);
    expect(decodeText(sse(delta({ content: 'a' }), first), 2).some(({ type }) => type === 'end')).toBe(false);
    const events = decodeText(sse(...chunks, first, delta({}, 'length', 1)), 2);
    expect(disorder(events)).toBeUndefined();
    expect(collectAnswer(events).choices).toMatchObject([
      { index: 0, parts: [{ text: 'ac' }], finish: { reason: 'stop' } },
      { index: 1, parts: [{ text: 'b' }], finish: { reason: 'length' } },
    ]);
  });

  it('tells log probabilities', () => {
    const content = [{ token: 'Hi', logprob: -0.1, bytes: [72, 105], top_logprobs: [] }];
    const chunk = { id: 'c', choices: [{ index: 0, delta: { content: 'Hi' }, logprobs: { content, refusal: null } }] };
    expect(decodeText(sse(chunk))).toContainEqual({ type: 'logprobs', choice: 0, logprobs: { content } });
    for (const odd of [-0.5, { tokens: null }, { content: [] }, []]) {
      const other = { id: 'c', choices: [{ index: 0, delta: { content: 'Hi' }, logprobs: odd }] };
      expect(decodeText(sse(other)).some(({ type }) => type === 'logprobs')).toBe(false);
    }
  });

  it('keeps a finish it does not know, and takes the first of two', () => {
    const finish = (...words: string[]) =>
      collectAnswer(decodeText(sse(word, ...words.map((one) => delta({}, one)), '[DONE]'))).choices[0]?.finish;
    expect(finish('brand_new')).toEqual({ reason: 'other', raw: 'brand_new' });
    expect(finish('length', 'stop')).toEqual({ reason: 'length', raw: 'length' });
    expect(finish('constructor')).toEqual({ reason: 'other', raw: 'constructor' });
    expect(finish()).toEqual({ reason: 'other', raw: undefined });
  });

  it.each([
    ['an error', { error: { message: 'Overloaded', code: 503 } }],
    ['an error as text', { error: 'Overloaded' }],
    ['an error beside choices', { ...word, error: { message: 'Provider failed' } }],
    ['an error within a choice', { ...word, choices: [{ index: 0, error: { code: 502, message: 'x' } }] }],
    ['a finish that is a failure', delta({ content: ' there' }, 'insufficient_system_resource')],
    ['an error without an envelope', { object: 'error', message: 'Bad', code: 400 }],
  ])('tells of %s and says no more', (_, chunk) => {
    for (const before of [[], [word], [word, delta({}, 'stop')]]) {
      const events = decodeText(sse(...before, chunk, word, delta({}, 'stop'), '[DONE]'));
      expect(events.at(-1)).toEqual({ type: 'error', data: Buffer.from(JSON.stringify(chunk)) });
      expect(disorder(events)).toBeUndefined();
    }
  });

  it('takes an event named error for one, whatever its data', () => {
    expect(decodeText('event: error\ndata: gone\n\n')).toEqual([{ type: 'error', data: Buffer.from('gone') }]);
  });

  it('takes a terminator after nothing for no end', () => {
    for (const chunks of [['[DONE]'], [usageChunk, '[DONE]'], [delta({ role: 'assistant', content: '' }), '[DONE]']]) {
      expect(decodeText(sse(...chunks)).some(({ type }) => type === 'end' || type === 'finish')).toBe(false);
    }
  });

  it.each(['{"choices":[{"delta":{"content":"wo', '<html>', '[1]', '"text"', 'null', '[DONE', '{} {}'])(
    'refuses %s',
    (data) => {
      const decoder = new ChatStreamDecoder({ idSeed: 's' });
      expect(() => decoder.read(sseEvent(data), () => {})).toThrow(SyntaxError);
    },
  );

  it('makes of empty data a ping', () => {
    const types: string[] = [];
    new ChatStreamDecoder({ idSeed: 's' }).read(sseEvent(' \n'), ({ type }) => types.push(type));
    expect(types).toEqual(['ping']);
  });

  it('survives frames in which anything was changed', () => {
    const frames = answers.flatMap(({ stream }) =>
      stream.split(/\r?\n\r?\n/).map((event) => event.replace(/^data: ?/, '')),
    );
    const values = frames.flatMap((frame) => (frame.startsWith('{') ? [JSON.parse(frame) as JsonObject] : []));
    const change = fc.record({
      frame: fc.nat(values.length - 1),
      at: fc.integer({ min: 1, max: 200 }),
      value: fc.oneof(
        fc.constantFrom(null, '', 'x', -1, 1e300, true, [], {}, [null], [[]], { type: 'x' }),
        fc.jsonValue(),
      ),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        const changed = changes.map(({ frame, at, value }) => JSON.stringify(mutate(values[frame]!, at, value)));
        const events = decodeText(sse(...changed, delta({}, 'stop'), '[DONE]'));
        expect(disorder(events)).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });

  it('throws nothing but SyntaxError at bytes that were changed', () => {
    const bytes = Buffer.from(answers.map(({ stream }) => stream).join(''));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 8 }), (edits) => {
        const copy = Buffer.from(bytes);
        for (const [at, byte] of edits) copy[at] = byte;
        try {
          decodePieces([copy.subarray(edits[0]?.[0] ?? 0)]);
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** Puts another value at the place of that number, counted in depth. */
function mutate(value: unknown, at: number, replacement: unknown): unknown {
  let left = at;
  const visit = (node: unknown): unknown => {
    if (left-- === 0) return replacement;
    if (Array.isArray(node)) return node.map(visit);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, member]) => [key, visit(member)]));
  };
  return visit(value);
}
