import { describe, expect, it } from 'vitest';
import type { ChatRequest, Part, Turn } from '../../canonical/conversation.ts';
import cohereChat from './protocol.ts';
import { bodyOf, emptyRequest, encodeRequest } from './stream.fixture.ts';
import { errorOf } from './thrown.fixture.ts';

function withTurns(...turns: Turn[]): ChatRequest {
  return { ...emptyRequest, origin: 'openai-chat', turns };
}

const user = (...parts: Part[]): Turn => ({ role: 'user', parts });
const assistant = (...parts: Part[]): Turn => ({ role: 'assistant', parts });
const text = (text: string): Part => ({ type: 'text', text });
const call = (id: string): Part => ({ type: 'tool-call', id, name: `f_${id}`, arguments: '{}', kind: 'function' });

describe('a request of another wire', () => {
  const messagesOf = (...turns: Turn[]) => encodeRequest(withTurns(...turns))['messages'];

  it('has text before its calls as their plan', () => {
    expect(messagesOf(user(text('Hi')), assistant(text('First.'), text('I look.'), call('a')))).toEqual([
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: [{ type: 'text', text: 'First.' }],
        tool_plan: 'I look.',
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'f_a', arguments: '{}' } }],
      },
    ]);
  });

  it('lost what another model had shown in its answer', () => {
    const image: Part = { type: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'aGk=' }, path: 'p' };
    const spoken: Part = {
      type: 'audio',
      source: { kind: 'data', mediaType: 'audio/wav', data: 'aGk=' },
      transcript: 'Said.',
    };
    expect(messagesOf(user(text('Draw!')), assistant(text('Here:'), image), assistant(spoken))).toEqual([
      { role: 'user', content: 'Draw!' },
      { role: 'assistant', content: [{ type: 'text', text: 'Here:' }] },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } }] },
      { role: 'assistant', content: [{ type: 'text', text: 'Said.' }] },
    ]);
    const unsaid: Part = { ...image, type: 'video' };
    for (const parts of [[image, call('a')], [unsaid]]) {
      expect(errorOf(() => messagesOf(assistant(...parts)))).toMatchObject({ kind: 'invalid_request', param: 'p' });
    }
  });

  it('keeps Cohere’s thinking and no other’s, and leaves out what is empty', () => {
    const sealed = { origin: 'gemini', value: 'x' } as const;
    expect(
      messagesOf(
        user(text('Hi')),
        assistant({ type: 'reasoning', text: 'Secret.', signature: sealed }),
        assistant({ type: 'reasoning', text: 'Open.' }, text('Yes.')),
        { role: 'developer', parts: [text('Rhyme.')] },
      ),
    ).toEqual([
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Open.' },
          { type: 'text', text: 'Yes.' },
        ],
      },
      { role: 'system', content: 'Rhyme.' },
    ]);
  });

  it('has results first, then the images in them, then what the user says', () => {
    const image: Part = { type: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'AAAA' } };
    const result = (callId: string, content: (typeof image | { type: 'text'; text: string })[]): Part => ({
      type: 'tool-result',
      callId,
      name: 'f',
      content,
      isError: false,
      kind: 'function',
    });
    const turn = user(text('And?'), result('a', [{ type: 'text', text: 'See' }, image]), result('b', []));
    expect(messagesOf(turn)).toEqual([
      { role: 'tool', tool_call_id: 'a', content: 'See' },
      { role: 'tool', tool_call_id: 'b', content: '' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Images of the result of f a:' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          { type: 'text', text: 'And?' },
        ],
      },
    ]);
  });

  it('has documents that are only to be read where they stand', () => {
    const source = { kind: 'text', mediaType: 'text/plain', text: 'So.' } as const;
    expect(messagesOf(user({ type: 'document', name: 'a "b"', source }, text('Hm?')))).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: '<document title="a \\"b\\"">\nSo.\n</document>' },
          { type: 'text', text: 'Hm?' },
        ],
      },
    ]);
  });

  it.each<[string, Part]>([
    ['a part', { type: 'foreign', origin: 'gemini', value: {}, name: 'executableCode', path: 'contents[0].parts[0]' }],
    [
      'a file',
      { type: 'image', source: { kind: 'file', id: 'f', origin: 'openai-chat' }, path: 'contents[0].parts[0]' },
    ],
  ])('cannot have %s that only another provider knows', (_, part) => {
    expect(errorOf(() => messagesOf(user(part)))).toMatchObject({
      kind: 'invalid_request',
      param: 'contents[0].parts[0]',
    });
  });

  it('chooses tools by offering no others', () => {
    const tool = (name: string, strict?: boolean) =>
      ({ type: 'function', name, description: undefined, schema: undefined, strict }) as const;
    const request = { ...emptyRequest, tools: [tool('f', true), tool('g')] };
    const named = (choice: ChatRequest['toolChoice']) => {
      const { tools, tool_choice, strict_tools } = encodeRequest({ ...request, toolChoice: choice });
      const names = (tools as readonly { function: { name: string } }[]).map((one) => one.function.name);
      return [names, tool_choice, strict_tools];
    };
    expect(named(undefined)).toEqual([['f', 'g'], undefined, undefined]);
    expect(named({ type: 'auto' })).toEqual([['f', 'g'], undefined, undefined]);
    expect(named({ type: 'none' })).toEqual([['f', 'g'], 'NONE', undefined]);
    expect(named({ type: 'tool', name: 'f' })).toEqual([['f'], 'REQUIRED', true]);
    expect(named({ type: 'allowed', mode: 'auto', names: ['g'] })).toEqual([['g'], undefined, undefined]);
    expect(encodeRequest({ ...emptyRequest, toolChoice: { type: 'required' } })).not.toHaveProperty('tool_choice');
  });

  it('stays within what Cohere takes', () => {
    const { temperature, p, k, frequency_penalty, thinking } = encodeRequest({
      ...emptyRequest,
      temperature: 1.5,
      topP: 1,
      topK: 1000,
      frequencyPenalty: -1,
      reasoning: { mode: undefined, effort: 'high', budgetTokens: undefined, summary: 'auto' },
    });
    expect({ temperature, p, k, frequency_penalty, thinking }).toEqual({
      temperature: 1,
      p: 0.99,
      k: 500,
      frequency_penalty: 0,
      thinking: { type: 'enabled', token_budget: 24_576 },
    });
  });

  it.each<[Partial<ChatRequest['reasoning']> & object, object | undefined]>([
    [{ summary: 'auto' }, undefined],
    [{ effort: 'none' }, { type: 'disabled' }],
    [{ mode: 'off', budgetTokens: 5 }, { type: 'disabled' }],
    [{ mode: 'adaptive' }, { type: 'enabled' }],
    [
      { mode: 'on', budgetTokens: 9 },
      { type: 'enabled', token_budget: 9 },
    ],
  ])('thinks as %j asks', (wish, thinking) => {
    const reasoning = { mode: undefined, effort: undefined, budgetTokens: undefined, summary: undefined, ...wish };
    expect(encodeRequest({ ...emptyRequest, reasoning })['thinking']).toEqual(thinking);
  });

  it('leaves out and renames what a provider takes otherwise', () => {
    const quirks = { refusedMembers: ['k'], renamedMembers: { seed: 'random_seed' } };
    const context = { model: undefined, quirks, defaultMaxOutputTokens: 1 };
    const request = { ...emptyRequest, topK: 4, seed: 7 };
    expect(bodyOf(cohereChat.upstream.encodeRequest(request, context).toString())).toEqual({
      messages: [{ role: 'user', content: 'Hi' }],
      stream: false,
      random_seed: 7,
    });
  });
});
