import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { bodyOf, decodeRequest } from './messages.fixture.ts';
import anthropic from './protocol.ts';

const origin = 'anthropic-messages';
const hi = { role: 'user', content: 'Hi' };

/** The parts of one user message that holds these blocks. */
function partsOf(...content: readonly JsonObject[]) {
  return decodeRequest({ messages: [{ role: 'user', content }] }).turns[0]?.parts;
}

const readFacts = (body: JsonObject) => anthropic.client.readFacts(body);

describe('facts', () => {
  it('are the model and whether it streams', () => {
    const facts = readFacts({ model: 'm', stream: true, messages: [hi] });
    expect(facts).toEqual({ model: 'm', stream: true, includeUsage: true, choices: 1 });
  });

  it.each([
    {},
    { messages: [] },
    { messages: 'Hi' },
    { messages: [hi], model: 7 },
    { messages: ['Hi'] },
    { messages: [hi], model: 'm'.repeat(257) },
  ])('need messages: %j', (body) => {
    expect(() => readFacts(body)).toThrow(GatewayError);
  });
});

describe('a request as Claude Code sends it', () => {
  const request = decodeRequest(
    bodyOf(`{
    "model": "my-alias", "max_tokens": 32000, "stream": true,
    "system": [
      {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.328; cch=1f2e3;"},
      {"type": "text", "text": "You are an agent.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    ],
    "messages": [
      {"role": "user", "content": [{"type": "text", "text": "Go.", "cache_control": {"type": "ephemeral"}}]},
      {"role": "system", "content": "Mind the dog."},
      {"role": "assistant", "content": [
        {"type": "thinking", "thinking": "Hm.", "signature": "EqQB"},
        {"type": "thinking", "thinking": "Oh.", "signature": "gw-sig:gemini:Cg=="},
        {"type": "redacted_thinking", "data": "Em=="},
        {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"n": 1.0}, "caller": {"type": "direct"}}
      ]},
      {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "t1", "is_error": true, "content": [
          {"type": "text", "text": "no"},
          {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}},
          {"type": "tool_reference", "tool_name": "Edit"}
        ]},
        {"type": "tool_result", "tool_use_id": "t9", "content": "lost"}
      ]}
    ],
    "tools": [
      {"name": "Bash", "description": "Runs.", "input_schema": {"type": "object"}, "defer_loading": true},
      {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}
    ],
    "thinking": {"type": "adaptive", "display": "omitted"},
    "output_config": {"effort": "high", "task_budget": {"type": "tokens"}},
    "context_management": {"edits": []},
    "metadata": {"user_id": "{\\"device_id\\":\\"1\\"}"}
  }`),
  );

  it('has its system text without the bookkeeping, and marks for the cache', () => {
    const parts = [{ type: 'text', text: 'You are an agent.', cache: { ttl: '1h' } }];
    expect(request.turns[0]).toEqual({ role: 'system', parts });
    expect(request.turns[1]?.parts).toEqual([{ type: 'text', text: 'Go.', cache: { ttl: undefined } }]);
    expect(request.turns[2]).toEqual({ role: 'system', parts: [{ type: 'text', text: 'Mind the dog.' }] });
  });

  it('has reasoning with its signatures, and calls with exact arguments', () => {
    expect(request.turns[3]?.parts).toEqual([
      { type: 'reasoning', text: 'Hm.', signature: { origin, value: 'EqQB' } },
      { type: 'reasoning', text: 'Oh.', signature: { origin: 'gemini', value: 'Cg==' } },
      { type: 'reasoning', text: '', signature: { origin, value: 'Em==' }, isRedacted: true },
      {
        ...{ type: 'tool-call', id: 't1', name: 'Bash', arguments: '{"n":1.0}', kind: 'function' },
        unread: {
          origin,
          members: [{ path: ['caller'], name: 'messages[2].content[3].caller', value: { type: 'direct' } }],
        },
      },
    ]);
  });

  it('has results with the names of their tools, media, and what other wires can read of the rest', () => {
    const path = 'messages[3].content[0].content[1]';
    const native = { origin, value: { type: 'tool_reference', tool_name: 'Edit' } };
    expect(request.turns[4]?.parts).toEqual([
      {
        ...{ type: 'tool-result', callId: 't1', name: 'Bash', isError: true, kind: 'function' },
        content: [
          { type: 'text', text: 'no' },
          { type: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'AA==' }, path },
          { type: 'text', text: 'The tool Edit is available.', native },
        ],
      },
      {
        ...{ type: 'tool-result', callId: 't9', name: '', isError: false, kind: 'function' },
        content: [{ type: 'text', text: 'lost' }],
      },
    ]);
  });

  it('has its options, and tells what was not understood', () => {
    expect(request).toMatchObject({
      stream: true,
      maxOutputTokens: 32000,
      reasoning: { mode: 'adaptive', effort: 'high', budgetTokens: undefined, summary: 'none' },
      user: '{"device_id":"1"}',
      unknownMembers: ['output_config.task_budget', 'context_management'],
      tools: [
        { type: 'function', name: 'Bash', description: 'Runs.', schema: { type: 'object' }, strict: undefined },
        { type: 'builtin', origin, name: 'web_search', value: { type: 'web_search_20250305', max_uses: 3 } },
      ],
    });
  });
});

describe('blocks', () => {
  it('of documents', () => {
    const extra = { title: 'a.txt', context: 'Mine.', citations: { enabled: true } };
    const about = { name: 'a.txt', context: 'Mine.', isCitable: true };
    const text = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'A' }, ...extra };
    const url = { type: 'document', source: { type: 'url', url: 'https://e.org/a.pdf' } };
    const file = { type: 'image', source: { type: 'file', file_id: 'file_1' } };
    const pieces = [
      { type: 'text', text: 'A' },
      { type: 'text', text: 'B' },
    ];
    const cut = { type: 'document', source: { type: 'content', content: pieces } };
    const path = (index: number) => ({ path: `messages[0].content[${index}]` });
    expect(partsOf(text, url, file, cut)).toEqual([
      { type: 'document', source: { kind: 'text', mediaType: 'text/plain', text: 'A' }, ...about, ...path(0) },
      {
        type: 'document',
        source: { kind: 'url', url: 'https://e.org/a.pdf', mediaType: 'application/pdf' },
        ...path(1),
      },
      { type: 'image', source: { kind: 'file', id: 'file_1', origin }, ...path(2) },
      {
        ...{ type: 'document', source: { kind: 'text', mediaType: 'text/plain', text: 'A\n\nB' } },
        ...{ native: { origin, value: cut }, ...path(3) },
      },
    ]);
  });

  it('that only this wire knows stay whole', () => {
    const value = { type: 'container_upload', file_id: 'f' };
    const path = 'messages[0].content[0]';
    expect(partsOf(value)).toEqual([{ type: 'foreign', origin, value, name: 'container_upload', path }]);
  });

  it('that hold what only this wire knows stay whole', () => {
    const result = { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'browser_state', url: 'x' }] };
    const document = { type: 'document', source: { type: 'content', content: [{ type: 'image' }] } };
    expect(partsOf(result, document)).toMatchObject([
      { type: 'foreign', value: result, name: 'tool_result' },
      { type: 'foreign', value: document, name: 'document' },
    ]);
  });

  it('of findings are text elsewhere', () => {
    const value = {
      type: 'search_result',
      source: 'https://e.org',
      title: 'T',
      content: [{ type: 'text', text: 'A' }],
    };
    expect(partsOf(value)).toEqual([{ type: 'text', text: 'T\nhttps://e.org\nA', native: { origin, value } }]);
  });

  it('are marked at the end by a mark on the body', () => {
    const { turns } = decodeRequest({ messages: [hi], cache_control: { type: 'ephemeral', ttl: '1h' } });
    expect(turns[0]?.parts).toEqual([{ type: 'text', text: 'Hi', cache: { ttl: '1h' } }]);
  });
});

describe('options', () => {
  const options = (members: JsonObject) => decodeRequest({ messages: [hi], ...members });

  it.each([
    [{ type: 'auto' }, { type: 'auto' }, undefined],
    [{ type: 'any', disable_parallel_tool_use: true }, { type: 'required' }, false],
    [{ type: 'tool', name: 'f', disable_parallel_tool_use: false }, { type: 'tool', name: 'f' }, true],
    [{ type: 'none' }, { type: 'none' }, undefined],
  ])('tool_choice %j', (tool_choice, toolChoice, parallelToolCalls) => {
    expect(options({ tool_choice })).toMatchObject({ toolChoice, parallelToolCalls });
  });

  it.each(['output_format', 'output_config'])('%s asks for a schema', (name) => {
    const format = { type: 'json_schema', schema: { type: 'object' } };
    const { outputFormat, unknownMembers } = options({ [name]: name === 'output_format' ? format : { format } });
    expect(outputFormat).toMatchObject({ type: 'json-schema', schema: { type: 'object' } });
    expect(unknownMembers).toEqual([]);
  });

  it.each([
    [
      { type: 'enabled', budget_tokens: 2000 },
      { mode: 'on', budgetTokens: 2000 },
    ],
    [{ type: 'disabled' }, { mode: 'off' }],
    [
      { type: 'adaptive', display: 'summarized' },
      { mode: 'adaptive', summary: 'auto' },
    ],
  ])('thinking %j', (thinking, reasoning) => {
    expect(options({ thinking }).reasoning).toMatchObject(reasoning);
  });

  it('are absent where they are null', () => {
    const members = { temperature: null, tools: null, thinking: null, system: null, odd: null };
    expect(options(members)).toEqual(options({}));
  });
});

describe('what cannot be understood', () => {
  const user = (block: JsonObject) => ({ messages: [{ role: 'user', content: [block] }] });
  it.each([
    [{ messages: [{ role: 'tool', content: 'Hi' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', content: 7 }] }, 'messages[0].content'],
    [{ messages: [hi, { role: 'user', content: ['Hi'] }] }, 'messages[1].content[0]'],
    [user({ text: 'Hi' }), 'messages[0].content[0].type'],
    [user({ type: 'image' }), 'messages[0].content[0].source'],
    [user({ type: 'image', source: { type: 'carved' } }), 'messages[0].content[0].source.type'],
    [user({ type: 'tool_use', id: 'a', name: 'f', input: '{}' }), 'messages[0].content[0].input'],
    [user({ type: 'tool_result', content: 'a' }), 'messages[0].content[0].tool_use_id'],
    [{ messages: [hi], tools: [{ description: 'f' }] }, 'tools[0].name'],
    [{ messages: [hi], tool_choice: { type: 'some' } }, 'tool_choice.type'],
    [{ messages: [hi], thinking: { type: 'deep' } }, 'thinking.type'],
    [{ messages: [hi], output_config: { format: { type: 'xml' } } }, 'output_config.format.type'],
    [{ messages: [hi], max_tokens: -1 }, 'max_tokens'],
    [{ messages: [hi], system: 7 }, 'system'],
  ])('%j is refused with the name of the field', (body, param) => {
    expect(() => decodeRequest(body)).toThrow(expect.objectContaining({ kind: 'invalid_request', param }));
  });
});
