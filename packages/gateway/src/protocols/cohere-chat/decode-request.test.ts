import { describe, expect, it } from 'vitest';
import cohereChat from './protocol.ts';
import { bodyOf, decodeRequest, encodeRequest } from './stream.fixture.ts';
import { errorOf } from './thrown.fixture.ts';

const whole = `{
  "model": "m",
  "stream": true,
  "messages": [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [
      {"type": "text", "text": "What is this?"},
      {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}},
      {"type": "image_url", "image_url": {"url": "https://x.example/i.png"}}
    ]},
    {"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm."}], "tool_plan": "I look.", "tool_calls": [
      {"id": "a", "type": "function", "function": {"name": "look", "arguments": "{\\"id\\": 12345678901234567890}"}},
      {"id": "b", "type": "function", "function": {"name": "now", "arguments": "{}"}}
    ]},
    {"role": "tool", "tool_call_id": "a", "content": [
      {"type": "document", "document": {"id": "d", "data": {"title": "T", "text": "Seen", "url": "https://x.example"}}},
      {"type": "document", "document": {"data": {"rows": [1.0, 2]}}},
      {"type": "text", "text": "done"}
    ]},
    {"role": "tool", "tool_call_id": "b", "content": "noon"},
    {"role": "system", "content": [{"type": "text", "text": "Now"}, {"type": "text", "text": "rhyme."}]},
    {"role": "user", "content": "Go on."}
  ],
  "documents": [{"id": "doc:0", "data": {"title": "Facts", "text": "So it is."}}],
  "tools": [{"type": "function", "function": {"name": "look", "description": "Looks", "parameters": {"type": "object", "properties": {"id": {"type": "integer", "minimum": 1.0}}}}}],
  "tool_choice": "REQUIRED",
  "strict_tools": true,
  "response_format": {"type": "json_object", "json_schema": {"type": "object"}},
  "safety_mode": "STRICT",
  "max_tokens": 100,
  "stop_sequences": ["END"],
  "temperature": 0.5,
  "seed": 12345678901234567890,
  "frequency_penalty": 0.1,
  "presence_penalty": 0.2,
  "k": 40,
  "p": 0.9,
  "logprobs": true,
  "thinking": {"type": "enabled", "token_budget": 2048}
}`;

describe('a request', () => {
  it('survives being read and written, number for number', () => {
    const request = decodeRequest(bodyOf(whole));
    expect(request.unknownMembers).toEqual([]);
    const context = { model: 'm', quirks: {}, defaultMaxOutputTokens: 1 };
    const text = cohereChat.upstream.encodeRequest(request, context).toString();
    expect(JSON.parse(text)).toEqual(JSON.parse(whole));
    expect(text).toContain('"seed":12345678901234567890');
    expect(text).toContain('"minimum":1.0');
    expect(text).toContain('{"rows":[1.0,2]}');
  });

  it('is read as what it says', () => {
    const { turns, ...rest } = decodeRequest(bodyOf(whole));
    expect(turns.map(({ role, parts }) => [role, ...parts.map(({ type }) => type)])).toEqual([
      ['system', 'text'],
      ['user', 'text', 'image', 'image'],
      ['assistant', 'reasoning', 'text', 'tool-call', 'tool-call'],
      ['user', 'tool-result', 'tool-result'],
      ['system', 'text', 'text'],
      ['user', 'document', 'text'],
    ]);
    expect(turns[1]?.parts[1]).toEqual({
      type: 'image',
      source: { kind: 'data', mediaType: 'image/png', data: 'AAAA' },
      detail: 'low',
      path: 'messages[1].content[1]',
    });
    expect(turns[3]?.parts).toMatchObject([
      {
        callId: 'a',
        name: 'look',
        content: [
          { type: 'document', id: 'd', name: 'T', source: { text: 'Seen' }, context: '{"url":"https://x.example"}' },
          { type: 'document', source: { mediaType: 'application/json', text: '{"rows":[1.0,2]}' } },
          { type: 'text', text: 'done' },
        ],
      },
      { callId: 'b', name: 'now', content: [{ type: 'text', text: 'noon' }] },
    ]);
    expect(turns[5]?.parts[0]).toMatchObject({ isCitable: true, id: 'doc:0', name: 'Facts' });
    expect(rest).toMatchObject({
      origin: 'cohere-chat',
      stream: true,
      toolChoice: { type: 'required' },
      reasoning: { mode: 'on', budgetTokens: 2048 },
      outputFormat: { type: 'json-schema', schema: { type: 'object' } },
      safetySettings: 'STRICT',
      topK: 40,
      topP: 0.9,
    });
  });

  it('tells members that it does not know', () => {
    const body = { messages: [{ role: 'user', content: 'Hi' }], priority: 3, novelty: {}, nothing: null };
    expect(decodeRequest(body).unknownMembers).toEqual(['priority', 'novelty']);
  });

  it.each<[string, string, unknown]>([
    ['messages', 'messages', undefined],
    ['messages', 'messages', []],
    ['messages', 'messages', 'Hi'],
    ['messages[0]', 'messages', ['Hi']],
    ['messages[0].role', 'messages', [{ content: 'Hi' }]],
    ['messages[0].role', 'messages', [{ role: 'chatbot', content: 'Hi' }]],
    ['messages[0].content', 'messages', [{ role: 'user' }]],
    ['messages[0].content', 'messages', [{ role: 'user', content: 5 }]],
    ['messages[0].content[0].type', 'messages', [{ role: 'user', content: [{ text: 'Hi' }] }]],
    ['messages[0].content[0].image_url', 'messages', [{ role: 'user', content: [{ type: 'image_url' }] }]],
    [
      'messages[0].content[0].image_url.url',
      'messages',
      [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:text/plain,x' } }] }],
    ],
    ['messages[0].tool_calls[0].id', 'messages', [{ role: 'assistant', tool_calls: [{ function: { name: 'f' } }] }]],
    ['messages[0].tool_calls[0].function', 'messages', [{ role: 'assistant', tool_calls: [{ id: 'a' }] }]],
    ['messages[0].tool_call_id', 'messages', [{ role: 'tool', content: 'x' }]],
    ['messages[0].content[0].type', 'messages', [{ role: 'tool', tool_call_id: 'a', content: [{ type: 'video' }] }]],
    ['tools[0].function', 'tools', [{ type: 'function' }]],
    ['tools[0].function.name', 'tools', [{ type: 'function', function: {} }]],
    ['tool_choice', 'tool_choice', 'auto'],
    ['documents[0].data', 'documents', [{}]],
    ['response_format.type', 'response_format', { type: 'json_schema' }],
    ['thinking.type', 'thinking', { type: 'adaptive' }],
    ['thinking.token_budget', 'thinking', { type: 'enabled', token_budget: -1 }],
    ['temperature', 'temperature', 'warm'],
    ['seed', 'seed', 'lucky'],
    ['stream', 'stream', 'yes'],
    ['model', 'model', 5],
  ])('names %s when it is wrong', (param, member, value) => {
    const body = { messages: [{ role: 'user', content: 'Hi' }], [member]: value };
    const error = errorOf(() => decodeRequest(body));
    expect(error).toMatchObject({ kind: 'invalid_request', param });
    expect(error.message).toContain(param);
  });

  it('keeps content that it does not know for its own wire', () => {
    const item = { type: 'hologram', hologram: { size: 3 } };
    const request = decodeRequest({ messages: [{ role: 'user', content: [item] }] });
    expect(request.turns[0]?.parts).toEqual([
      { type: 'foreign', origin: 'cohere-chat', value: item, name: 'hologram', path: 'messages[0].content[0]' },
    ]);
    expect(encodeRequest(request)['messages']).toEqual([{ role: 'user', content: [item] }]);
  });

  it('without citations has documents that are not to be cited', () => {
    const body = {
      messages: [{ role: 'user', content: 'Hi' }],
      documents: ['plain', { data: '{"text":"in JSON"}' }, { data: '{none' }],
      citation_options: { mode: 'OFF' },
    };
    const request = decodeRequest(body);
    expect(request.turns[0]?.parts).toMatchObject([
      { type: 'document', source: { text: 'plain' }, isCitable: false },
      { type: 'document', source: { text: 'in JSON' }, isCitable: false },
      { type: 'document', source: { text: '{none' }, isCitable: false },
      { type: 'text' },
    ]);
    expect(encodeRequest(request)).toMatchObject({
      documents: [
        { id: 'doc:0', data: { text: 'plain' } },
        { id: 'doc:1', data: { text: 'in JSON' } },
        { id: 'doc:2', data: { text: '{none' } },
      ],
      citation_options: { mode: 'OFF' },
    });
  });
});
