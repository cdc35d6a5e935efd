import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatRequest, Part, Turn } from '../../canonical/conversation.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { parseExact } from '../../framing/exact-json.ts';
import type { RequestQuirks } from '../protocol.ts';
import { decodeRequest } from './decode-request.ts';
import { encodeRequest } from './encode-request.ts';

const facts = { model: 'm', stream: false, includeUsage: false, choices: 1 };
const empty = decodeRequest({ messages: [{ role: 'user', content: 'Hi' }] }, facts);

function write(request: Partial<ChatRequest>, quirks: RequestQuirks = {}): JsonObject {
  const context = { model: 'm', quirks, defaultMaxOutputTokens: 4096 };
  return JSON.parse(encodeRequest({ ...empty, ...request }, context).toString('utf8')) as JsonObject;
}

function messages(turns: readonly Turn[], quirks: RequestQuirks = {}): unknown {
  return write({ turns }, quirks)['messages'];
}

const text = (value: string): Part => ({ type: 'text', text: value });
const call = (id: string): Part => ({ type: 'tool-call', id, name: 'f', arguments: '{"a":1.0}', kind: 'function' });
const result = (callId: string, ...content: readonly Part[]): Part =>
  ({ type: 'tool-result', callId, name: 'f', content, isError: false, kind: 'function' }) as Part;

describe('messages', () => {
  it('keep system texts where they are', () => {
    const turns: Turn[] = [
      { role: 'user', parts: [text('a')] },
      { role: 'developer', parts: [text('b')] },
      { role: 'system', parts: [text('c'), text('d')] },
    ];
    expect(messages(turns)).toEqual([
      { role: 'user', content: 'a' },
      { role: 'developer', content: 'b' },
      {
        role: 'system',
        content: [
          { type: 'text', text: 'c' },
          { type: 'text', text: 'd' },
        ],
      },
    ]);
    expect(messages(turns, { refusesDeveloperRole: true })).toMatchObject([{}, { role: 'system' }, {}]);
  });

  it('put results of tools before what the user says, and their media after them', () => {
    const image: Part = { type: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'iVBO' } };
    expect(
      messages([
        { role: 'assistant', parts: [call('1'), call('2')] },
        { role: 'user', parts: [text('Now?'), result('1', text('one'), image), result('2', image)] },
      ]),
    ).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: ['1', '2'].map((id) => ({ id, type: 'function', function: { name: 'f', arguments: '{"a":1.0}' } })),
      },
      { role: 'tool', tool_call_id: '1', content: 'one' },
      { role: 'tool', tool_call_id: '2', content: 'See the attachments.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Attachments of the result of f:' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } },
          { type: 'text', text: 'Attachments of the result of f:' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } },
          { type: 'text', text: 'Now?' },
        ],
      },
    ]);
  });

  it('hold documents and audio', () => {
    const parts: Part[] = [
      { type: 'document', source: { kind: 'data', mediaType: 'application/pdf', data: 'JVBE' }, name: 'a.pdf' },
      { type: 'document', source: { kind: 'text', mediaType: 'text/plain', text: 'words' }, name: 'b.txt' },
      { type: 'document', source: { kind: 'file', id: 'file-1', origin: 'openai-responses' } },
      { type: 'audio', source: { kind: 'data', mediaType: 'audio/x-wav', data: 'UklG' } },
    ];
    expect(messages([{ role: 'user', parts }])).toEqual([
      {
        role: 'user',
        content: [
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' } },
          { type: 'text', text: 'b.txt\n\nwords' },
          { type: 'file', file: { file_id: 'file-1' } },
          { type: 'input_audio', input_audio: { data: 'UklG', format: 'wav' } },
        ],
      },
    ]);
  });

  it('give reasoning back where it is wanted only', () => {
    const signature = { origin: 'anthropic-messages', value: 's' } as const;
    const parts: Part[] = [{ type: 'reasoning', text: 'Hm', signature }, text('Yes')];
    const of = (reasoningHistory?: RequestQuirks['reasoningHistory']) =>
      (messages([{ role: 'assistant', parts }], reasoningHistory ? { reasoningHistory } : {}) as unknown[])[0];
    expect(of()).toEqual({ role: 'assistant', content: 'Yes' });
    expect(of('reasoning_content')).toEqual({ role: 'assistant', content: 'Yes', reasoning_content: 'Hm' });
    expect(of('reasoning')).toEqual({ role: 'assistant', content: 'Yes', reasoning: 'Hm' });
    expect(of('reasoning_details')).toEqual({
      role: 'assistant',
      content: 'Yes',
      reasoning_details: [
        { type: 'reasoning.text', text: 'Hm', signature: 's', format: 'anthropic-claude-v1', index: 0 },
      ],
    });
    expect(of('thinking')).toEqual({
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] },
        { type: 'text', text: 'Yes' },
      ],
    });
  });

  it('give thought signatures back to Gemini only', () => {
    const parts = [{ ...call('1'), signature: { origin: 'gemini', value: 's' } } as Part];
    const plain = JSON.stringify(messages([{ role: 'assistant', parts }]));
    expect(plain).not.toContain('extra_content');
    expect(messages([{ role: 'assistant', parts }], { reasoningHistory: 'extra_content' })).toMatchObject([
      { tool_calls: [{ id: '1', extra_content: { google: { thought_signature: 's' } } }] },
    ]);
    expect(messages([{ role: 'assistant', parts }], { reasoningHistory: 'reasoning_details' })).toMatchObject([
      { reasoning_details: [{ type: 'reasoning.encrypted', data: 's', id: '1', format: 'google-gemini-v1' }] },
    ]);
  });

  it('have ids of calls that the provider takes, the same in call and result', () => {
    const id = `toolu_${'x'.repeat(60)}`;
    const turns: Turn[] = [
      { role: 'assistant', parts: [call(id)] },
      { role: 'user', parts: [result(id, text('1'))] },
    ];
    for (const [quirks, pattern] of [
      [{}, /^call_[0-9a-f]{32}$/],
      [{ callIdLength: 9 }, /^[0-9a-f]{9}$/],
    ] as const) {
      const [first, second] = messages(turns, quirks) as [{ tool_calls: [{ id: string }] }, { tool_call_id: string }];
      expect(first.tool_calls[0].id).toMatch(pattern);
      expect(second.tool_call_id).toBe(first.tool_calls[0].id);
    }
    expect(messages([{ role: 'assistant', parts: [call('abcDEF123')] }], { callIdLength: 9 })).toMatchObject([
      { tool_calls: [{ id: 'abcDEF123' }] },
    ]);
  });

  it('repeat spoken answers by their id, or their words', () => {
    const spoken = (id?: string): Part => ({
      type: 'audio',
      source: { kind: 'data', mediaType: 'audio/wav', data: 'UklG' },
      transcript: 'Hey',
      ...(id === undefined ? {} : { id }),
    });
    expect(messages([{ role: 'assistant', parts: [spoken('audio_1')] }])).toEqual([
      { role: 'assistant', content: null, audio: { id: 'audio_1' } },
    ]);
    expect(messages([{ role: 'assistant', parts: [spoken()] }])).toEqual([{ role: 'assistant', content: 'Hey' }]);
  });

  it.each<Part>([
    { type: 'foreign', origin: 'gemini', name: 'executableCode', value: {}, path: 'contents[0].parts[0]' },
    { type: 'image', source: { kind: 'file', id: 'f', origin: 'anthropic-messages' }, path: 'messages[0].content[0]' },
    { type: 'document', source: { kind: 'file', id: 'f', origin: 'gemini' }, path: 'contents[0].parts[0]' },
  ])('refuse what lies or is known elsewhere: %j', (part) => {
    try {
      messages([{ role: 'user', parts: [part] }]);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(GatewayError);
      expect(error).toMatchObject({ kind: 'invalid_request', param: 'path' in part ? part.path : undefined });
    }
  });
});

describe('a conversation', () => {
  const word = fc.string({ minLength: 1, maxLength: 12, unit: 'binary' });
  const id = fc.stringMatching(/^[a-z0-9_]{1,12}$/);
  const said = word.map(text);
  const image = word.map(
    (value): Part => ({
      type: 'image',
      source: {
        kind: 'url',
        url: `https://a.test/${encodeURIComponent(value.replace(/[\ud800-\udfff]/g, ''))}`,
        mediaType: undefined,
      },
    }),
  );
  const userTurn = fc.record({
    role: fc.constantFrom('user' as const, 'system' as const),
    parts: fc.tuple(said, image).map((all) => [...all]),
  });
  const plainTurn = fc.record({
    role: fc.constantFrom('user' as const, 'developer' as const),
    parts: said.map((one) => [one]),
  });
  const toolTurns = fc
    .tuple(fc.option(said, { nil: undefined }), fc.uniqueArray(id, { minLength: 1, maxLength: 3 }), word)
    .map(([first, ids, output]): Turn[] => [
      { role: 'assistant', parts: [...(first ? [first] : []), ...ids.map(call)] },
      { role: 'user', parts: ids.map((one) => result(one, text(output))) },
    ]);
  const turns = fc
    .array(
      fc.oneof(
        userTurn.map((one) => [one as Turn]),
        plainTurn.map((one) => [one as Turn]),
        toolTurns,
      ),
      { minLength: 1, maxLength: 5 },
    )
    .map((all) => all.flat());

  it('is the same after it was written and read', () => {
    const withoutPaths = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value, (key, member: unknown) => (key === 'path' ? undefined : member)));
    fc.assert(
      fc.property(turns, (all) => {
        const body = encodeRequest({ ...empty, turns: all }, { model: 'm', quirks: {}, defaultMaxOutputTokens: 1 });
        const read = decodeRequest(parseExact(body.toString('utf8')) as JsonObject, facts);
        expect(withoutPaths(read.turns)).toEqual(withoutPaths(all));
      }),
      { numRuns: 300 },
    );
  });
});
