import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerText } from '../answer-text.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { readEventStream } from '../testing/event-stream.ts';
import { exchange } from '../testing/raw-exchange.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ tokens: 3 });
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const text = answerText(3);
const hello = { messages: [{ role: 'user', content: [{ text: 'Hello there' }] }] };

function post(operation: string, body: object = hello, model = 'anthropic.claude-x-v1:0') {
  return exchange(simulator.url, { path: `/model/${encodeURIComponent(model)}/${operation}`, body });
}

async function ask(operation: string, body?: object, model?: string) {
  const reply = await post(operation, body, model);
  expect(reply).toMatchObject({ status: 200, complete: true, headers: { 'content-type': 'application/json' } });
  return JSON.parse(reply.text);
}

async function stream(body?: object): Promise<[type: string | undefined, fields: Record<string, unknown>][]> {
  const reply = await post('converse-stream', body);
  expect(reply.headers['content-type']).toBe('application/vnd.amazon.eventstream');
  return readEventStream(Buffer.concat(reply.chunks)).map(({ headers, payload }) => {
    const { p: padding, ...fields } = JSON.parse(payload) as Record<string, unknown>;
    expect(padding).toMatch(/^a/);
    expect(headers).toMatchObject({ ':content-type': 'application/json', ':message-type': 'event' });
    return [headers[':event-type'], fields];
  });
}

const contentOf = (answer: { output: { message: { content: unknown } } }) => answer.output.message.content;

describe('converse', () => {
  it('answers for ids that are percent-encoded', async () => {
    const arn = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.claude-x-v1:0';
    const reply = await post('converse', { ...hello, system: [{ text: 'Be brief.' }] }, arn);
    expect(JSON.parse(reply.text)).toEqual({
      metrics: { latencyMs: expect.any(Number) },
      output: { message: { content: [{ text }], role: 'assistant' } },
      stopReason: 'end_turn',
      usage: { inputTokens: 4, outputTokens: 3, totalTokens: 7, cacheReadInputTokens: 0, cacheWriteInputTokens: 0 },
    });
    expect(reply.headers['x-amzn-requestid']).toBe('sim0000000000');
    expect(simulator.attempts[0]).toMatchObject({ model: arn, stream: false });
    const short = await ask('converse', { ...hello, inferenceConfig: { maxTokens: 1 } });
    expect(short).toMatchObject({ stopReason: 'max_tokens', output: { message: { content: [{ text: 'Every' }] } } });
  });

  it('thinks, redacts, cites and refuses as scripted', async () => {
    const citations = [{ citedText: 'quote', title: 'A page', url: 'https://a.test/b' }];
    simulator.script([
      { kind: 'answer', text: 'Yes.', reasoning: 'Hm.', signature: 'c2ln', redacted: 'secret', citations },
      { kind: 'answer', refusal: 'No.' },
    ]);
    expect(contentOf(await ask('converse'))).toEqual([
      { reasoningContent: { reasoningText: { signature: 'c2ln', text: 'Hm.' } } },
      { reasoningContent: { redactedContent: 'c2VjcmV0' } },
      {
        citationsContent: {
          content: [{ text: 'Yes.' }],
          citations: [
            {
              title: 'A page',
              sourceContent: [{ text: 'quote' }],
              location: { web: { url: 'https://a.test/b', domain: 'a.test' } },
            },
          ],
        },
      },
    ]);
    expect(await ask('converse')).toMatchObject({
      stopReason: 'content_filtered',
      output: { message: { content: [{ text: 'No.' }] } },
    });
  });

  it('uses a tool until its result is there', async () => {
    const json = { type: 'object', properties: { city: { type: 'string' } } };
    const tools = ['first', 'second'].map((name) => ({ toolSpec: { name, inputSchema: { json } } }));
    const body = { ...hello, toolConfig: { tools, toolChoice: { tool: { name: 'second' } } } };
    const called = await ask('converse', body);
    expect(called.stopReason).toBe('tool_use');
    const toolUse = { input: { city: 'Zürich' }, name: 'second', toolUseId: expect.stringMatching(/^tooluse_/) };
    expect(contentOf(called)).toEqual([{ toolUse }]);
    const content = [{ toolResult: { toolUseId: 'x', content: [{ json: { sky: 'blue' } }] } }, { cachePoint: {} }];
    const messages = [...hello.messages, { role: 'user', content }];
    expect(contentOf(await ask('converse', { ...body, messages }))).toEqual([{ text }]);
  });

  it('answers JSON to a schema, and continues what the assistant began', async () => {
    const schema = JSON.stringify({ type: 'object', properties: { ok: { type: 'boolean' } } });
    const outputConfig = { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema } } } };
    expect(contentOf(await ask('converse', { ...hello, outputConfig }))).toEqual([{ text: '{"ok":true}' }]);
    const messages = [...hello.messages, { role: 'assistant', content: [{ text: 'Every' }] }];
    expect(contentOf(await ask('converse', { messages }))).toEqual([{ text: text.slice(5) }]);
  });
});

describe('converse-stream', () => {
  it('sends the events of a text, one frame a chunk', async () => {
    const delta = (word: string) => ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: word } }];
    expect(await stream()).toEqual([
      ['messageStart', { role: 'assistant' }],
      ...['Every', ' café', ' serves'].map(delta),
      ['contentBlockStop', { contentBlockIndex: 0 }],
      ['messageStop', { stopReason: 'end_turn' }],
      ['metadata', { metrics: expect.anything(), usage: expect.objectContaining({ inputTokens: 2, outputTokens: 3 }) }],
    ]);
    expect(simulator.attempts[0]).toMatchObject({ stream: true, tokensSent: 3 });
    expect((await post('converse-stream')).chunks).toHaveLength(7);
  });

  it('sends reasoning with its signature, redacted reasoning, and tools in fragments', async () => {
    const toolCalls = [
      { name: 'a', arguments: { long: 'argument text' } },
      { name: 'b', arguments: {} },
    ];
    simulator.behave({ kind: 'answer', reasoning: 'Think hard.', redacted: 'x', toolCalls, done: false });
    const events = await stream();
    expect(events.map(([type]) => type).filter((type) => type !== 'contentBlockDelta')).toEqual([
      'messageStart',
      ...['contentBlockStop', 'contentBlockStop'],
      ...['contentBlockStart', 'contentBlockStop', 'contentBlockStart', 'contentBlockStop'],
      'messageStop',
    ]);
    const deltas = events.flatMap(([, fields]) => (fields['delta'] === undefined ? [] : [fields]));
    expect(deltas.slice(0, 4)).toEqual([
      { contentBlockIndex: 0, delta: { reasoningContent: { text: 'Think' } } },
      { contentBlockIndex: 0, delta: { reasoningContent: { text: ' hard.' } } },
      { contentBlockIndex: 0, delta: { reasoningContent: { signature: expect.any(String) } } },
      { contentBlockIndex: 1, delta: { reasoningContent: { redactedContent: 'eA==' } } },
    ]);
    const fragments = deltas.filter((fields) => fields['contentBlockIndex'] === 2);
    expect(fragments.length).toBeGreaterThan(3);
    const inputs = fragments.map(({ delta }) => (delta as { toolUse: { input: string } }).toolUse.input);
    expect(inputs.join('')).toBe('{"long":"argument text"}');
  });
});

describe('the other operations', () => {
  it('count tokens, of a conversation or of an invocation', async () => {
    expect(await ask('count-tokens', { input: { converse: hello } })).toEqual({ inputTokens: 2 });
    const body = Buffer.from(JSON.stringify(hello)).toString('base64');
    expect(await ask('count-tokens', { input: { invokeModel: { body } } })).toEqual({ inputTokens: 2 });
  });

  it('embed with Titan and with Cohere', async () => {
    const titan = await post('invoke', { inputText: 'a b', dimensions: 4 }, 'amazon.titan-embed-text-v2:0');
    expect(titan.headers['x-amzn-bedrock-input-token-count']).toBe('2');
    expect(JSON.parse(titan.text)).toEqual({ embedding: expect.any(Array), inputTextTokenCount: 2 });
    const texts = ['a b', 'c'];
    const plain = await ask('invoke', { texts, input_type: 'search_query' }, 'cohere.embed-english-v3');
    expect(plain).toMatchObject({ response_type: 'embeddings_floats', texts });
    expect(plain.embeddings.map((vector: number[]) => vector.length)).toEqual([16, 16]);
    const typed = await ask('invoke', { texts, embedding_types: ['int8'] }, 'us.cohere.embed-v4:0');
    expect(Object.keys(typed.embeddings)).toEqual(['int8']);
  });
});
