import { type Cohere, CohereClientV2, CohereError } from 'cohere-ai';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClientBench, clientKey, model as servedModel, startClientBench } from './client-bench.ts';
import type { Ask, ClientLibrary, LibraryClient, Said } from './client-library.ts';
import { describeLibrary } from './library-suite.ts';

type Answer = { readonly message: Cohere.AssistantMessageResponse; readonly outputTokens: number | undefined };
type Params = Cohere.V2ChatRequest;

const connect = (client: CohereClientV2, model: string): LibraryClient => {
  const send = async (params: Params): Promise<Answer> => {
    const { message, usage } = await client.chat(params);
    return { message, outputTokens: usage?.tokens?.outputTokens };
  };
  return {
    ask: async (ask) => saidOf(await send(paramsOf(ask, model))),
    async *stream(ask, signal) {
      const answer = yield* streamed(client, paramsOf(ask, model), signal ? { abortSignal: signal } : {});
      return saidOf(answer);
    },
    async useTools({ text, mode, tool, run }) {
      const { name, description, schema } = tool;
      const tools: Cohere.ToolV2[] = [{ type: 'function', function: { name, description, parameters: { ...schema } } }];
      const chat = (messages: Cohere.ChatMessages): Promise<Answer> => {
        const params = { model, messages, tools };
        return mode === 'unary' ? send(params) : drained(streamed(client, params, {}));
      };
      const question = { role: 'user' as const, content: text };
      const { message } = await chat([question]);
      const calls = message.toolCalls ?? [];
      const inputs = calls.map((call): unknown => JSON.parse(call.function?.arguments ?? ''));
      const results = calls.map(({ id }, index) => {
        return { role: 'tool' as const, toolCallId: id, content: run(inputs[index]) };
      });
      const last = await chat([question, message, ...results]);
      return {
        calls: calls.map((call, index) => ({ name: call.function!.name!, input: inputs[index] })),
        text: saidOf(last).text,
      };
    },
    async askForJson(text, schema) {
      const responseFormat = { type: 'json_object' as const, jsonSchema: { ...schema } };
      return JSON.parse(saidOf(await send({ ...paramsOf({ text }, model), responseFormat })).text);
    },
    failureOf(error) {
      if (!(error instanceof CohereError)) throw error;
      const retryAfter = error.rawResponse?.headers.get('retry-after') ?? undefined;
      return { status: error.statusCode, message: error.message, retryAfter };
    },
  };
};

/** Puts the events of a stream together again, as the library leaves to its users. */
async function* streamed(
  client: CohereClientV2,
  params: Params,
  options: { abortSignal?: AbortSignal },
): AsyncGenerator<string, Answer> {
  let text = '';
  const toolCalls: Cohere.ToolCallV2[] = [];
  let outputTokens: number | undefined;
  let isWhole = false;
  for await (const event of await client.chatStream(params, options)) {
    if (event.type === 'content-delta') {
      const piece = event.delta?.message?.content?.text ?? '';
      text += piece;
      yield piece;
    } else if (event.type === 'tool-call-start') {
      toolCalls.push(structuredClone(event.delta!.message!.toolCalls!));
    } else if (event.type === 'tool-call-delta') {
      const { function: open } = toolCalls.at(-1)!;
      open!.arguments += event.delta!.message!.toolCalls!.function!.arguments!;
    } else if (event.type === 'message-end') {
      if (event.delta?.finishReason === 'ERROR') throw new Error(event.delta.error ?? 'The stream broke.');
      isWhole = true;
      outputTokens = event.delta?.usage?.tokens?.outputTokens;
    }
  }
  if (!isWhole) throw new Error('The stream ended without an end.');
  const content = text === '' ? [] : [{ type: 'text' as const, text }];
  return { message: { role: 'assistant', content, toolCalls }, outputTokens };
}

async function drained(stream: AsyncGenerator<string, Answer>): Promise<Answer> {
  for (;;) {
    const { done, value } = await stream.next();
    if (done) return value;
  }
}

function paramsOf({ system, text, image }: Ask, model: string): Params {
  const url = image && `data:${image.type};base64,${image.base64}`;
  const content = url
    ? [
        { type: 'text' as const, text },
        { type: 'image_url' as const, imageUrl: { url } },
      ]
    : text;
  const instructions = system ? [{ role: 'system' as const, content: system }] : [];
  return { model, messages: [...instructions, { role: 'user', content }] };
}

function saidOf({ message, outputTokens }: Answer): Said {
  const parts = message.content ?? [];
  return { text: parts.map((part) => (part.type === 'text' ? part.text : '')).join(''), outputTokens };
}

const library: ClientLibrary = {
  name: 'cohere-ai',
  wire: 'cohere-chat',
  thoughts: 'forgotten',
  connect: ({ url, key, model }) => connect(new CohereClientV2({ environment: url, token: key, maxRetries: 0 }), model),
};

describeLibrary(library, ['cohere-chat', 'openai-chat', 'anthropic-messages']);

describe.each(['cohere-chat', 'openai-chat'] as const)('cohere-ai, beyond chats, over %s', (wire) => {
  let bench: ClientBench;
  const connectTo = async () => {
    bench = await startClientBench(wire);
    return new CohereClientV2({ environment: bench.url, token: clientKey, maxRetries: 0 });
  };
  afterEach(() => bench.stop());

  it('embeds', async () => {
    const client = await connectTo();
    const texts = ['one', 'two'];
    const asked = { model: servedModel, texts, embeddingTypes: ['float' as const] };
    const { embeddings } = await client.embed({ ...asked, inputType: 'search_document' });
    expect(embeddings.float?.map(({ length }) => length)).toEqual([16, 16]);
  });

  it('ranks', async () => {
    const client = await connectTo();
    const { results } = await client.rerank({ model: servedModel, query: 'one', documents: ['one', 'two'] });
    expect(results.map(({ index }) => index)).toEqual([0, 1]);
    expect(results[0]!.relevanceScore).toBeGreaterThan(results[1]!.relevanceScore);
  });
});
