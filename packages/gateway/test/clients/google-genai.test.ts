import {
  ApiError,
  type Content,
  type GenerateContentParameters,
  type GenerateContentResponse,
  GoogleGenAI,
} from '@google/genai';
import { answerText } from '@llm-gateway/simulator';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClientBench, clientKey, model as servedModel, startClientBench } from './client-bench.ts';
import type { Ask, ClientLibrary, LibraryClient, Said } from './client-library.ts';
import { describeLibrary } from './library-suite.ts';

const connect = (client: GoogleGenAI, model: string): LibraryClient => ({
  async listModels() {
    const names: string[] = [];
    for await (const { name } of await client.models.list()) names.push(name?.replace(/^models\//, '') ?? '');
    return names;
  },
  ask: async (ask) => saidOf([await client.models.generateContent(paramsOf(ask, model))]),
  async *stream(ask, signal) {
    const params = paramsOf(ask, model);
    const config = { ...params.config, ...(signal && { abortSignal: signal }) };
    const chunks: GenerateContentResponse[] = [];
    for await (const chunk of await client.models.generateContentStream({ ...params, config })) {
      chunks.push(chunk);
      yield chunk.text ?? '';
    }
    return saidOf(chunks);
  },
  async useTools({ text, mode, tool, run }) {
    const { name, description, schema: parametersJsonSchema } = tool;
    const config = { tools: [{ functionDeclarations: [{ name, description, parametersJsonSchema }] }] };
    const send = async (contents: Content[]) => {
      const params = { model, contents, config };
      if (mode === 'unary') return [await client.models.generateContent(params)];
      const chunks: GenerateContentResponse[] = [];
      for await (const chunk of await client.models.generateContentStream(params)) chunks.push(chunk);
      return chunks;
    };
    const question = { role: 'user', parts: [{ text }] };
    const first = await send([question]);
    const calls = first.flatMap(({ functionCalls }) => functionCalls ?? []);
    const said = { role: 'model', parts: first.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []) };
    const results = calls.map(({ id, name, args }) => {
      return { functionResponse: { ...(id ? { id } : {}), name: name!, response: { output: run(args) } } };
    });
    const last = await send([question, said, { role: 'user', parts: results }]);
    return { calls: calls.map(({ name, args }) => ({ name: name!, input: args })), text: saidOf(last).text };
  },
  async askForJson(text, schema) {
    const config = { responseMimeType: 'application/json', responseJsonSchema: schema };
    const answer = await client.models.generateContent({ model, contents: text, config });
    return JSON.parse(answer.text ?? '');
  },
  failureOf(error) {
    if (!(error instanceof ApiError)) throw error;
    return { status: error.status, message: error.message };
  },
});

function paramsOf({ system, text, image }: Ask, model: string): GenerateContentParameters {
  const picture = image && { inlineData: { mimeType: image.type, data: image.base64 } };
  const contents = picture ? [{ text }, picture] : text;
  return { model, contents, ...(system ? { config: { systemInstruction: system } } : {}) };
}

function saidOf(chunks: readonly GenerateContentResponse[]): Said {
  const text = chunks.map((chunk) => chunk.text ?? '').join('');
  return { text, outputTokens: chunks.at(-1)?.usageMetadata?.candidatesTokenCount };
}

const library: ClientLibrary = {
  name: '@google/genai',
  wire: 'gemini',
  connect: ({ url, key, model }) =>
    connect(new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url, retryOptions: { attempts: 1 } } }), model),
};

describeLibrary(library, ['gemini', 'openai-chat', 'anthropic-messages']);

describe('@google/genai, beyond single questions', () => {
  let bench: ClientBench;
  const connectTo = async (wire: 'gemini' | 'openai-chat') => {
    bench = await startClientBench(wire);
    return new GoogleGenAI({ apiKey: clientKey, httpOptions: { baseUrl: bench.url } });
  };
  afterEach(() => bench.stop());

  it('finds a model, and is told in its own words that there is none', async () => {
    const client = await connectTo('openai-chat');
    expect(await client.models.get({ model: 'org/model' })).toMatchObject({ name: 'models/org/model' });
    const error = await client.models.get({ model: 'none' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 404, message: expect.stringContaining('"status":"NOT_FOUND"') });
  });

  it('keeps a conversation going', async () => {
    const chat = (await connectTo('openai-chat')).chats.create({ model: servedModel });
    await chat.sendMessage({ message: 'Hello!' });
    expect((await chat.sendMessage({ message: 'Go on.' })).text).toBe(answerText(60));
    const { messages } = JSON.parse(bench.simulator.attempts[1]!.body.toString('utf8'));
    expect(messages.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant', 'user']);
  });

  it.each(['gemini', 'openai-chat'] as const)('embeds over %s', async (wire) => {
    const client = await connectTo(wire);
    const { embeddings } = await client.models.embedContent({ model: servedModel, contents: ['one', 'two'] });
    expect(embeddings?.map(({ values }) => values?.length)).toEqual([16, 16]);
  });

  it('counts tokens', async () => {
    const client = await connectTo('gemini');
    const { totalTokens } = await client.models.countTokens({ model: servedModel, contents: 'One two three' });
    expect(totalTokens).toBe(3);
  });
});
