import { describe, expect, it } from 'vitest';
import type { ChatRequest, Part, Turn } from '../../canonical/conversation.ts';
import { encodeRequest, foreignRequest } from './messages.fixture.ts';
import anthropic from './protocol.ts';

const text = (value: string): Part => ({ type: 'text', text: value });
const user = (...parts: readonly Part[]): Turn => ({ role: 'user', parts });
const assistant = (...parts: readonly Part[]): Turn => ({ role: 'assistant', parts });
const system = (value: string): Turn => ({ role: 'system', parts: [text(value)] });
const call = (id: string): Part => ({ type: 'tool-call', id, name: 'f', arguments: '{"a":1}', kind: 'function' });
const result = (callId: string, value: string): Part => ({
  ...{ type: 'tool-result', callId, name: 'f', isError: false, kind: 'function' },
  content: [{ type: 'text', text: value }],
});
const block = (value: string) => ({ type: 'text', text: value });

/** System text and messages that an upstream gets. */
function sent(...turns: readonly Turn[]) {
  const { system: top, messages } = encodeRequest(foreignRequest({ turns }));
  return { system: top, messages };
}

function sentOptions(members: Partial<ChatRequest>, model?: string) {
  return encodeRequest(foreignRequest(members), model);
}

describe('turns', () => {
  it('have system text at the top, or in its place as a reminder', () => {
    const turns = [
      system('A'),
      { ...system('B'), role: 'developer' } as Turn,
      user(text('1')),
      system('C'),
      user(text('2')),
    ];
    expect(sent(...turns)).toEqual({
      system: [block('A'), block('B')],
      messages: [
        {
          role: 'user',
          content: [block('1'), block('<system-reminder>\nC\n</system-reminder>'), block('2')],
        },
      ],
    });
  });

  it('are merged, begin with the user, and hold no empty texts', () => {
    const turns = [assistant(text('1')), assistant(text('')), user(text(' ')), assistant(text('2')), user(text('3'))];
    expect(sent(...turns).messages).toEqual([
      { role: 'user', content: [block('Begin.')] },
      { role: 'assistant', content: [block('1'), block('2')] },
      { role: 'user', content: [block('3')] },
    ]);
  });

  it('have results before anything else, and ids that both sides agree on', () => {
    const turns = [
      user(text('1')),
      assistant(call('f:0'), call('b')),
      system('C'),
      user(text('2'), result('f:0', 'x'), result('b', '')),
    ];
    const { messages } = sent(...turns) as { messages: { content: Record<string, unknown>[] }[] };
    const id = messages[1]?.content[0]?.['id'];
    expect(id).toMatch(/^[a-zA-Z0-9_-]+$/);
    expect(messages[2]?.content).toEqual([
      { type: 'tool_result', tool_use_id: id, content: [block('x')] },
      { type: 'tool_result', tool_use_id: 'b' },
      block('<system-reminder>\nC\n</system-reminder>'),
      block('2'),
    ]);
  });

  it('have a result for every call, even one that was never answered', () => {
    expect(sent(user(text('1')), assistant(text('\n'), call('a')), user(text('5'))).messages).toMatchObject([
      {},
      { content: [{ type: 'tool_use' }] },
      { content: [{ type: 'tool_result', tool_use_id: 'a' }, block('5')] },
    ]);
  });

  it('have the words of what a model spoke, and blanks only between words', () => {
    const source = { kind: 'file', id: 'audio_1', origin: 'openai-chat' } as const;
    const spoken: Part = { type: 'audio', source, transcript: 'A' };
    expect(sent(user(text('1')), assistant(spoken, text(' '), text('B'), text(' ')), user(text('2'))).messages).toEqual(
      [
        { role: 'user', content: [block('1')] },
        { role: 'assistant', content: [block('A'), block(' '), block('B')] },
        { role: 'user', content: [block('2')] },
      ],
    );
  });

  it('do not end in white space, and do not end empty', () => {
    expect(sent(user(text('1')), assistant(text('So \n'))).messages).toMatchObject([{}, { content: [block('So')] }]);
    expect(sent(user(text('1')), assistant(text(' \n'))).messages).toHaveLength(1);
  });

  it('keep thinking that the provider signed, and no other', () => {
    const own: Part = { type: 'reasoning', text: 'A', signature: { origin: 'anthropic-messages', value: 'Eq' } };
    const hidden: Part = { ...own, text: '', isRedacted: true };
    const foreign: Part = { type: 'reasoning', text: 'B', signature: { origin: 'gemini', value: 'Cg' } };
    const bare: Part = { type: 'reasoning', text: 'C' };
    expect(sent(user(text('1')), assistant(own, hidden, foreign, bare, text('2'))).messages).toMatchObject([
      {},
      {
        content: [
          { type: 'thinking', thinking: 'A', signature: 'Eq' },
          { type: 'redacted_thinking', data: 'Eq' },
          block('2'),
        ],
      },
    ]);
  });

  it('have images that a model made in the next turn of the user', () => {
    const image: Part = { type: 'image', source: { kind: 'data', mediaType: 'image/jpg', data: 'AA==' } };
    const source = { type: 'base64', media_type: 'image/jpeg', data: 'AA==' };
    expect(sent(user(text('1')), assistant(text('2'), image), user(text('3'))).messages).toMatchObject([
      {},
      { role: 'assistant', content: [block('2')] },
      { role: 'user', content: [{ type: 'image', source }, block('3')] },
    ]);
  });

  it('have documents as the provider takes them', () => {
    const document = (mediaType: string): Part => ({
      ...{ type: 'document', source: { kind: 'data', mediaType, data: 'QQ==' } },
      ...{ name: 'a', path: 'messages[0].content[0]' },
    });
    expect(sent(user(document('text/csv; charset=utf-8'), document('application/pdf'))).messages).toMatchObject([
      {
        content: [
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'A' }, title: 'a' },
          { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'QQ==' } },
        ],
      },
    ]);
    const refused = expect.objectContaining({ kind: 'invalid_request', param: 'messages[0].content[0]' });
    expect(() => sent(user(document('application/msword')))).toThrow(refused);
    const foreign: Part = { type: 'foreign', origin: 'gemini', value: {}, name: 'x', path: 'messages[0].content[0]' };
    expect(() => sent(user(foreign))).toThrow(refused);
  });

  it('have failures that say something, and arguments that are objects', () => {
    const failed: Part = { ...result('a', ''), isError: true } as Part;
    const custom: Part = { type: 'tool-call', id: 'a', name: 'f', arguments: 'x=1', kind: 'custom' };
    expect(sent(user(text('1')), assistant(custom), user(failed)).messages).toMatchObject([
      {},
      { content: [{ type: 'tool_use', input: { input: 'x=1' } }] },
      { content: [{ type: 'tool_result', is_error: true, content: [block('Error')] }] },
    ]);
  });
});

describe('tools', () => {
  const tools: ChatRequest['tools'] = ['f', 'g'].map((name) => ({
    ...{ type: 'function', name, description: undefined, schema: undefined, strict: undefined },
  }));

  it('have a schema of an object', () => {
    const schema = { properties: { a: { type: 'integer', minimum: 1 } } };
    const strict: ChatRequest['tools'][number] = { ...tools[0]!, type: 'function', schema, strict: true } as never;
    expect(sentOptions({ tools: [...tools, strict] })['tools']).toEqual([
      { name: 'f', input_schema: { type: 'object', properties: {} } },
      { name: 'g', input_schema: { type: 'object', properties: {} } },
      {
        name: 'f',
        strict: true,
        input_schema: {
          type: 'object',
          properties: { a: { type: 'integer', description: '{"minimum":1}' } },
          additionalProperties: false,
        },
      },
    ]);
  });

  it.each([
    [{ toolChoice: { type: 'required' } }, { type: 'any' }],
    [
      { toolChoice: { type: 'tool', name: 'f' }, parallelToolCalls: false },
      { type: 'tool', name: 'f', disable_parallel_tool_use: true },
    ],
    [{ parallelToolCalls: false }, { type: 'auto', disable_parallel_tool_use: true }],
    [{ toolChoice: { type: 'none' }, parallelToolCalls: false }, { type: 'none' }],
    [{}, undefined],
  ] as const)('are chosen: %j', (members, tool_choice) => {
    expect(sentOptions({ tools, ...members })['tool_choice']).toEqual(tool_choice);
    expect(sentOptions({ tools: [], ...members })['tool_choice']).toBeUndefined();
  });

  it('are only those that are allowed', () => {
    const body = sentOptions({ tools, toolChoice: { type: 'allowed', mode: 'required', names: ['g'] } });
    expect(body).toMatchObject({ tools: [{ name: 'g' }], tool_choice: { type: 'any' } });
  });

  it('of another provider are refused', () => {
    const builtin = { type: 'builtin', origin: 'openai-responses', name: 'web_search', value: {} } as const;
    expect(() => sentOptions({ tools: [builtin] })).toThrow(/web_search/);
  });
});

describe('options', () => {
  it('are the wire’s own', () => {
    const members = { temperature: 1.7, stopSequences: ['x'], user: 'u', serviceTier: 'default', stream: true };
    expect(sentOptions(members)).toMatchObject({
      ...{ model: 'claude-sonnet-4-5', max_tokens: 4096, temperature: 1, stop_sequences: ['x'], stream: true },
      ...{ metadata: { user_id: 'u' }, service_tier: 'standard_only' },
    });
  });

  it('leave out what goes not together, or not with the model', () => {
    expect(sentOptions({ temperature: 0.5, topP: 0.9, topK: 5 })).toMatchObject({ temperature: 0.5, top_k: 5 });
    expect(sentOptions({ temperature: 0.5, topP: 0.9 })).not.toHaveProperty('top_p');
    const newest = sentOptions({ temperature: 0.5, topP: 0.9, topK: 5 }, 'claude-opus-4-7');
    expect(Object.keys(newest)).toEqual(['model', 'max_tokens', 'messages']);
    expect(sentOptions({ user: 'u'.repeat(257) })).not.toHaveProperty('metadata');
  });

  it('ask for JSON in words, and for a schema by a closed one', () => {
    expect(sentOptions({ outputFormat: { type: 'json' } })['system']).toEqual([
      block(expect.stringContaining('JSON') as never),
    ]);
    const schema = { type: 'object', properties: { a: { type: 'object' } } };
    const outputFormat = { type: 'json-schema', name: 'n', description: undefined, schema, strict: true } as const;
    expect(sentOptions({ outputFormat })['output_config']).toEqual({
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: { a: { type: 'object', additionalProperties: false } },
          additionalProperties: false,
        },
      },
    });
  });

  it('obey the quirks of a provider', () => {
    const request = foreignRequest({ temperature: 0.5, topK: 3 });
    const quirks = { refusedMembers: ['top_k'], renamedMembers: { temperature: 'heat' } };
    const context = { model: undefined, quirks, defaultMaxOutputTokens: 5 };
    const body = JSON.parse(anthropic.upstream.encodeRequest(request, context).toString()) as object;
    expect(Object.keys(body)).toEqual(['max_tokens', 'messages', 'heat']);
  });
});
