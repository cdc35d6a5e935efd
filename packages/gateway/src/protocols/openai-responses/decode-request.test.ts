import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { decodeRequest } from './decode-request.ts';
import { readFacts } from './read-facts.ts';

function decode(body: JsonObject) {
  return decodeRequest(body, readFacts(body));
}

function errorOf(body: JsonObject): GatewayError {
  try {
    decode(body);
  } catch (error) {
    if (error instanceof GatewayError) return error;
  }
  throw new Error('It was accepted.');
}

describe('a request of the Responses API', () => {
  it('may be a string', () => {
    expect(decode({ model: 'm', input: 'Hi' }).turns).toEqual([
      { role: 'user', parts: [{ type: 'text', text: 'Hi' }] },
    ]);
  });

  it('as Codex sends it', () => {
    const request = decode({
      model: 'm',
      stream: true,
      input: [
        { type: 'message', role: 'developer', id: 'a', content: [{ type: 'input_text', text: 'Rules' }] },
        { type: 'message', role: 'user', id: 'b', content: [{ type: 'input_text', text: 'List files' }] },
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'ls' }], encrypted_content: 'gAAA' },
        {
          type: 'function_call',
          id: 'fc_1',
          name: 'shell',
          arguments: '{"cmd":"ls"}',
          call_id: 'c1',
          status: 'completed',
        },
        { type: 'function_call', id: 'fc_2', name: 'shell', arguments: '{"cmd":"pwd"}', call_id: 'c2' },
        { type: 'function_call_output', id: 'o1', call_id: 'c1', output: 'a.txt' },
        { type: 'function_call_output', call_id: 'c2', output: [{ type: 'input_text', text: '/w' }] },
      ],
      tools: [
        { type: 'function', name: 'shell', description: 'Runs', strict: false, parameters: { type: 'object' } },
        { type: 'namespace', name: 'agents', tools: [] },
        { type: 'web_search' },
      ],
      tool_choice: 'auto',
      parallel_tool_calls: true,
      reasoning: { summary: 'auto' },
      store: false,
      include: ['reasoning.encrypted_content'],
      prompt_cache_key: 'k',
      client_metadata: { a: 'b' },
    });
    const result = { type: 'tool-result', name: 'shell', isError: false, kind: 'function' };
    expect(request.turns).toEqual([
      { role: 'developer', parts: [{ type: 'text', text: 'Rules' }] },
      { role: 'user', parts: [{ type: 'text', text: 'List files' }] },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 'ls', id: 'rs_1', signature: { origin: 'openai-responses', value: 'gAAA' } },
          { type: 'tool-call', id: 'c1', name: 'shell', arguments: '{"cmd":"ls"}', kind: 'function' },
          { type: 'tool-call', id: 'c2', name: 'shell', arguments: '{"cmd":"pwd"}', kind: 'function' },
        ],
      },
      {
        role: 'user',
        parts: [
          { ...result, callId: 'c1', content: [{ type: 'text', text: 'a.txt' }] },
          { ...result, callId: 'c2', content: [{ type: 'text', text: '/w' }] },
        ],
      },
    ]);
    expect(request).toMatchObject({
      stream: true,
      encryptedReasoning: true,
      store: false,
      unknownMembers: [],
      reasoning: { mode: undefined, effort: undefined, summary: 'auto' },
      tools: [{ type: 'function' }, { type: 'builtin', name: 'namespace' }, { type: 'builtin', name: 'web_search' }],
    });
  });

  it('shows images, files and sounds', () => {
    const [turn] = decode({
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_image', image_url: 'data:image/png;base64,iVBO\nRw0=', detail: 'low' },
            { type: 'input_image', image_url: 'https://example.com/a.png' },
            { type: 'input_file', file_data: 'data:application/pdf;base64,JVBE', filename: 'a.pdf' },
            { type: 'input_file', file_url: 'https://example.com/a.pdf' },
            { type: 'input_file', file_id: 'file-1' },
            { type: 'input_audio', input_audio: { data: 'UklG', format: 'mp3' } },
            { type: 'input_hologram', data: 1 },
          ],
        },
      ],
    }).turns;
    expect(turn!.parts).toMatchObject([
      { type: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'iVBORw0=' }, detail: 'low' },
      { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' }, path: 'input[0].content[1]' },
      { type: 'document', source: { kind: 'data', mediaType: 'application/pdf', data: 'JVBE' }, name: 'a.pdf' },
      { type: 'document', source: { kind: 'url' } },
      { type: 'document', source: { kind: 'file', id: 'file-1', origin: 'openai-responses' } },
      { type: 'audio', source: { kind: 'data', mediaType: 'audio/mp3', data: 'UklG' } },
      { type: 'foreign', name: 'input_hologram', path: 'input[0].content[6]' },
    ]);
  });

  it('keeps what only this wire has, in its place', () => {
    const { turns } = decode({
      input: [
        { role: 'assistant', content: 'A' },
        { type: 'item_reference', id: 'rs_1' },
        {
          role: 'assistant',
          content: [
            { type: 'output_text', text: 'B' },
            { type: 'refusal', refusal: 'No' },
          ],
        },
        { type: 'local_shell_call_output', id: 'x', output: '' },
        { role: 'assistant', content: 'C', phase: 'final_answer' },
        { role: 'assistant', content: 'D' },
      ],
    });
    expect(
      turns.map(({ role, parts }) => [role, ...parts.map((part) => ('name' in part ? part.name : part.type))]),
    ).toEqual([
      ['assistant', 'text', 'item_reference', 'text', 'refusal'],
      ['user', 'local_shell_call_output'],
      ['assistant', 'text'],
      ['assistant', 'text'],
    ]);
  });

  it('forgets ids that the gateway made', () => {
    const [turn] = decode({
      input: [{ type: 'reasoning', id: 'rs_gwx_0', summary: [{ text: 'a' }, { text: 'b' }] }],
    }).turns;
    expect(turn!.parts).toEqual([{ type: 'reasoning', text: 'a\n\nb' }]);
  });

  it('asks for a form of answer and for one tool', () => {
    const request = decode({
      input: 'x',
      text: { verbosity: 'low', format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true } },
      tool_choice: {
        type: 'allowed_tools',
        mode: 'required',
        tools: [{ type: 'function', name: 'f' }, { type: 'web_search' }],
      },
      top_logprobs: 2,
      reasoning: { effort: 'none' },
      safety_identifier: 'u',
    });
    expect(request).toMatchObject({
      verbosity: 'low',
      outputFormat: { type: 'json-schema', name: 'n', strict: true },
      toolChoice: { type: 'allowed', mode: 'required', names: ['f', 'web_search'] },
      logprobs: { top: 2 },
      reasoning: { mode: 'off', effort: 'none' },
      user: 'u',
    });
    expect(decode({ input: 'x', tool_choice: { type: 'custom', name: 'c' } }).toolChoice).toEqual({
      type: 'tool',
      name: 'c',
    });
  });

  it('names members that it has no word for, but not those that change nothing', () => {
    const body = {
      input: 'x',
      truncation: 'disabled',
      background: false,
      prompt: { id: 'p' },
      conversation: 'c',
      max_tool_calls: 3,
    };
    expect(decode(body).unknownMembers).toEqual(['prompt', 'conversation']);
    expect(decode({ input: 'x', truncation: 'auto', background: true }).unknownMembers).toEqual([
      'truncation',
      'background',
    ]);
  });

  it.each<[string, JsonObject]>([
    ['input', { model: 'm' }],
    ['input', { input: [] }],
    ['input', { input: 5 }],
    ['model', { model: 5, input: 'x' }],
    ['input[0]', { input: ['x'] }],
    ['input[0].type', { input: [{}] }],
    [
      'input[1].role',
      {
        input: [
          { role: 'user', content: 'a' },
          { role: 'tool', content: 'a' },
        ],
      },
    ],
    ['input[0].content', { input: [{ role: 'user' }] }],
    ['input[0].content[0].text', { input: [{ role: 'user', content: [{ type: 'input_text' }] }] }],
    ['input[0].content[0]', { input: [{ role: 'user', content: [{ type: 'input_image' }] }] }],
    ['input[0].arguments', { input: [{ type: 'function_call', call_id: 'c', name: 'f' }] }],
    ['input[0].output', { input: [{ type: 'function_call_output', call_id: 'c' }] }],
    ['tools[0].name', { input: 'x', tools: [{ type: 'function' }] }],
    ['tool_choice', { input: 'x', tool_choice: 'any' }],
    ['text.format.type', { input: 'x', text: { format: { type: 'xml' } } }],
    ['temperature', { input: 'x', temperature: 'hot' }],
    ['metadata.a', { input: 'x', metadata: { a: 1 } }],
  ])('names %s when that is wrong', (param, body) => {
    expect(errorOf(body)).toMatchObject({ kind: 'invalid_request', param });
  });
});
