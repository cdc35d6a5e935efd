import { describe, expect, it } from 'vitest';
import { answerEvents } from '../../canonical/answer-events.ts';
import type { ChatEvent } from '../../canonical/chat-event.ts';
import { collectAnswer } from '../../canonical/collect-answer.ts';
import type { Part } from '../../canonical/conversation.ts';
import { decodeRequest, decodeStream, encodeEvents, eventsOf } from './messages.fixture.ts';
import { search, toolUse } from './stream.fixture.ts';

const start: ChatEvent = { type: 'start', id: 'a1', model: 'm1', created: 5, serviceTier: undefined };
const finish: ChatEvent = { type: 'finish', choice: 0, finish: { reason: 'stop', raw: 'stop' } };
const end: ChatEvent = { type: 'end' };

describe('streams written', () => {
  it.each([toolUse, search])('decode to what they were', ({ stream }) => {
    // An empty block waits for its first words, and a ping does not.
    const events = decodeStream(stream).filter(({ type }) => type !== 'ping');
    expect(decodeStream(encodeEvents(events))).toEqual(events);
  });

  it('name every event as its data does', () => {
    const written = encodeEvents(decodeStream(toolUse.stream));
    for (const frame of written.trimEnd().split('\n\n')) {
      const [, name, type] = /^event: (\w+)\ndata: \{"type": ?"(\w+)"/.exec(frame) ?? [];
      expect(name).toBe(type);
    }
  });

  it('have no terminator before the end', () => {
    const written = encodeEvents(decodeStream(toolUse.stream).filter(({ type }) => type !== 'end'));
    expect(written).not.toMatch(/message_stop|message_delta/);
  });
});

describe('usage', () => {
  const usage: ChatEvent = { type: 'usage', usage: { input: 10, cachedInput: 4, output: 3 } };

  it('that comes at the end is 0 in message_start and whole in message_delta', () => {
    const events = eventsOf(encodeEvents([start, finish, usage, end]));
    expect(events[0]).toMatchObject({
      message: {
        usage: { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 },
      },
    });
    expect(events[1]).toMatchObject({
      usage: { input_tokens: 6, cache_creation_input_tokens: 0, cache_read_input_tokens: 4, output_tokens: 3 },
    });
  });

  it('that comes at once stands in message_start', () => {
    const events = eventsOf(encodeEvents([start, usage, finish, end]));
    expect(events.map(({ type }) => type)).toEqual(['message_start', 'message_delta', 'message_stop']);
    expect(events[0]).toMatchObject({ message: { usage: { input_tokens: 6, cache_read_input_tokens: 4 } } });
  });
});

describe('parts of other wires', () => {
  const written = (parts: readonly Part[]) => {
    const choice = { index: 0, parts, finish: { reason: 'stop', raw: 'STOP' } as const, logprobs: undefined };
    const answer = { id: 'a1', model: 'm1', created: 5, serviceTier: undefined, usage: undefined, choices: [choice] };
    return eventsOf(encodeEvents(answerEvents(answer)));
  };

  it('become no block where they are empty, of another choice, or unknown', () => {
    const image: Part = { type: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'AA==' } };
    const foreign: Part = { type: 'foreign', origin: 'gemini', value: {}, name: 'executableCode', path: '' };
    const events = written([{ type: 'text', text: '' }, { type: 'reasoning', text: '' }, image, foreign]);
    expect(events.map(({ type }) => type)).toEqual(['message_start', 'message_delta', 'message_stop']);
  });

  it('number their blocks without gaps, and say tool_use where a call is', () => {
    const call: Part = { type: 'tool-call', id: 'call:1', name: 'f', arguments: '{"a":1.0}', kind: 'function' };
    const events = written([{ type: 'text', text: '' }, { type: 'refusal', text: 'No.' }, call]);
    const indices = events.filter(({ type }) => type === 'content_block_start').map(({ index }) => index);
    expect(indices).toEqual([0, 1]);
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: 'tool_use' } });
    const begun = events.find(({ index, type }) => index === 1 && type === 'content_block_start');
    expect(begun).toMatchObject({ content_block: { id: expect.stringMatching(/^toolu_[0-9a-f]{24}$/) } });
  });

  it('that are calls with free text have it as an argument', () => {
    const call: Part = { type: 'tool-call', id: 'c1', name: 'f', arguments: 'a "b"', kind: 'custom' };
    const delta = written([call]).find(({ type }) => type === 'content_block_delta');
    expect(delta?.['delta']).toEqual({ type: 'input_json_delta', partial_json: '{"input":"a \\"b\\""}' });
  });

  it('of other choices may come between', () => {
    const text = { type: 'text' } as const;
    const stream = encodeEvents([
      start,
      { type: 'part-start', index: 0, choice: 0, part: text },
      { type: 'delta', index: 0, text: 'A' },
      { type: 'part-start', index: 1, choice: 1, part: text },
      { type: 'delta', index: 1, text: 'X' },
      { type: 'delta', index: 0, text: 'B' },
      { type: 'part-end', index: 1 },
      { type: 'part-end', index: 0 },
      { type: 'finish', choice: 1, finish: { reason: 'length', raw: 'length' } },
      finish,
      end,
    ]);
    const { parts, finish: last } = collectAnswer(decodeStream(stream)).choices[0]!;
    expect(parts).toEqual([{ type: 'text', text: 'AB' }]);
    expect(last.reason).toBe('stop');
  });

  it('carry the tokens of other providers there and back', () => {
    const signature = { origin: 'gemini', value: 'CiQB+/=' } as const;
    const call: Part = { type: 'tool-call', id: 'c1', name: 'f', arguments: '{}', kind: 'function', signature };
    const thought: Part = { type: 'reasoning', text: 'Hm.', signature };
    const hidden: Part = { type: 'reasoning', text: '', isRedacted: true, signature };
    const text: Part = { type: 'text', text: 'Yes.', signature };
    const content: unknown[] = [];
    for (const event of written([thought, hidden, text, call])) {
      if (event['type'] === 'content_block_start') content.push(event['content_block']);
      const delta = event['delta'] as Record<string, unknown> | undefined;
      const block = content.at(-1) as Record<string, unknown>;
      for (const key of ['text', 'thinking', 'signature']) if (delta?.[key]) block[key] = delta[key];
    }
    const request = decodeRequest({ messages: [{ role: 'assistant', content }] });
    expect(request.turns[0]?.parts).toEqual([thought, hidden, text, call]);
  });

  it('are collected again as they were told', () => {
    const parts: Part[] = [
      { type: 'reasoning', text: 'Hm.', signature: { origin: 'openai-responses', value: 'gAAAA' } },
      { type: 'text', text: 'Yes.' },
    ];
    const events = encodeEvents(
      answerEvents({
        ...{ id: 'a1', model: 'm1', created: undefined, serviceTier: 'default', usage: { input: 3, output: 4 } },
        choices: [{ index: 0, parts, finish: { reason: 'length', raw: 'max_tokens' }, logprobs: undefined }],
      }),
    );
    expect(collectAnswer(decodeStream(events)).choices[0]?.parts).toEqual(parts);
  });
});
