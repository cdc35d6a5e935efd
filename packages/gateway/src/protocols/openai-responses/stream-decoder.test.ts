import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { collectAnswer } from '../../canonical/collect-answer.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { parseExact } from '../../framing/exact-json.ts';
import { streamedAnswer, streamOf, unaryAnswer } from './answer.fixture.ts';
import { decodeAnswer } from './decode-answer.ts';
import { readStream } from './read-stream.fixture.ts';

const whole = decodeAnswer(parseExact(JSON.stringify(unaryAnswer)) as JsonObject);
const created = { type: 'response.created', response: { id: 'resp_1', model: 'm', created_at: 5.7 } };
const completed = { type: 'response.completed', response: { status: 'completed', output: [] } };

describe('a streamed answer', () => {
  it('is the same as the answer at once, wherever its bytes come apart', () => {
    const events = readStream(streamedAnswer);
    expect(collectAnswer(events)).toEqual(whole);
    expect(events.at(-1)).toEqual({ type: 'end' });
    for (let at = 1; at < streamedAnswer.length; at++) {
      if (!isDeepStrictEqual(readStream(streamedAnswer, at), events)) expect.fail(`Another answer when cut at ${at}.`);
    }
  });

  it('tells its parts one after another', () => {
    const kinds = readStream(streamedAnswer).map((event) =>
      'index' in event ? `${event.type} ${event.index}` : event.type,
    );
    expect(kinds).toEqual([
      'start',
      ...['part-start 0', 'delta 0', 'delta 0', 'delta 0', 'delta 0', 'delta 0', 'signature 0', 'part-end 0'],
      ...['part-start 1', 'delta 1', 'delta 1', 'citation 1', 'part-end 1'],
      ...['part-start 2', 'delta 2', 'delta 2', 'part-end 2'],
      ...['part-start 3', 'delta 3', 'delta 3', 'part-end 3'],
      ...['part-start 4', 'delta 4', 'part-end 4'],
      ...['part-start 5', 'part-end 5'],
      ...['finish', 'usage', 'end'],
    ]);
  });

  it('never looks whole when it is cut', () => {
    const last = streamedAnswer.indexOf('event: response.completed');
    for (let at = 0; at <= last; at++) {
      // What is left of an event is no JSON, and told as such; the events before are told.
      const types: string[] = [];
      try {
        types.push(...readStream(streamedAnswer.subarray(0, at)).map(({ type }) => type));
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
      }
      expect(types).not.toContain('finish');
      expect(types).not.toContain('end');
      const count = (wanted: string) => types.filter((type) => type === wanted).length;
      expect(count('part-start')).toBe(count('part-end'));
    }
  });

  it('tells what a server gives at the end of an item only', () => {
    const items = unaryAnswer.output.map((item, output_index) => ({
      type: 'response.output_item.done',
      output_index,
      item,
    }));
    const answer = collectAnswer(
      readStream(streamOf([created, ...items, { type: 'response.completed', response: unaryAnswer }])),
    );
    expect(answer.choices).toEqual(whole.choices);
    expect(answer).toMatchObject({ id: 'resp_1', model: 'm', created: 5 });
  });

  it('tells what a server gives in its last event only', () => {
    expect(collectAnswer(readStream(streamOf([{ type: 'response.completed', response: unaryAnswer }])))).toEqual(whole);
  });

  it('puts mixed items in order', () => {
    const added = (output_index: number, id: string) => ({
      type: 'response.output_item.added',
      output_index,
      item: { type: 'function_call', call_id: id, name: 'f', arguments: '' },
    });
    const delta = (output_index: number, text: string) => ({
      type: 'response.function_call_arguments.delta',
      output_index,
      delta: text,
    });
    const done = (output_index: number, id: string, text: string) => ({
      type: 'response.output_item.done',
      output_index,
      item: { type: 'function_call', call_id: id, name: 'f', arguments: text },
    });
    const events = [added(0, 'a'), added(1, 'b'), delta(0, '{"x"'), delta(1, '{"y"'), delta(0, ':1}'), delta(1, ':2}')];
    const mixed = readStream(
      streamOf([created, ...events, done(1, 'b', '{"y":2}'), done(0, 'a', '{"x":1}'), completed]),
    );
    const order = mixed.flatMap((event) => ('index' in event ? [event.index] : []));
    expect(order).toEqual([...order].sort());
    expect(collectAnswer(mixed).choices[0]).toMatchObject({
      parts: [
        { id: 'a', arguments: '{"x":1}' },
        { id: 'b', arguments: '{"y":2}' },
      ],
      finish: { reason: 'tool-calls' },
    });
  });

  it('reads raw reasoning, and contents that are not numbered from 0 (Bedrock)', () => {
    const bytes = Buffer.from(
      [
        '{"item":{"id":"msg_b1","status":"in_progress","summary":[],"type":"reasoning"},"output_index":0,"type":"response.output_item.added"}',
        '{"content_index":0,"item_id":"msg_b1","output_index":0,"part":{"text":"","type":"reasoning_text"},"type":"response.reasoning_part.added"}',
        '{"content_index":0,"delta":"Count.","item_id":"msg_b1","output_index":0,"type":"response.reasoning_text.delta"}',
        '{"content_index":0,"item_id":"msg_b1","output_index":0,"text":"Count.","type":"response.reasoning_text.done"}',
        '{"item":{"content":[{"text":"Count.","type":"reasoning_text"}],"id":"msg_b1","summary":[],"type":"reasoning"},"output_index":0,"type":"response.output_item.done"}',
        '{"item":{"content":[],"id":"msg_b2","role":"assistant","type":"message"},"output_index":1,"type":"response.output_item.added"}',
        '{"content_index":1,"item_id":"msg_b2","output_index":1,"part":{"annotations":[],"text":"","type":"output_text"},"type":"response.content_part.added"}',
        '{"content_index":1,"delta":"1 2","item_id":"msg_b2","output_index":1,"type":"response.output_text.delta"}',
        '{"content_index":1,"item_id":"msg_b2","output_index":1,"text":"1 2 3","type":"response.output_text.done"}',
        '{"item":{"content":[{"annotations":[],"text":"1 2 3","type":"output_text"}],"id":"msg_b2","role":"assistant","type":"message"},"output_index":1,"type":"response.output_item.done"}',
        '{"response":{"created_at":1787150055.0,"model":"gpt-oss","status":"completed","output":[]},"type":"response.completed"}',
        '[DONE]',
      ]
        .map((data) => `data: ${data}\n\n`)
        .join(''),
    );
    expect(collectAnswer(readStream(bytes)).choices[0]?.parts).toEqual([
      { type: 'reasoning', text: 'Count.', id: 'msg_b1' },
      { type: 'text', text: '1 2 3' },
    ]);
  });

  it.each([
    ['max_output_tokens', 'length'],
    ['content_filter', 'content-filter'],
    ['out_of_luck', 'length'],
  ])('that stopped for %s ended so', (reason, expected) => {
    const response = { status: 'incomplete', incomplete_details: { reason }, output: [] };
    const answer = collectAnswer(readStream(streamOf([created, { type: 'response.incomplete', response }])));
    expect(answer.choices[0]?.finish).toEqual({ reason: expected, raw: reason });
  });

  it.each([
    { type: 'error', code: 'server_error', message: 'Bad' },
    { type: 'response.failed', response: { status: 'failed', error: { code: 'server_error', message: 'Bad' } } },
    { type: 'response.completed', response: { status: 'failed', error: { code: 'server_error', message: 'Bad' } } },
    { type: 'response.incomplete', response: { status: 'cancelled', error: null } },
  ])('that fails says so in its own words', (event) => {
    const events = readStream(streamOf([created, event, completed]));
    expect(events.map(({ type }) => type)).toEqual(['start', 'error']);
    const last = events.at(-1);
    expect(last?.type === 'error' && JSON.parse(last.data.toString())).toMatchObject(event);
  });

  it('keeps log probabilities, also those that come late', () => {
    const logprob = (token: string) => ({ token, logprob: -0.5, bytes: [104], top_logprobs: [] });
    const item = {
      type: 'message',
      content: [{ type: 'output_text', text: 'hi', logprobs: [logprob('h'), logprob('i')], annotations: [] }],
    };
    const delta = {
      type: 'response.output_text.delta',
      output_index: 0,
      content_index: 0,
      delta: 'h',
      logprobs: [logprob('h')],
    };
    const response = { status: 'completed', output: [item] };
    const events = [
      created,
      delta,
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response },
    ];
    expect(collectAnswer(readStream(streamOf(events))).choices).toEqual(decodeAnswer(response).choices);
  });

  it('throws SyntaxError at what is no JSON', () => {
    expect(() => readStream(Buffer.from('data: <html>\n\n'))).toThrow(SyntaxError);
  });
});
