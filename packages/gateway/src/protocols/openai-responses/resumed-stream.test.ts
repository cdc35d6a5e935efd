import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../canonical/chat-event.ts';
import type { StreamFrame } from '../protocol.ts';
import { contextOf } from './answer.fixture.ts';
import { parseStream } from './read-stream.fixture.ts';
import { ResponsesStreamDecoder } from './stream-decoder.ts';
import { ResponsesStreamEncoder } from './stream-encoder.ts';

const response = {
  id: 'resp_9',
  object: 'response',
  created_at: 9,
  status: 'in_progress',
  model: 'm-9',
  output: [],
  x: 1,
};
const begun = { type: 'response.created', response };
const message = { id: 'msg_9', type: 'message', status: 'in_progress', role: 'assistant', phase: 'final', content: [] };
const added = (output_index: number, item: object) => ({ type: 'response.output_item.added', output_index, item });
const text = (said: string) => ({ type: 'output_text', text: said, annotations: [], logprobs: [] });
const at = (content_index: number) => ({ item_id: 'msg_9', output_index: 0, content_index });
const part = (index: number) => ({ type: 'response.content_part.added', ...at(index), part: text('') });
const delta = (index: number, said: string) => ({ type: 'response.output_text.delta', ...at(index), delta: said });
const textDone = (index: number, said: string) => ({ type: 'response.output_text.done', ...at(index), text: said });
const partDone = (index: number, said: string) => ({
  type: 'response.content_part.done',
  ...at(index),
  part: text(said),
});

const end: readonly ChatEvent[] = [
  { type: 'finish', choice: 0, finish: { reason: 'stop', raw: undefined } },
  { type: 'usage', usage: { input: 1, output: 2 } },
  { type: 'end' },
];

/** An encoder that goes on with these events, and what it says of them. */
function resumed(events: readonly { readonly type: string }[]) {
  const frames: StreamFrame[] = events.map((event, index) => ({
    name: event.type,
    data: Buffer.from(JSON.stringify({ ...event, sequence_number: index + 5 })),
  }));
  const encoder = new ResponsesStreamEncoder(contextOf());
  const decoder = new ResponsesStreamDecoder();
  for (const frame of frames) decoder.read(frame, (event) => void encoder.push(event));
  const told = encoder.resume(frames);
  const push = (list: readonly ChatEvent[]) => parseStream(Buffer.concat(list.map((event) => encoder.push(event))));
  return { told, push, wholeAnswer: () => encoder.wholeAnswer };
}

const typesOf = (events: readonly Record<string, unknown>[]) =>
  events.map(({ type }) => String(type).slice('response.'.length));

describe('a stream that another began', () => {
  it('numbers its events on, and keeps the answer as it began', () => {
    const { push, wholeAnswer } = resumed([begun, added(0, message), part(0), delta(0, 'Hi')]);
    const told = push([{ type: 'delta', index: 0, text: '!' }, ...end]);
    expect(told.map((event) => event['sequence_number'])).toEqual([9, 10, 11, 12, 13]);
    expect(told[0]).toMatchObject({ item_id: 'msg_9', output_index: 0, content_index: 0, delta: '!' });
    expect(wholeAnswer()).toMatchObject({
      id: 'resp_9',
      model: 'm-9',
      x: 1,
      status: 'completed',
      output: [{ id: 'msg_9', phase: 'final', status: 'completed', content: [{ type: 'output_text', text: 'Hi!' }] }],
      usage: { output_tokens: 2 },
    });
  });

  it('keeps contents that were told before the open one', () => {
    const first = [part(0), delta(0, 'One'), textDone(0, 'One'), partDone(0, 'One')];
    const { push, wholeAnswer } = resumed([begun, added(0, message), ...first, part(1), delta(1, 'Tw')]);
    const told = push([{ type: 'delta', index: 1, text: 'o' }, ...end]);
    expect(told[0]).toMatchObject({ content_index: 1 });
    expect(typesOf(told)).toEqual([
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'completed',
    ]);
    expect(wholeAnswer()).toMatchObject({ output: [{ content: [{ text: 'One' }, { text: 'Two' }] }] });
  });

  it.each([
    ['its text', [textDone(0, 'Hi')], ['content_part.done', 'output_item.done']],
    ['its content', [textDone(0, 'Hi'), partDone(0, 'Hi')], ['output_item.done']],
  ])('ends no more than is open behind %s', (_name, more, expected) => {
    const { told, push, wholeAnswer } = resumed([begun, added(0, message), part(0), delta(0, 'Hi'), ...more]);
    expect(told).toEqual([{ type: 'part-end', index: 0 }]);
    const call = { type: 'tool-call', id: 'call_1', name: 'f', kind: 'function' } as const;
    const events = push([{ type: 'part-start', index: 1, choice: 0, part: call }, ...end]);
    expect(typesOf(events).slice(0, expected.length)).toEqual(expected);
    expect(wholeAnswer()).toMatchObject({ output: [{ content: [{ text: 'Hi' }] }, { type: 'function_call' }] });
  });

  it('says in an item that was only announced what belongs there', () => {
    const { told, push } = resumed([begun, added(0, message)]);
    expect(told).toEqual([]);
    const events = push([
      { type: 'part-start', index: 0, choice: 0, part: { type: 'text' } },
      { type: 'delta', index: 0, text: 'Hi' },
    ]);
    expect(typesOf(events)).toEqual(['content_part.added', 'output_text.delta']);
    expect(events[1]).toMatchObject({ item_id: 'msg_9', output_index: 0 });
  });

  it('ends an item that was only announced before another begins', () => {
    const item = { id: 'rs_9', type: 'reasoning', summary: [], encrypted_content: 'gAAA' };
    const { push, wholeAnswer } = resumed([begun, added(0, item)]);
    const events = push([
      { type: 'part-start', index: 0, choice: 0, part: { type: 'text' } },
      { type: 'delta', index: 0, text: 'Hi' },
      ...end,
    ]);
    expect(typesOf(events).slice(0, 2)).toEqual(['output_item.done', 'output_item.added']);
    expect(events[0]!['item']).toEqual({ id: 'rs_9', type: 'reasoning', summary: [] });
    expect(wholeAnswer()).toMatchObject({ output: [{ id: 'rs_9' }, { content: [{ text: 'Hi' }] }] });
  });

  it('goes on with a summary, behind those that were told', () => {
    const of = (index: number) => ({ item_id: 'rs_9', output_index: 0, summary_index: index });
    const piece = (index: number, said: string) => [
      { type: 'response.reasoning_summary_part.added', ...of(index), part: { type: 'summary_text', text: '' } },
      { type: 'response.reasoning_summary_text.delta', ...of(index), delta: said },
    ];
    const done = [
      { type: 'response.reasoning_summary_text.done', ...of(0), text: 'One' },
      { type: 'response.reasoning_summary_part.done', ...of(0), part: { type: 'summary_text', text: 'One' } },
    ];
    const item = { id: 'rs_9', type: 'reasoning', summary: [] };
    const { push, wholeAnswer } = resumed([begun, added(0, item), ...piece(0, 'One'), ...done, ...piece(1, 'Tw')]);
    const events = push([{ type: 'delta', index: 0, text: 'o' }, ...end]);
    expect(events[0]).toMatchObject({ type: 'response.reasoning_summary_text.delta', summary_index: 1, delta: 'o' });
    expect(wholeAnswer()).toMatchObject({ output: [{ id: 'rs_9', summary: [{ text: 'One' }, { text: 'Two' }] }] });
  });

  it('goes on with reasoning that is no summary', () => {
    const of = { item_id: 'rs_9', output_index: 0, content_index: 0 };
    const item = { id: 'rs_9', type: 'reasoning', summary: [] };
    const { push, wholeAnswer } = resumed([
      begun,
      added(0, item),
      { type: 'response.reasoning_text.delta', ...of, delta: 'H' } as never,
    ]);
    const events = push([{ type: 'delta', index: 0, text: 'm' }, ...end]);
    expect(events[0]).toMatchObject({ type: 'response.reasoning_text.delta', content_index: 0, delta: 'm' });
    expect(typesOf(events)).toContain('reasoning_text.done');
    expect(wholeAnswer()).toMatchObject({
      output: [{ content: [{ type: 'reasoning_text', text: 'Hm' }], summary: [] }],
    });
  });

  it('goes on with a call', () => {
    const item = {
      id: 'fc_9',
      type: 'function_call',
      status: 'in_progress',
      call_id: 'call_9',
      name: 'f',
      arguments: '',
    };
    const more = { type: 'response.function_call_arguments.delta', item_id: 'fc_9', output_index: 0, delta: '{"a"' };
    const { push, wholeAnswer } = resumed([begun, added(0, item), more as never]);
    const events = push([{ type: 'delta', index: 0, text: ':1}' }, ...end]);
    expect(events[0]).toMatchObject({ item_id: 'fc_9', delta: ':1}' });
    expect(wholeAnswer()).toMatchObject({ output: [{ id: 'fc_9', call_id: 'call_9', arguments: '{"a":1}' }] });
  });

  it('cannot go on amid what only its provider can complete, nor amid several items', () => {
    expect(resumed([begun, added(0, { id: 'ws_1', type: 'web_search_call' })]).told).toBeUndefined();
    expect(resumed([begun, added(0, message), added(1, message)]).told).toBeUndefined();
    expect(resumed([begun, added(3, message)]).told).toBeUndefined();
  });
});
