import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerText } from '../answer-text.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { exchange, type RawReply, streamData } from '../testing/raw-exchange.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ tokens: 3 });
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

interface Chunk {
  readonly candidates: readonly {
    readonly content?: { readonly parts: readonly Record<string, unknown>[]; readonly role: string };
    readonly finishReason?: string;
    readonly index: number;
  }[];
  readonly usageMetadata?: Readonly<Record<string, unknown>>;
}

const text = answerText(3);
const hello = { contents: [{ role: 'user', parts: [{ text: 'Hello there' }] }] };

function post(method: string, body: object = hello, model = 'gemini-x', prefix = '/v1beta'): Promise<RawReply> {
  return exchange(simulator.url, { path: `${prefix}/models/${encodeURIComponent(model)}:${method}`, body });
}

async function ask(method: string, body?: object) {
  const reply = await post(method, body);
  expect(reply).toMatchObject({ status: 200, complete: true });
  return JSON.parse(reply.text);
}

async function stream(body?: object): Promise<Chunk[]> {
  const reply = await post('streamGenerateContent?alt=sse', body);
  expect(reply).toMatchObject({ status: 200, complete: true });
  return streamData(reply.text) as Chunk[];
}

const partsOf = (chunks: readonly Chunk[]) => chunks.flatMap(({ candidates }) => candidates[0]?.content?.parts ?? []);

describe('generateContent', () => {
  it('answers behind the prefixes of both services, the model in the path', async () => {
    const vertex = '/v1/projects/p/locations/l/publishers/google';
    for (const prefix of ['/v1beta', '/v1', '', vertex]) {
      const reply = await post('generateContent', hello, 'gemini-x', prefix);
      expect(reply.headers['content-type']).toBe('application/json; charset=UTF-8');
      expect(JSON.parse(reply.text)).toMatchObject({
        candidates: [{ content: { parts: [{ text }], role: 'model' }, finishReason: 'STOP', index: 0 }],
        usageMetadata: { promptTokenCount: 2, candidatesTokenCount: 3, totalTokenCount: 5 },
        modelVersion: 'gemini-x',
      });
    }
    expect(simulator.attempts.map(({ model }) => model)).toEqual(Array(4).fill('gemini-x'));
  });

  it('writes exactly these bytes', async () => {
    const { text: body } = await post('generateContent', { contents: [], generationConfig: { maxOutputTokens: 1 } });
    expect(body).toBe(`{
  "candidates": [
    {
      "content": {
        "parts": [
          {
            "text": "Every"
          }
        ],
        "role": "model"
      },
      "finishReason": "MAX_TOKENS",
      "index": 0
    }
  ],
  "usageMetadata": {
    "promptTokenCount": 0,
    "candidatesTokenCount": 1,
    "totalTokenCount": 1,
    "promptTokensDetails": [
      {
        "modality": "TEXT",
        "tokenCount": 0
      }
    ]
  },
  "modelVersion": "gemini-x",
  "responseId": "sim0000000000"
}`);
  });

  it('thinks, signs, grounds and refuses as scripted', async () => {
    simulator.script([
      {
        kind: 'answer',
        text: 'Yes.',
        reasoning: 'Well, well.',
        citations: [{ citedText: 'q', url: 'https://a.test/' }],
      },
      { kind: 'answer', refusal: 'No way.' },
      { kind: 'answer', text: 'Yes.', signature: '', reasoning: 'Hm.', finishReason: 'content_filter', usage: 'never' },
    ]);
    const thought = await ask('generateContent');
    expect(thought.candidates[0].content.parts).toEqual([
      { text: 'Well, well.', thought: true },
      { text: 'Yes.', thoughtSignature: expect.any(String) },
    ]);
    expect(thought.candidates[0].groundingMetadata.groundingChunks).toEqual([
      { web: { uri: 'https://a.test/', title: '' } },
    ]);
    expect(thought.usageMetadata).toMatchObject({ candidatesTokenCount: 1, thoughtsTokenCount: 2, totalTokenCount: 5 });
    const [refused] = (await ask('generateContent')).candidates;
    expect(refused).toEqual({ finishReason: 'SAFETY', index: 0, finishMessage: 'No way.' });
    const unsigned = await ask('generateContent');
    expect(unsigned.candidates[0]).toMatchObject({
      content: { parts: [{}, { text: 'Yes.' }] },
      finishReason: 'SAFETY',
    });
    expect(JSON.stringify(unsigned)).not.toMatch(/thoughtSignature|usageMetadata/);
  });

  it('calls a declared function until its response is there, in either spelling', async () => {
    const parameters = { type: 'OBJECT', properties: { city: { type: 'STRING' }, days: { type: 'INTEGER' } } };
    const parametersJsonSchema = { type: 'object', properties: { up: { type: 'boolean' } } };
    const tools = [
      {
        functionDeclarations: [
          { name: 'first', parameters },
          { name: 'second', parametersJsonSchema },
        ],
      },
    ];
    const body = { ...hello, tools };
    const called = await ask('generateContent', body);
    expect(called.candidates[0]).toMatchObject({
      content: { parts: [{ functionCall: { name: 'first', args: { city: 'Zürich', days: 7 } } }] },
      finishReason: 'STOP',
    });
    const named = { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['second'] } };
    const snake = {
      contents: [],
      tools: [{ function_declarations: tools[0]?.functionDeclarations }],
      tool_config: named,
    };
    expect(partsOf([await ask('generateContent', snake)])).toEqual([
      { functionCall: { name: 'second', args: { up: true } } },
    ]);
    const none = { ...body, toolConfig: { functionCallingConfig: { mode: 'NONE' } } };
    expect(partsOf([await ask('generateContent', none)])).toEqual([{ text }]);
    const functionResponse = { name: 'first', response: { sky: 'blue' } };
    const contents = [...hello.contents, { role: 'user', parts: [{ functionResponse }] }];
    expect(partsOf([await ask('generateContent', { ...body, contents })])).toEqual([{ text }]);
  });

  it('answers JSON to a schema, and continues what the model began', async () => {
    const properties = {
      name: { type: 'STRING' },
      tags: { type: 'ARRAY', items: { type: 'STRING', enum: ['a', 'b'] } },
    };
    const responseSchema = { type: 'OBJECT', properties };
    const [part] = partsOf([await ask('generateContent', { ...hello, generationConfig: { responseSchema } })]);
    expect(JSON.parse(String(part?.['text']))).toEqual({ name: 'Zürich', tags: ['a'] });
    const thought = { text: 'Hm.', thought: true };
    const contents = [...hello.contents, { role: 'model', parts: [thought, { text: 'Every' }] }];
    expect(partsOf([await ask('generateContent', { contents })])).toEqual([{ text: text.slice('Every'.length) }]);
  });
});

describe('streamGenerateContent', () => {
  it('sends events with CRLF, usage on each, and no terminator', async () => {
    const reply = await post('streamGenerateContent?alt=sse');
    expect(reply.headers['content-type']).toBe('text/event-stream');
    expect(reply.chunks).toHaveLength(4);
    for (const chunk of reply.chunks) expect(chunk.toString()).toMatch(/^data: \{.*\}\r\n\r\n$/);
    const chunks = streamData(reply.text) as Chunk[];
    expect(partsOf(chunks).map((part) => part['text'])).toEqual(['Every', ' café', ' serves', '']);
    expect(chunks.map(({ usageMetadata }) => usageMetadata?.['candidatesTokenCount'])).toEqual([1, 2, 3, 3]);
    expect(chunks.map(({ candidates }) => candidates[0]?.finishReason)).toEqual([
      undefined,
      undefined,
      undefined,
      'STOP',
    ]);
    expect(new Set(chunks.map((chunk) => (chunk as { responseId?: string }).responseId)).size).toBe(1);
    expect(simulator.attempts[0]).toMatchObject({ stream: true, tokensSent: 3 });
  });

  it('sends one array when no events are asked for', async () => {
    const reply = await post('streamGenerateContent');
    expect(reply.headers['content-type']).toBe('application/json; charset=UTF-8');
    expect(reply.chunks).toHaveLength(5);
    expect(reply.chunks[1]?.toString()).toMatch(/^,\r\n\{\n {2}"candidates"/);
    const parts = partsOf(JSON.parse(reply.text));
    expect(parts.map((part) => part['text']).join('')).toBe(text);
    simulator.behave({ kind: 'answer', done: false });
    expect((await post('streamGenerateContent')).text.endsWith('}\n')).toBe(true);
  });

  it('streams thoughts, then calls whole, the first of them signed', async () => {
    const toolCalls = [
      { name: 'a', arguments: { x: 1 } },
      { name: 'b', arguments: '{"y":' },
    ];
    simulator.behave({ kind: 'answer', reasoning: 'Think hard.', toolCalls, signature: 'c2ln' });
    expect(partsOf(await stream())).toEqual([
      { text: 'Think', thought: true },
      { text: ' hard.', thought: true },
      { functionCall: { name: 'a', args: { x: 1 } }, thoughtSignature: 'c2ln' },
      { functionCall: { name: 'b', args: {} } },
      { text: '' },
    ]);
    simulator.behave({ kind: 'answer', reasoning: 'Hm.', text: 'Yes.', signature: 'c2ln' });
    expect(partsOf(await stream()).at(-1)).toEqual({ text: '', thoughtSignature: 'c2ln' });
    simulator.behave({ kind: 'answer', refusal: 'No.' });
    expect((await stream()).at(-1)?.candidates).toEqual([{ index: 0, finishReason: 'SAFETY', finishMessage: 'No.' }]);
  });
});

describe('the other methods', () => {
  it('count tokens, of contents or of a whole request', async () => {
    expect(await ask('countTokens')).toMatchObject({ totalTokens: 2 });
    const whole = { ...hello, systemInstruction: { parts: [{ text: 'Be brief.' }] } };
    expect(await ask('countTokens', { generateContentRequest: whole })).toMatchObject({ totalTokens: 4 });
  });

  it('embed one content or many', async () => {
    const content = { parts: [{ text: 'a b' }] };
    const one = await ask('embedContent', { content, outputDimensionality: 4 });
    expect(one.embedding.values).toHaveLength(4);
    const many = await ask('batchEmbedContents', { requests: [{ content, outputDimensionality: 4 }, { content }] });
    expect(many.embeddings[0]).toEqual(one.embedding);
    expect(many.embeddings[1].values).toHaveLength(16);
    expect(many.usageMetadata).toEqual({ promptTokenCount: 4 });
  });
});
