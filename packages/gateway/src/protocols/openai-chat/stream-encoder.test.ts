import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../canonical/chat-event.ts';
import { answerContext } from './decode-events.fixture.ts';
import { ChatStreamEncoder } from './stream-encoder.ts';

const start: ChatEvent = { type: 'start', id: 'c-1', model: 'm', created: 5, serviceTier: undefined };
const head = { id: 'c-1', object: 'chat.completion.chunk', created: 5, model: 'm' };
const finish: ChatEvent = { type: 'finish', choice: 0, finish: { reason: 'stop', raw: 'end_turn' } };

function write(events: readonly ChatEvent[], context = answerContext()): unknown[] {
  const encoder = new ChatStreamEncoder(context);
  const text = Buffer.concat(events.map((event) => encoder.push(event))).toString('utf8');
  return text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => (event === 'data: [DONE]' ? '[DONE]' : JSON.parse(event.replace(/^data: /, ''))));
}

const chunk = (delta: unknown, finishReason: string | null = null) => ({
  ...head,
  choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
});

describe('ChatStreamEncoder', () => {
  const text: ChatEvent[] = [
    start,
    { type: 'part-start', index: 0, choice: 0, part: { type: 'text' } },
    { type: 'delta', index: 0, text: 'Hi "you"\n' },
    { type: 'part-end', index: 0 },
    finish,
  ];

  it('writes a text', () => {
    expect(
      write([...text, { type: 'usage', usage: { input: 3, output: 4, cachedInput: 1 } }, { type: 'end' }]),
    ).toEqual([
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'Hi "you"\n' }),
      chunk({}, 'stop'),
      {
        ...head,
        choices: [],
        usage: {
          prompt_tokens: 3,
          completion_tokens: 4,
          total_tokens: 7,
          prompt_tokens_details: { cached_tokens: 1 },
        },
      },
      '[DONE]',
    ]);
  });

  it('tells usage only who asked for it', () => {
    const usage: ChatEvent = { type: 'usage', usage: { input: 3, output: 4 } };
    const written = write([...text, usage, { type: 'end' }], { ...answerContext(), includeUsage: false });
    expect(JSON.stringify(written)).not.toContain('usage');
    expect(written.at(-1)).toBe('[DONE]');
  });

  it('writes no terminator without an end', () => {
    expect(write(text)).not.toContain('[DONE]');
  });

  it('writes reasoning twice where it has a signature', () => {
    const events: ChatEvent[] = [
      start,
      { type: 'part-start', index: 0, choice: 0, part: { type: 'reasoning' } },
      { type: 'delta', index: 0, text: 'I ' },
      { type: 'delta', index: 0, text: 'see' },
      { type: 'signature', index: 0, signature: { origin: 'anthropic-messages', value: 'c2ln' } },
      { type: 'part-end', index: 0 },
    ];
    expect(write(events)).toEqual([
      chunk({ role: 'assistant', content: '' }),
      chunk({ reasoning_content: 'I ' }),
      chunk({ reasoning_content: 'see' }),
      chunk({
        reasoning_details: [
          {
            type: 'reasoning.text',
            text: 'I see',
            signature: 'gw-sig:anthropic-messages:c2ln',
            format: 'anthropic-claude-v1',
            index: 0,
          },
        ],
      }),
    ]);
  });

  it('has a function in the piece of a call that brings its signature', () => {
    const events: ChatEvent[] = [
      start,
      { type: 'part-start', index: 0, choice: 0, part: { type: 'tool-call', id: 'a', name: 'f', kind: 'function' } },
      { type: 'signature', index: 0, signature: { origin: 'gemini', value: 'c2ln' } },
    ];
    const signed = { index: 0, function: { arguments: '' }, extra_content: expect.anything() };
    expect(write(events).at(-1)).toEqual(chunk({ tool_calls: [signed] }));
  });

  it('numbers calls', () => {
    const call = (index: number, id: string): ChatEvent[] => [
      { type: 'part-start', index, choice: 0, part: { type: 'tool-call', id, name: 'f', kind: 'function' } },
      { type: 'delta', index, text: '{}' },
      { type: 'part-end', index },
    ];
    const begun = (index: number, id: string) => ({
      index,
      id,
      type: 'function',
      function: { name: 'f', arguments: '' },
    });
    expect(write([start, ...call(0, 'a'), ...call(1, 'b')])).toEqual([
      chunk({ role: 'assistant', tool_calls: [begun(0, 'a')] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] }),
      chunk({ tool_calls: [begun(1, 'b')] }),
      chunk({ tool_calls: [{ index: 1, function: { arguments: '{}' } }] }),
    ]);
    expect(
      write([start, ...call(0, 'a'), ...call(1, 'b'), finish], answerContext({ singleFunctionCalls: true })),
    ).toEqual([
      chunk({ role: 'assistant', function_call: { name: 'f', arguments: '' } }),
      chunk({ function_call: { arguments: '{}' } }),
      chunk({}, 'stop'),
    ]);
  });

  it('uses the names of the exchange where the upstream gave none', () => {
    const nameless: ChatEvent = {
      type: 'start',
      id: undefined,
      model: undefined,
      created: undefined,
      serviceTier: 'flex',
    };
    expect(write([nameless, finish])).toEqual([
      {
        id: 'chatcmpl-x1',
        object: 'chat.completion.chunk',
        created: 7,
        model: 'asked',
        choices: [{ index: 0, delta: { role: 'assistant' }, logprobs: null, finish_reason: 'stop' }],
        service_tier: 'flex',
      },
    ]);
  });
});
