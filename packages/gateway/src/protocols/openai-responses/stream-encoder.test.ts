import { describe, expect, it } from 'vitest';
import { answerEvents } from '../../canonical/answer-events.ts';
import type { ChatEvent } from '../../canonical/chat-event.ts';
import { contextOf, requestOf, unaryAnswer } from './answer.fixture.ts';
import { decodeAnswer } from './decode-answer.ts';
import { parseStream } from './read-stream.fixture.ts';
import { ResponsesStreamEncoder } from './stream-encoder.ts';

const start: ChatEvent = { type: 'start', id: 'msg_1', model: 'claude', created: undefined, serviceTier: undefined };
const end: ChatEvent = { type: 'end' };

function write(events: readonly ChatEvent[], context = contextOf()) {
  const encoder = new ResponsesStreamEncoder(context);
  return parseStream(Buffer.concat(events.map((event) => encoder.push(event))));
}

function finish(reason: 'stop' | 'length' | 'content-filter'): ChatEvent {
  return { type: 'finish', choice: 0, finish: { reason, raw: undefined } };
}

function text(index: number, ...deltas: string[]): ChatEvent[] {
  return [
    { type: 'part-start', index, choice: 0, part: { type: 'text' } },
    ...deltas.map((delta): ChatEvent => ({ type: 'delta', index, text: delta })),
    { type: 'part-end', index },
  ];
}

describe('a stream for clients of the Responses API', () => {
  it('has the whole sequence of events', () => {
    const events = write([...answerEvents(decodeAnswer(unaryAnswer))]);
    expect(events.map(({ type }) => String(type).replace('response.', ''))).toEqual([
      ...['created', 'in_progress'],
      ...['output_item.added', 'reasoning_summary_part.added', 'reasoning_summary_text.delta'],
      ...['reasoning_summary_text.done', 'reasoning_summary_part.done', 'output_item.done'],
      ...['output_item.added', 'content_part.added', 'output_text.delta', 'output_text.annotation.added'],
      ...['output_text.done', 'content_part.done', 'output_item.done'],
      ...[
        'output_item.added',
        'content_part.added',
        'refusal.delta',
        'refusal.done',
        'content_part.done',
        'output_item.done',
      ],
      ...['output_item.added', 'function_call_arguments.delta', 'function_call_arguments.done', 'output_item.done'],
      ...['output_item.added', 'custom_tool_call_input.delta', 'custom_tool_call_input.done', 'output_item.done'],
      ...['output_item.added', 'output_item.done'],
      'completed',
    ]);
    expect(events.map((event) => event['sequence_number'])).toEqual(events.map((_, index) => index));
  });

  it('gives each item one id and one place', () => {
    const events = write([start, ...text(0, 'Hello, ', 'world'), ...text(1, '!'), finish('stop'), end]);
    const places = new Map<unknown, unknown>();
    for (const event of events) {
      const id = event['item_id'] ?? (event['item'] as { id?: string } | undefined)?.id;
      if (id === undefined) continue;
      expect(places.get(id) ?? event['output_index']).toBe(event['output_index']);
      places.set(id, event['output_index']);
    }
    expect([...places]).toEqual([
      ['msg_gwx1_0', 0],
      ['msg_gwx1_1', 1],
    ]);
    expect(events.filter(({ type }) => type === 'response.output_text.delta')).toMatchObject([
      { delta: 'Hello, ', content_index: 0, logprobs: [] },
      { delta: 'world' },
      { delta: '!' },
    ]);
  });

  it('says what was asked for', () => {
    const request = requestOf({
      turns: [{ role: 'system', parts: [{ type: 'text', text: 'Be brief.' }], isInstructions: true }],
      tools: [{ type: 'function', name: 'f', description: undefined, schema: { type: 'object' }, strict: true }],
      temperature: 0.5,
      reasoning: { mode: undefined, effort: 'low', budgetTokens: undefined, summary: 'auto' },
    });
    const [first, ...rest] = write([start, ...text(0, 'Hi'), finish('stop'), end], contextOf({ request }));
    const asked = {
      instructions: 'Be brief.',
      tools: [{ type: 'function', name: 'f', parameters: { type: 'object' }, strict: true }],
      temperature: 0.5,
      reasoning: { effort: 'low', summary: 'auto' },
      tool_choice: 'auto',
      error: null,
    };
    const common = { id: 'resp_gwx1', object: 'response', created_at: 1700000000, model: 'claude' };
    expect(first).toMatchObject({ response: { ...asked, ...common, status: 'in_progress', output: [], usage: null } });
    expect(rest.at(-1)).toMatchObject({ response: { ...asked, ...common, status: 'completed' } });
  });

  it.each([
    ['length', 'max_output_tokens'],
    ['content-filter', 'content_filter'],
  ] as const)('is incomplete when it ended by %s', (reason, word) => {
    const events = write([start, ...text(0, 'a'), ...text(1, 'b'), finish(reason), end]);
    const statuses = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);
    expect(statuses).toMatchObject([{ status: 'completed' }, { status: 'incomplete' }]);
    expect(events.at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: { reason: word } },
    });
  });

  it('has no end without the answer’s end', () => {
    const types = write([start, ...text(0, 'a'), finish('stop')]).map(({ type }) => type);
    expect(types.at(-1)).toBe('response.output_item.done');
  });

  it('leaves out what the wire has no words for', () => {
    const foreign: ChatEvent[] = [
      {
        type: 'part-start',
        index: 0,
        choice: 0,
        part: { type: 'foreign', origin: 'gemini', value: {}, name: 'executableCode', path: '' },
      },
      { type: 'part-end', index: 0 },
    ];
    const events = write([start, ...foreign, ...text(1, 'a'), finish('stop'), end]);
    expect(events.at(-1)).toMatchObject({ response: { output: [{ id: 'msg_gwx1_0' }] } });
  });

  it('gives log probabilities with their deltas', () => {
    const logprobs = { content: [{ token: 'a', logprob: -1, bytes: [97], top_logprobs: [] }] };
    const before: ChatEvent = { type: 'logprobs', choice: 0, logprobs };
    const [open, delta, close] = text(0, 'a');
    const events = write([start, open!, before, delta!, close!, before, finish('stop'), end]);
    expect(events.find(({ type }) => type === 'response.output_text.delta')).toMatchObject({
      logprobs: logprobs.content,
    });
    const twice = [...logprobs.content, ...logprobs.content];
    expect(events.at(-1)).toMatchObject({ response: { output: [{ content: [{ logprobs: twice }] }] } });
  });
});

describe('an answer that another wire ended as refused', () => {
  it.each(['refusal', undefined])('passed for a whole one (%s)', (raw) => {
    const refused: ChatEvent = { type: 'finish', choice: 0, finish: { reason: 'refusal', raw } };
    const events = write([start, ...text(0, 'Half of'), refused, end]);
    const details = { reason: 'content_filter' };
    expect(events.at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: details, output: [{ status: 'incomplete' }] },
    });
  });

  it('is whole where its words are the answer', () => {
    const refused: ChatEvent = { type: 'finish', choice: 0, finish: { reason: 'refusal', raw: 'completed' } };
    expect(write([start, ...text(0, 'No.'), refused, end]).at(-1)).toMatchObject({ type: 'response.completed' });
  });
});
