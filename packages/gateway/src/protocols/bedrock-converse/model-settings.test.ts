import { describe, expect, it } from 'vitest';
import type { ChatRequest, ReasoningWish, Turn } from '../../canonical/conversation.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import { readModel } from './model-family.ts';
import protocol from './protocol.ts';
import { answerContext, itemsOf, type Json } from './stream.fixture.ts';

const claude3 = 'anthropic.claude-3-5-sonnet-20241022-v2:0';
const claude45 = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const claude46 = 'anthropic.claude-opus-4-6-v1';
const claude5 = 'global.anthropic.claude-opus-5';
const nova2 = 'us.amazon.nova-2-lite-v1:0';
const gptOss = 'openai.gpt-oss-120b-1:0';
const llama = 'us.meta.llama3-3-70b-instruct-v1:0';

const user: Turn = { role: 'user', parts: [{ type: 'text', text: 'Hi' }] };

function encode(model: string | undefined, more: Partial<ChatRequest>): Json {
  const request = { ...answerContext.request, origin: 'openai-chat', turns: [user], ...more } as const;
  const { messages: _, ...body } = JSON.parse(
    protocol.upstream.encodeRequest(request, { model, quirks: {}, defaultMaxOutputTokens: 4096 }).toString('utf8'),
  );
  return body;
}

const wish = (some: Partial<ReasoningWish>): ReasoningWish => ({
  mode: undefined,
  effort: undefined,
  budgetTokens: undefined,
  summary: undefined,
  ...some,
});

describe('readModel', () => {
  it.each([
    [claude3, 'claude', 305],
    ['anthropic.claude-3-haiku-20240307-v1:0', 'claude', 300],
    ['us.anthropic.claude-sonnet-4-20250514-v1:0', 'claude', 400],
    ['us.anthropic.claude-opus-4-1-20250805-v1:0', 'claude', 401],
    [claude45, 'claude', 405],
    [claude46, 'claude', 406],
    [claude5, 'claude', 500],
    ['anthropic.claude-fable-5-1', 'claude', 501],
    ['anthropic.claude-mythos-preview', 'claude', Number.POSITIVE_INFINITY],
    ['arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0', 'claude', 405],
    ['amazon.nova-lite-v1:0', 'nova', 100],
    [nova2, 'nova', 200],
    [gptOss, 'gpt-oss', Number.POSITIVE_INFINITY],
    [llama, 'plain', Number.POSITIVE_INFINITY],
    ['cohere.command-r-v1:0', 'cohere', Number.POSITIVE_INFINITY],
    ['arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/ab12', 'unknown', Number.POSITIVE_INFINITY],
    [undefined, 'unknown', Number.POSITIVE_INFINITY],
  ])('takes %s for %s %d', (id, family, version) => {
    expect(readModel(id)).toMatchObject({ family, version });
  });
});

describe('sampling', () => {
  const all = { temperature: 1.5, topP: 0.9, topK: 7, maxOutputTokens: 50, stopSequences: ['x'] };

  it.each([
    [claude3, { maxTokens: 50, temperature: 1, topP: 0.9 }, { top_k: 7 }],
    [claude45, { maxTokens: 50, temperature: 1 }, { top_k: 7 }],
    [claude5, { maxTokens: 50 }, undefined],
    [nova2, { maxTokens: 50, temperature: 1, topP: 0.9 }, { inferenceConfig: { topK: 7 } }],
    ['cohere.command-r-v1:0', { maxTokens: 50, temperature: 1, topP: 0.9 }, { k: 7 }],
    [llama, { maxTokens: 50, temperature: 1, topP: 0.9 }, undefined],
    [undefined, { maxTokens: 50, temperature: 1, topP: 0.9 }, { top_k: 7 }],
  ])('of %s is what it takes', (model, inference, fields) => {
    const body = encode(model, all);
    expect(body.inferenceConfig).toEqual({ ...inference, stopSequences: ['x'] });
    expect(body.additionalModelRequestFields).toEqual(fields);
    // Only Claude can be asked which stop sequence it met.
    expect(body.additionalModelResponseFieldPaths).toEqual(model?.includes('claude') ? ['/stop_sequence'] : undefined);
  });
});

describe('reasoning', () => {
  const fieldsOf = (model: string, more: Partial<ChatRequest>) => {
    const { additionalModelRequestFields: fields, outputConfig, inferenceConfig } = encode(model, more);
    return { ...fields, ...outputConfig, ...inferenceConfig };
  };

  it.each([
    [claude45, { effort: 'low' }, { thinking: { type: 'enabled', budget_tokens: 2048 } }],
    [claude45, { mode: 'on', budgetTokens: 500 }, { thinking: { type: 'enabled', budget_tokens: 1024 } }],
    [claude45, { mode: 'adaptive' }, { thinking: { type: 'enabled', budget_tokens: 8192 } }],
    [claude45, { mode: 'off' }, {}],
    [claude45, { summary: 'auto' }, {}],
    [claude46, { effort: 'xhigh' }, { thinking: { type: 'adaptive' }, effort: 'high' }],
    [
      claude46,
      { effort: 'minimal', summary: 'none' },
      { thinking: { type: 'adaptive', display: 'omitted' }, effort: 'low' },
    ],
    [claude5, { mode: 'on', budgetTokens: 25_000 }, { thinking: { type: 'adaptive' }, effort: 'high' }],
    [claude5, { effort: 'none' }, { thinking: { type: 'disabled' } }],
    ['anthropic.claude-fable-5', { mode: 'off' }, { effort: 'low' }],
    [nova2, { effort: 'minimal' }, { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } }],
    [nova2, { mode: 'on' }, { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'medium' } }],
    [nova2, { mode: 'off' }, {}],
    ['amazon.nova-lite-v1:0', { effort: 'high' }, {}],
    [gptOss, { budgetTokens: 30_000 }, { reasoning_effort: 'high' }],
    [gptOss, { effort: 'none' }, { reasoning_effort: 'low' }],
    [llama, { effort: 'high' }, {}],
  ] as const)('of %s by %j', (model, some, expected) => {
    expect(fieldsOf(model, { reasoning: wish(some) })).toEqual(expected);
  });

  it('makes room for a budget that was named, and yields to a limit where it was not', () => {
    const named = fieldsOf(claude45, { reasoning: wish({ mode: 'on', budgetTokens: 4000 }), maxOutputTokens: 1000 });
    expect(named).toEqual({ thinking: { type: 'enabled', budget_tokens: 4000 }, maxTokens: 5000 });
    const meant = fieldsOf(claude45, { reasoning: wish({ effort: 'high' }), maxOutputTokens: 10_000 });
    expect(meant).toEqual({ thinking: { type: 'enabled', budget_tokens: 8000 }, maxTokens: 10_000 });
  });

  it('goes before temperature, not before a tool that must be called', () => {
    const reasoning = wish({ effort: 'low' });
    expect(fieldsOf(claude45, { reasoning, temperature: 0.2, topP: 0.97, topK: 3 })).toEqual({
      thinking: { type: 'enabled', budget_tokens: 2048 },
      topP: 0.97,
    });
    const tools = [{ type: 'function', name: 'f', description: '', schema: undefined, strict: undefined }] as const;
    expect(fieldsOf(claude45, { reasoning, tools, toolChoice: { type: 'required' }, temperature: 0.2 })).toEqual({
      temperature: 0.2,
    });
    expect(fieldsOf(nova2, { reasoning: wish({ effort: 'high' }), temperature: 0.2 })).toEqual({
      reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' },
    });
    expect(fieldsOf(nova2, { reasoning: wish({ effort: 'high' }), maxOutputTokens: 9 })).toEqual({
      reasoningConfig: { type: 'enabled', maxReasoningEffort: 'medium' },
      maxTokens: 9,
    });
  });

  it('is left out where a turn goes on that began without it', () => {
    const call = { type: 'tool-call', id: 'c', name: 'f', arguments: '{}', kind: 'function' } as const;
    const result = {
      type: 'tool-result',
      callId: 'c',
      name: 'f',
      content: [],
      isError: false,
      kind: 'function',
    } as const;
    const signature = { origin: 'bedrock-converse', value: 's' } as const;
    const turns = (parts: Turn['parts']): Turn[] => [
      user,
      { role: 'assistant', parts },
      { role: 'user', parts: [result] },
    ];
    const reasoning = wish({ effort: 'low' });
    expect(fieldsOf(claude45, { reasoning, turns: turns([call]) })).toEqual({});
    const own = turns([{ type: 'reasoning', text: 'r', signature }, call]);
    expect(fieldsOf(claude45, { reasoning, turns: own })).toHaveProperty('thinking');
    expect(fieldsOf(claude46, { reasoning, turns: turns([call]) })).toHaveProperty('thinking');
  });

  it.each([
    ['{"thinking":{"type":"enabled","budget_tokens":2000}}', claude5],
    ['{"thinking":{"type":"disabled"}}', claude45],
    ['{"thinking":{"type":"adaptive","display":"summarized"}}', claude45],
    ['{"reasoningConfig":{"type":"enabled","maxReasoningEffort":"high"}}', nova2],
    ['{"reasoning_effort":"low"}', gptOss],
  ])('asked for in %s is asked for so', (json, model) => {
    const request = protocol.client.decodeRequest(
      { messages: [{ role: 'user', content: [] }], additionalModelRequestFields: JSON.parse(json) },
      { model: undefined, stream: false, includeUsage: true, choices: 1 },
    );
    expect(encode(model, { ...request }).additionalModelRequestFields).toEqual(JSON.parse(json));
  });
});

describe('tools', () => {
  const tool = (name: string) =>
    ({ type: 'function', name, description: undefined, schema: undefined, strict: true }) as const;
  const tools = [tool('f'), tool('g')];
  const called: Turn[] = [
    user,
    { role: 'assistant', parts: [{ type: 'tool-call', id: 'c', name: 'h', arguments: '{}', kind: 'function' }] },
  ];
  const namesOf = (body: Json) => itemsOf(body.toolConfig.tools).map(({ toolSpec }) => toolSpec.name);

  it('that may not be called are left out, or kept and forbidden where some have been', () => {
    expect(encode(claude45, { tools, toolChoice: { type: 'none' } })).toEqual({});
    const forbidden = encode(claude45, { tools, toolChoice: { type: 'none' }, turns: called });
    expect(namesOf(forbidden)).toEqual(['f', 'g']);
    expect(forbidden.toolConfig.toolChoice).toBeUndefined();
    expect(forbidden.system).toEqual([{ text: 'Do not call any tools. Answer in words.' }]);
    expect(namesOf(encode(claude45, { turns: called }))).toEqual(['h']);
  });

  it('that are allowed are the ones that are sent', () => {
    const body = encode(claude45, { tools, toolChoice: { type: 'allowed', mode: 'required', names: ['g'] } });
    expect(namesOf(body)).toEqual(['g']);
    expect(body.toolConfig.toolChoice).toEqual({ any: {} });
  });

  it('have schemas of objects, strict where the model knows it', () => {
    const spec = (model: string, schema: unknown) =>
      encode(model, { tools: [{ ...tool('f'), schema }] }).toolConfig.tools[0].toolSpec;
    expect(spec(nova2, undefined)).toEqual({ name: 'f', inputSchema: { json: { type: 'object', properties: {} } } });
    expect(spec(claude45, { properties: { a: { type: 'integer', minimum: 1 } } })).toEqual({
      name: 'f',
      strict: true,
      inputSchema: {
        json: {
          type: 'object',
          properties: { a: { type: 'integer', description: '{"minimum":1}' } },
          additionalProperties: false,
        },
      },
    });
  });

  it('of other providers are refused', () => {
    const builtin = { type: 'builtin', origin: 'openai-responses', name: 'web_search', value: {} } as const;
    expect(() => encode(claude45, { tools: [builtin] })).toThrow(GatewayError);
  });

  it('are marked for the cache where the model can', () => {
    const marked = [{ ...tool('f'), cache: { ttl: undefined } }];
    expect(encode(claude45, { tools: marked }).toolConfig.tools[1]).toEqual({ cachePoint: { type: 'default' } });
    expect(encode(nova2, { tools: marked }).toolConfig.tools).toHaveLength(1);
    const turns: Turn[] = [{ role: 'user', parts: [{ type: 'text', text: 'a', cache: { ttl: '5m' } }] }];
    const texts = (model: string) => JSON.stringify(encode(model, { turns, tools: [] }));
    expect(texts(llama)).not.toContain('cachePoint');
  });
});

describe('the form of the answer', () => {
  const schema = { type: 'object', properties: {} };
  const outputFormat = { type: 'json-schema', name: 'n', description: undefined, schema, strict: true } as const;

  it('is asked for natively, or in words', () => {
    const { structure } = encode(claude45, { outputFormat }).outputConfig.textFormat;
    expect(JSON.parse(String(structure.jsonSchema.schema))).toEqual({ ...schema, additionalProperties: false });
    expect(encode(gptOss, { outputFormat }).outputConfig.textFormat.structure.jsonSchema.schema).toBe(
      JSON.stringify(schema),
    );
    expect(encode(nova2, { outputFormat }).system[0].text).toContain(JSON.stringify(schema));
    expect(encode(claude45, { outputFormat: { type: 'json' } }).system[0].text).toContain('JSON only');
    expect(encode(claude45, { outputFormat: { type: 'text' } })).toEqual({});
  });
});

describe('what goes along', () => {
  it('is what the wire takes', () => {
    expect(encode(claude45, { serviceTier: 'auto', metadata: { 'a b': 'x', é: 'y', c: 'z'.repeat(300) } })).toEqual({
      requestMetadata: { 'a b': 'x' },
    });
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, '']));
    expect(Object.keys(encode(claude45, { metadata: many }).requestMetadata)).toHaveLength(16);
  });

  it('is told of where some of it is left out', () => {
    const droppedOf = (metadata: Record<string, string>) => {
      const dropped: string[] = [];
      const noteDropped = (feature: string): void => void dropped.push(feature);
      const context = { model: claude45, quirks: {}, defaultMaxOutputTokens: 1, noteDropped };
      protocol.upstream.encodeRequest({ ...answerContext.request, metadata }, context);
      return dropped;
    };
    expect(droppedOf({ a: 'b', c: 'z'.repeat(300) })).toEqual(['metadata']);
    expect(droppedOf({ a: 'b' })).toEqual([]);
  });

  it('is renamed or left out for those who want it so', () => {
    const request = { ...answerContext.request, serviceTier: 'flex', metadata: { a: 'b' } };
    const quirks = { refusedMembers: ['serviceTier'], renamedMembers: { requestMetadata: 'tags' } };
    const body = protocol.upstream.encodeRequest(request, { model: claude45, quirks, defaultMaxOutputTokens: 1 });
    expect(JSON.parse(body.toString())).toEqual({
      messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
      tags: { a: 'b' },
    });
  });
});
