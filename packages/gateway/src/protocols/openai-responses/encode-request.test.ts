import { describe, expect, it } from 'vitest';
import type { ChatRequest, Part, Turn } from '../../canonical/conversation.ts';
import { featureNames } from '../../canonical/features.ts';
import type { RequestQuirks } from '../protocol.ts';
import { requestOf } from './answer.fixture.ts';
import { encodeRequest } from './encode-request.ts';
import { support } from './support.ts';

function encode(members: Partial<ChatRequest>, quirks: RequestQuirks = {}): Record<string, unknown> {
  const request = requestOf({ origin: 'anthropic-messages', ...members });
  return JSON.parse(encodeRequest(request, { model: 'gpt', quirks, defaultMaxOutputTokens: 4096 }).toString());
}

function inputOf(role: Turn['role'], ...parts: Part[]): unknown {
  return encode({ turns: [{ role, parts }] })['input'];
}

const text = (value: string): Part => ({ type: 'text', text: value });

describe('a request for the Responses API', () => {
  it('of another wire asks for nothing to be stored', () => {
    expect(encode({})).toEqual({
      model: 'gpt',
      input: [{ type: 'message', role: 'user', content: 'Hi' }],
      store: false,
    });
    expect(encode({ origin: 'openai-responses' })).not.toHaveProperty('store');
  });

  it('keeps system text in its place', () => {
    const turns: Turn[] = [
      { role: 'system', parts: [text('A')] },
      { role: 'user', parts: [text('B')] },
      { role: 'developer', parts: [text('C'), text('D')] },
    ];
    const items = [
      { type: 'message', role: 'system', content: 'A' },
      { type: 'message', role: 'user', content: 'B' },
    ];
    const content = [
      { type: 'input_text', text: 'C' },
      { type: 'input_text', text: 'D' },
    ];
    expect(encode({ turns })['input']).toEqual([...items, { type: 'message', role: 'developer', content }]);
    expect(encode({ turns }, { refusesDeveloperRole: true })['input']).toContainEqual({
      type: 'message',
      role: 'system',
      content,
    });
  });

  it('asks for the cipher of reasoning where reasoning is wanted', () => {
    const on = { mode: 'on', effort: undefined, budgetTokens: 8000, summary: undefined } as const;
    expect(encode({ reasoning: on })).toMatchObject({
      reasoning: { effort: 'medium', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
    });
    const off = { mode: 'off', effort: undefined, budgetTokens: undefined, summary: undefined } as const;
    expect(encode({ reasoning: off })).toMatchObject({ reasoning: { effort: 'none' } });
    expect(encode({ reasoning: off })).not.toHaveProperty('include');
  });

  it('shows reasoning to the provider whose it is', () => {
    const own: Part = { type: 'reasoning', text: 'a', signature: { origin: 'openai-responses', value: 'gAAA' } };
    const foreign: Part = { type: 'reasoning', text: 'b', signature: { origin: 'anthropic-messages', value: 'x' } };
    expect(inputOf('assistant', own, foreign, { type: 'reasoning', text: 'c' }, text('d'))).toEqual([
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'a' }], encrypted_content: 'gAAA' },
      { type: 'message', role: 'assistant', content: 'd' },
    ]);
  });

  it('has calls and their results', () => {
    const long = 'x'.repeat(80);
    const call: Part = { type: 'tool-call', id: long, name: 'f', arguments: '', kind: 'function' };
    const image: Part = { type: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'iVBO' } };
    const result: Part = {
      type: 'tool-result',
      callId: long,
      name: 'f',
      content: [{ type: 'text', text: 'ok' }, image as never],
      isError: false,
      kind: 'function',
    };
    const turns: Turn[] = [
      { role: 'assistant', parts: [text('So'), call] },
      { role: 'user', parts: [result, { ...result, callId: 'c', content: [] }, text('Go on')] },
    ];
    const items = encode({ turns })['input'] as Record<string, unknown>[];
    const callId = items[1]!['call_id'];
    expect(String(callId)).toHaveLength(64);
    expect(items).toEqual([
      { type: 'message', role: 'assistant', content: 'So' },
      { type: 'function_call', call_id: callId, name: 'f', arguments: '{}' },
      {
        type: 'function_call_output',
        call_id: callId,
        output: [
          { type: 'input_text', text: 'ok' },
          { type: 'input_image', detail: 'auto', image_url: 'data:image/png;base64,iVBO' },
        ],
      },
      { type: 'function_call_output', call_id: 'c', output: '' },
      { type: 'message', role: 'user', content: 'Go on' },
    ]);
  });

  it('has tools that need not be strict', () => {
    const tool = { type: 'function', name: 'f', description: undefined, strict: undefined } as const;
    const closed = { properties: { a: {} }, required: ['a'], additionalProperties: false };
    const tools = [
      { ...tool, schema: undefined },
      { ...tool, schema: closed, strict: true },
    ];
    expect(encode({ tools, toolChoice: { type: 'tool', name: 'f' } })).toMatchObject({
      tools: [
        { type: 'function', name: 'f', parameters: { type: 'object', properties: {} }, strict: false },
        { parameters: { type: 'object', ...closed }, strict: true },
      ],
      tool_choice: { type: 'function', name: 'f' },
    });
  });

  it('has documents as files, or as text', () => {
    const source = { kind: 'text', mediaType: 'text/plain', text: 'Content' } as const;
    expect(
      inputOf(
        'user',
        { type: 'document', source, name: 'a "b"' },
        { type: 'document', source: { kind: 'data', mediaType: 'application/pdf', data: 'JVBE' } },
        { type: 'document', source: { kind: 'url', url: 'https://example.com/a.pdf', mediaType: undefined } },
      ),
    ).toMatchObject([
      {
        content: [
          { type: 'input_text', text: '<document title="a \\"b\\"">\nContent\n</document>' },
          { type: 'input_file', filename: 'document.pdf', file_data: 'data:application/pdf;base64,JVBE' },
          { type: 'input_file', file_url: 'https://example.com/a.pdf' },
        ],
      },
    ]);
  });

  it('bears with the limits of the service', () => {
    const user = JSON.stringify({ device: 'd'.repeat(64), session: 's'.repeat(36) });
    const body = encode({ maxOutputTokens: 1, user, outputFormat: { type: 'json' } });
    expect(body).toMatchObject({ max_output_tokens: 16, text: { format: { type: 'json_object' } } });
    expect(body['user']).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(body['input'])).toContain('JSON');
  });

  it('bears with the limits of a server', () => {
    const quirks = { refusedMembers: ['store'], renamedMembers: { user: 'safety_identifier' } };
    const body = encode({ user: 'u' }, quirks);
    expect(body).toMatchObject({ safety_identifier: 'u' });
    expect(Object.keys(body)).not.toContain('store');
  });

  it.each<[string, Part]>([
    [
      'a part of another wire',
      { type: 'foreign', origin: 'gemini', value: {}, name: 'executableCode', path: 'contents[0]' },
    ],
    [
      'a file of another provider',
      { type: 'document', source: { kind: 'file', id: 'f', origin: 'gemini' }, path: 'contents[0]' },
    ],
  ])('refuses %s', (_, part) => {
    expect(() => inputOf('user', part)).toThrow(
      expect.objectContaining({ kind: 'invalid_request', param: 'contents[0]' }),
    );
  });

  it('says of each feature how it is supported', () => {
    expect(Object.keys(support).sort()).toEqual([...featureNames].sort());
  });
});
