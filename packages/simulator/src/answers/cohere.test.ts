import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerText } from '../answer-text.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { exchange, streamData } from '../testing/raw-exchange.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ tokens: 3 });
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const text = answerText(3);
const hello = { model: 'command', messages: [{ role: 'user', content: 'Hello there' }] };
const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const tools = [{ type: 'function', function: { name: 'look', parameters } }];

async function ask(path: string, body: object) {
  const reply = await exchange(simulator.url, { path, body });
  expect(reply).toMatchObject({ status: 200, complete: true });
  return JSON.parse(reply.text);
}

async function stream(body: object = hello): Promise<Record<string, unknown>[]> {
  const reply = await exchange(simulator.url, { path: '/v2/chat', body: { ...body, stream: true } });
  expect(reply.headers['content-type']).toBe('text/event-stream');
  expect(reply.text.endsWith('\n\ndata: [DONE]\n\n')).toBe(true);
  const events = streamData(reply.text).slice(0, -1) as Record<string, unknown>[];
  expect([...reply.text.matchAll(/^event: (.+)$/gm)].map(([, name]) => name)).toEqual(events.map(({ type }) => type));
  return events;
}

describe('/v2/chat', () => {
  it('answers in the shape of Cohere', async () => {
    expect(await ask('/v2/chat', hello)).toEqual({
      id: 'sim0000000000',
      message: { role: 'assistant', content: [{ type: 'text', text }] },
      finish_reason: 'COMPLETE',
      usage: {
        billed_units: { input_tokens: 2, output_tokens: 3 },
        tokens: { input_tokens: 2, output_tokens: 3 },
        cached_tokens: 0,
      },
    });
    expect(await ask('/v2/chat', { ...hello, max_tokens: 1 })).toMatchObject({ finish_reason: 'MAX_TOKENS' });
  });

  it('streams events and ends with [DONE]', async () => {
    const reply = await exchange(simulator.url, { path: '/v2/chat', body: { ...hello, max_tokens: 1, stream: true } });
    const opened = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] };
    const counted = '{"input_tokens":2,"output_tokens":1}';
    expect(reply.text).toBe(
      [
        `event: message-start\ndata: {"id":"sim0000000000","type":"message-start","delta":{"message":${JSON.stringify(opened)}}}`,
        'event: content-start\ndata: {"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}',
        'event: content-delta\ndata: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"Every"}}}}',
        'event: content-end\ndata: {"type":"content-end","index":0}',
        `event: message-end\ndata: {"type":"message-end","delta":{"finish_reason":"MAX_TOKENS","usage":{"billed_units":${counted},"tokens":${counted},"cached_tokens":0}}}`,
        'data: [DONE]\n\n',
      ].join('\n\n'),
    );
  });

  it('thinks and cites', async () => {
    const citations = [{ citedText: 'quote', title: 'A page' }];
    simulator.behave({ kind: 'answer', text: 'Yes.', reasoning: 'Think hard.', citations });
    const { message, usage } = await ask('/v2/chat', hello);
    expect(message.content).toEqual([
      { type: 'thinking', thinking: 'Think hard.' },
      { type: 'text', text: 'Yes.' },
    ]);
    const source = { type: 'document', id: 'doc:0', document: { id: 'doc:0', title: 'A page', text: 'quote' } };
    const citation = { start: 0, end: 4, text: 'Yes.', sources: [source], type: 'TEXT_CONTENT', content_index: 1 };
    expect(message.citations).toEqual([citation]);
    expect(usage.tokens.reasoning_tokens).toBe(2);
    const events = await stream();
    expect(events.map(({ type }) => type)).toEqual([
      'message-start',
      ...['content-start', 'content-delta', 'content-delta', 'content-end'],
      ...['content-start', 'content-delta', 'citation-start', 'citation-end', 'content-end'],
      'message-end',
    ]);
    expect(events[2]).toMatchObject({ index: 0, delta: { message: { content: { thinking: 'Think' } } } });
    expect(events[7]).toMatchObject({ index: 0, delta: { message: { citations: citation } } });
  });

  it('calls tools with a plan, in fragments, until the result is there', async () => {
    expect((await ask('/v2/chat', { ...hello, tools })).message).toEqual({
      role: 'assistant',
      tool_calls: [
        { id: expect.any(String), type: 'function', function: { name: 'look', arguments: '{"city":"Zürich"}' } },
      ],
    });
    expect((await ask('/v2/chat', { ...hello, tools, tool_choice: 'NONE' })).finish_reason).toBe('COMPLETE');
    const messages = [...hello.messages, { role: 'tool', tool_call_id: 'x', content: 'blue' }];
    expect((await ask('/v2/chat', { ...hello, tools, messages })).finish_reason).toBe('COMPLETE');
    const toolCalls = ['a', 'b'].map((name) => ({ name, arguments: { long: 'argument' } }));
    simulator.behave({ kind: 'answer', text: 'I will look.', toolCalls });
    const events = await stream();
    const plan = events.filter(({ type }) => type === 'tool-plan-delta');
    expect(plan).toHaveLength(3);
    expect(events.filter(({ type }) => String(type).startsWith('content'))).toEqual([]);
    const second = events.filter(({ index }) => index === 1);
    expect(second[0]).toMatchObject({
      type: 'tool-call-start',
      delta: { message: { tool_calls: { type: 'function', function: { name: 'b', arguments: '' } } } },
    });
    expect(second.at(-1)).toEqual({ type: 'tool-call-end', index: 1 });
    expect(second.length).toBeGreaterThan(4);
    expect(events.at(-1)).toMatchObject({ type: 'message-end', delta: { finish_reason: 'TOOL_CALL' } });
  });

  it('answers JSON to a schema', async () => {
    const { message } = await ask('/v2/chat', {
      ...hello,
      response_format: { type: 'json_object', json_schema: parameters },
    });
    expect(JSON.parse(message.content[0].text)).toEqual({ city: 'Zürich' });
  });
});

describe('the other endpoints', () => {
  it('embed by type', async () => {
    const answer = await ask('/v2/embed', {
      model: 'embed',
      texts: ['a b', 'c'],
      input_type: 'search_document',
      output_dimension: 8,
      embedding_types: ['float', 'int8', 'uint8', 'ubinary', 'binary', 'base64'],
    });
    expect(answer).toMatchObject({
      texts: ['a b', 'c'],
      response_type: 'embeddings_by_type',
      meta: { api_version: { version: '2' }, billed_units: { input_tokens: 3 } },
    });
    const { float, int8, uint8, ubinary, binary, base64 } = answer.embeddings;
    expect(float).toHaveLength(2);
    expect(int8[0]).toEqual(float[0].map((value: number) => Math.round(value * 127)));
    expect(uint8[0]).toEqual(int8[0].map((value: number) => value + 128));
    expect(ubinary[0]).toEqual([binary[0][0] + 128]);
    expect(Buffer.from(base64[0], 'base64')).toHaveLength(32);
  });

  it('rerank', async () => {
    const documents = ['red fish', 'blue bird', 'a blue fish'];
    expect(await ask('/v2/rerank', { model: 'm', query: 'blue fish', documents, top_n: 1 })).toEqual({
      id: expect.any(String),
      results: [{ index: 2, relevance_score: 0.75 }],
      meta: { api_version: { version: '2' }, billed_units: { search_units: 1 } },
    });
  });
});
