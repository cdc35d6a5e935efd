import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { decodeRequest } from './decode-request.ts';

const user = { role: 'user', content: 'Hi' };

function turns(...messages: readonly JsonObject[]): ChatRequest['turns'] {
  return decodeRequest({ messages }, { model: 'm', stream: false, includeUsage: false, choices: 1 }).turns;
}

function parts(...content: readonly unknown[]): unknown {
  return turns({ role: 'user', content })[0]?.parts;
}

describe('messages', () => {
  it('keep their order, roles and names', () => {
    expect(
      turns(
        { role: 'system', content: 'a' },
        { role: 'user', content: [{ type: 'text', text: 'b' }], name: 'ann' },
        { role: 'developer', content: 'c' },
        { role: 'assistant', content: 'd' },
      ),
    ).toEqual([
      { role: 'system', parts: [{ type: 'text', text: 'a' }] },
      { role: 'user', parts: [{ type: 'text', text: 'b' }], name: 'ann' },
      { role: 'developer', parts: [{ type: 'text', text: 'c' }] },
      { role: 'assistant', parts: [{ type: 'text', text: 'd' }] },
    ]);
  });

  it('hold images, documents, audio and video', () => {
    const path = (index: number) => `messages[0].content[${index}]`;
    expect(
      parts(
        { type: 'image_url', image_url: { url: 'https://a.test/a.png', detail: 'low' } },
        { type: 'image_url', image_url: 'data:image/png;base64,iVBO' },
        { type: 'input_audio', input_audio: { data: 'UklG', format: 'mp3' } },
        { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' } },
        { type: 'file', file: { file_id: 'file-1' } },
        { type: 'file', file: { filename: 'a.pdf', file_data: 'https://a.test/a.pdf' } },
        { type: 'video_url', video_url: { url: 'https://a.test/a.mp4' } },
        { type: 'document_url', document_url: 'https://a.test/b.pdf', document_name: 'b' },
        { type: 'file_url', file_url: { url: 'UEsDBBQA' } },
        { type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } },
      ),
    ).toEqual([
      {
        type: 'image',
        source: { kind: 'url', url: 'https://a.test/a.png', mediaType: undefined },
        detail: 'low',
        path: path(0),
      },
      { type: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'iVBO' }, path: path(1) },
      { type: 'audio', source: { kind: 'data', mediaType: 'audio/mpeg', data: 'UklG' }, path: path(2) },
      {
        type: 'document',
        name: 'a.pdf',
        source: { kind: 'data', mediaType: 'application/pdf', data: 'JVBE' },
        path: path(3),
      },
      { type: 'document', source: { kind: 'file', id: 'file-1', origin: 'openai-chat' }, path: path(4) },
      {
        type: 'document',
        name: 'a.pdf',
        source: { kind: 'url', url: 'https://a.test/a.pdf', mediaType: undefined },
        path: path(5),
      },
      { type: 'video', source: { kind: 'url', url: 'https://a.test/a.mp4', mediaType: undefined }, path: path(6) },
      {
        type: 'document',
        name: 'b',
        source: { kind: 'url', url: 'https://a.test/b.pdf', mediaType: undefined },
        path: path(7),
      },
      {
        type: 'document',
        source: {
          kind: 'data',
          mediaType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
          data: 'UEsDBBQA',
        },
        path: path(8),
      },
      { type: 'text', text: 'a', cache: { ttl: '1h' } },
    ]);
  });

  it('keep parts that only this wire knows', () => {
    const value = { type: 'reference', reference_ids: [1] };
    expect(parts(value)).toEqual([
      { type: 'foreign', origin: 'openai-chat', name: 'reference', value, path: 'messages[0].content[0]' },
    ]);
  });

  it('put results of tools that follow each other into one turn, with the names of their tools', () => {
    const call = (id: string, name: string) => ({ id, type: 'function', function: { name, arguments: '{"a":1.0}' } });
    expect(
      turns(
        { role: 'assistant', content: '', tool_calls: [call('1', 'f'), call('2', 'g')] },
        { role: 'tool', tool_call_id: '2', content: [{ type: 'text', text: 'two' }] },
        { role: 'tool', tool_call_id: '1', content: 'one' },
        user,
      ),
    ).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'tool-call', id: '1', name: 'f', arguments: '{"a":1.0}', kind: 'function' },
          { type: 'tool-call', id: '2', name: 'g', arguments: '{"a":1.0}', kind: 'function' },
        ],
      },
      {
        role: 'user',
        parts: [
          {
            type: 'tool-result',
            callId: '2',
            name: 'g',
            content: [{ type: 'text', text: 'two' }],
            isError: false,
            kind: 'function',
          },
          {
            type: 'tool-result',
            callId: '1',
            name: 'f',
            content: [{ type: 'text', text: 'one' }],
            isError: false,
            kind: 'function',
          },
        ],
      },
      { role: 'user', parts: [{ type: 'text', text: 'Hi' }] },
    ]);
  });

  it('join functions of old with their results, and results without an id with their calls', () => {
    const [call, result] = turns(
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
      { role: 'function', name: 'f', content: '1' },
    );
    const id = call?.parts[0]?.type === 'tool-call' ? call.parts[0].id : '';
    expect(id).not.toBe('');
    expect(result?.parts).toMatchObject([{ type: 'tool-result', callId: id, name: 'f' }]);
    const calls = ['a', 'b'].map((one) => ({ id: one, type: 'function', function: { name: 'f', arguments: '{}' } }));
    const [, results] = turns(
      { role: 'assistant', tool_calls: calls },
      { role: 'tool', content: '1' },
      { role: 'tool', content: '2' },
    );
    expect(results?.parts).toMatchObject([{ callId: 'a' }, { callId: 'b' }]);
  });

  it('hold reasoning of every kind, with whose it is', () => {
    const of = (members: JsonObject) => turns({ role: 'assistant', content: 'x', ...members })[0]?.parts[0];
    expect(of({ reasoning_content: 'a', reasoning: 'a' })).toEqual({ type: 'reasoning', text: 'a' });
    const detail = { type: 'reasoning.text', text: 'a', signature: 's', format: 'anthropic-claude-v1', index: 0 };
    const signed = { type: 'reasoning', text: 'a', signature: { origin: 'anthropic-messages', value: 's' } };
    expect(of({ reasoning_details: [detail] })).toEqual(signed);
    expect(of({ reasoning_details: [{ ...detail, text: '' }], reasoning_content: 'a' })).toEqual(signed);
    expect(
      of({ reasoning_details: [{ ...detail, format: 'unknown', signature: 'gw-sig:bedrock-converse:s' }] }),
    ).toEqual({
      ...signed,
      signature: { origin: 'bedrock-converse', value: 's' },
    });
    const hidden = { type: 'reasoning.encrypted', data: 'd', format: 'openai-responses-v1' };
    expect(of({ reasoning_details: [hidden], reasoning: 'a' })).toEqual({ type: 'reasoning', text: 'a' });
    expect(of({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'a' }] }] })).toEqual({
      type: 'reasoning',
      text: 'a',
    });
  });

  it('hold refusals, custom calls and spoken answers', () => {
    const custom = { id: 'c', type: 'custom', custom: { name: 'sql', input: 'select 1' } };
    expect(
      turns({ role: 'assistant', refusal: 'No', tool_calls: [custom], audio: { id: 'audio_1' } })[0]?.parts,
    ).toEqual([
      { type: 'refusal', text: 'No' },
      { type: 'tool-call', id: 'c', name: 'sql', arguments: 'select 1', kind: 'custom' },
      { type: 'audio', source: { kind: 'file', id: 'audio_1', origin: 'openai-chat' }, path: 'messages[0].audio' },
    ]);
  });

  it.each([undefined, ''])('calls side by side whose id was %j had one id, and results of them none', (id) => {
    const call = { ...(id === undefined ? {} : { id }), type: 'function', function: { name: 'f', arguments: '{}' } };
    const result = { role: 'tool', ...(id === undefined ? {} : { tool_call_id: id }) };
    const [, asked, answered] = turns(
      user,
      { role: 'assistant', tool_calls: [call, call] },
      { ...result, content: 'a' },
      { ...result, content: 'b' },
    );
    const ids = asked?.parts.map((part) => (part.type === 'tool-call' ? part.id : part.type));
    expect(new Set(ids).size).toBe(2);
    expect(answered?.parts.map((part) => (part.type === 'tool-result' ? part.callId : part.type))).toEqual(ids);
  });
});
