import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../canonical/conversation.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { ExactNumber, parseExact } from '../../framing/exact-json.ts';
import { decodeRequest } from './decode-request.ts';

const facts = { model: 'm', stream: false, includeUsage: false, choices: 1 };
const user = { role: 'user', content: 'Hi' };

function decode(body: JsonObject): ChatRequest {
  return decodeRequest({ model: 'm', messages: [user], ...body }, facts);
}

function paramOf(body: JsonObject): string | undefined {
  try {
    decode(body);
  } catch (error) {
    if (error instanceof GatewayError && error.kind === 'invalid_request') {
      expect(error.message.startsWith(error.param ?? '?')).toBe(true);
      return error.param;
    }
    throw error;
  }
  return undefined;
}

describe('tools', () => {
  it('are functions, custom ones and those the provider has', () => {
    const web = { type: 'openrouter:web_search' };
    const schema = { type: 'object', properties: {} };
    expect(
      decode({
        tools: [
          { type: 'function', function: { name: 'f', description: 'd', parameters: schema, strict: true } },
          { type: 'custom', custom: { name: 'sql', format: { type: 'text' } } },
          web,
        ],
        web_search_options: { search_context_size: 'low' },
      }).tools,
    ).toEqual([
      { type: 'function', name: 'f', description: 'd', schema, strict: true },
      { type: 'custom', name: 'sql', description: undefined, format: { type: 'text' } },
      { type: 'builtin', origin: 'openai-chat', name: 'openrouter:web_search', value: web },
      { type: 'builtin', origin: 'openai-chat', name: 'web_search_options', value: { search_context_size: 'low' } },
    ]);
  });

  it.each([
    ['auto', { type: 'auto' }],
    ['any', { type: 'required' }],
    [
      { type: 'function', function: { name: 'f' } },
      { type: 'tool', name: 'f' },
    ],
    [
      { type: 'custom', custom: { name: 'f' } },
      { type: 'tool', name: 'f' },
    ],
    [
      { type: 'tool', name: 'f' },
      { type: 'tool', name: 'f' },
    ],
    [
      {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] },
      },
      { type: 'allowed', mode: 'required', names: ['f'] },
    ],
  ])('are chosen by %j', (choice, expected) => {
    expect(decode({ tool_choice: choice }).toolChoice).toEqual(expected);
  });

  it('were functions once', () => {
    const body = { functions: [{ name: 'f', parameters: {} }], function_call: { name: 'f' } };
    expect(decode(body)).toMatchObject({
      tools: [{ type: 'function', name: 'f', schema: {} }],
      toolChoice: { type: 'tool', name: 'f' },
      singleFunctionCalls: true,
      unknownMembers: [],
    });
  });
});

describe('options', () => {
  it('are read by either name', () => {
    expect(decode({ max_tokens: 5 }).maxOutputTokens).toBe(5);
    expect(decode({ max_tokens: 5, max_completion_tokens: 6 }).maxOutputTokens).toBe(6);
    expect(decode({ stop: 'a' }).stopSequences).toEqual(['a']);
    expect(decode({ stop: ['a', 'b'] }).stopSequences).toEqual(['a', 'b']);
    expect(decode({ safety_identifier: 'u' }).user).toBe('u');
    expect(decode({ logprobs: true, top_logprobs: 2 }).logprobs).toEqual({ top: 2 });
    expect(decode({ logprobs: false }).logprobs).toBeUndefined();
  });

  it('keep numbers beyond a double', () => {
    const body = parseExact('{"messages":[{"role":"user","content":"Hi"}],"seed":12345678901234567890}') as JsonObject;
    expect(decodeRequest(body, facts).seed).toEqual(new ExactNumber('12345678901234567890'));
  });

  it.each([
    [{ reasoning_effort: 'high' }, { effort: 'high' }],
    [{ reasoning_effort: 'none' }, { mode: 'off', effort: 'none' }],
    [{ reasoning: { max_tokens: 2000 } }, { budgetTokens: 2000 }],
    [{ reasoning: { enabled: false } }, { mode: 'off' }],
    [{ reasoning: { effort: 'low', exclude: true } }, { effort: 'low', summary: 'none' }],
    [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, { mode: 'on', budgetTokens: 1024 }],
    [{ thinking: { type: 'disabled' } }, { mode: 'off' }],
    [{ enable_thinking: false }, { mode: 'off' }],
    [
      { enable_thinking: true, thinking_budget: 50, reasoning_effort: 'low' },
      { mode: 'on', budgetTokens: 50, effort: 'low' },
    ],
  ])('wish for reasoning as %j', (body, expected) => {
    const nothing = { mode: undefined, effort: undefined, budgetTokens: undefined, summary: undefined };
    expect(decode(body).reasoning).toEqual({ ...nothing, ...expected });
  });

  it('say in what form the answer is to be', () => {
    const schema = { type: 'object' };
    const of = (format: JsonObject) => decode({ response_format: format }).outputFormat;
    expect(of({ type: 'text' })).toEqual({ type: 'text' });
    expect(of({ type: 'json_object' })).toEqual({ type: 'json' });
    expect(of({ type: 'json_object', schema })).toMatchObject({ type: 'json-schema', schema });
    expect(of({ type: 'json_schema', json_schema: { name: 'n', schema, strict: true } })).toEqual({
      type: 'json-schema',
      name: 'n',
      description: undefined,
      schema,
      strict: true,
    });
  });

  it('names what it does not know', () => {
    const body = { provider: { order: ['a'] }, x: 1, y: null, temperature: 1, metadata: { a: 'b' } };
    expect(decode(body).unknownMembers).toEqual(['provider', 'x']);
  });
});

it.each<[JsonObject, string]>([
  [{ messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role'],
  [{ messages: [{ content: 'x' }] }, 'messages[0].role'],
  [{ messages: [user, 'x'] }, 'messages[1]'],
  [{ messages: [{ role: 'user', content: 5 }] }, 'messages[0].content'],
  [{ messages: [{ role: 'user', content: [{ text: 'a' }] }] }, 'messages[0].content[0].type'],
  [{ messages: [{ role: 'user', content: [{ type: 'text' }] }] }, 'messages[0].content[0].text'],
  [{ messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, 'messages[0].content[0].image_url'],
  [
    { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] },
    'messages[0].content[0].image_url.url',
  ],
  [{ messages: [{ role: 'user', content: [{ type: 'file', file: {} }] }] }, 'messages[0].content[0].file'],
  [{ messages: [{ role: 'assistant', tool_calls: [{ id: 'a' }] }] }, 'messages[0].tool_calls[0].function'],
  [{ messages: [{ role: 'tool', content: 'a' }] }, 'messages[0].tool_call_id'],
  [{ tools: [{ type: 'function' }] }, 'tools[0].function'],
  [{ tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
  [{ tool_choice: 'perhaps' }, 'tool_choice'],
  [{ temperature: 'hot' }, 'temperature'],
  [{ max_tokens: 1.5 }, 'max_tokens'],
  [{ stop: [1] }, 'stop'],
  [{ response_format: { type: 'xml' } }, 'response_format.type'],
  [{ response_format: { type: 'json_schema' } }, 'response_format.json_schema'],
  [{ metadata: { a: 1 } }, 'metadata.a'],
])('names the field at fault in %j', (body, param) => {
  expect(paramOf(body)).toBe(param);
});
