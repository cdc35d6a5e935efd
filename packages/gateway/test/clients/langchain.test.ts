import { ChatAnthropic } from '@langchain/anthropic';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import {
  type AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
  type UsageMetadata,
} from '@langchain/core/messages';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { expect, it } from 'vitest';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { clientKey, model as servedModel, startClientBench } from './client-bench.ts';
import type { Ask, ClientLibrary, ClientPlace, LibraryClient, Said } from './client-library.ts';
import { describeLibrary } from './library-suite.ts';

type ChatModel = ChatOpenAI | ChatAnthropic;

const connect = (model: ChatModel): LibraryClient => ({
  ask: async (ask) => saidOf(await model.invoke(messagesOf(ask))),
  async *stream(ask, signal) {
    let whole: AIMessageChunk | undefined;
    for await (const chunk of await model.stream(messagesOf(ask), signal ? { signal } : {})) {
      whole = whole === undefined ? chunk : whole.concat(chunk);
      yield chunk.text;
    }
    return saidOf(whole!);
  },
  async useTools({ text, mode, tool, run }) {
    const bound = model.bindTools!([tool]);
    const send = async (messages: BaseMessage[]): Promise<AIMessageChunk> => {
      if (mode === 'unary') return bound.invoke(messages);
      let whole: AIMessageChunk | undefined;
      for await (const chunk of await bound.stream(messages)) whole = whole === undefined ? chunk : whole.concat(chunk);
      return whole!;
    };
    const question = new HumanMessage(text);
    const said = await send([question]);
    const calls = said.tool_calls ?? [];
    const results = calls.map(({ id, args }) => new ToolMessage({ tool_call_id: id!, content: run(args) }));
    const last = await send([question, said, ...results]);
    return { calls: calls.map(({ name, args }) => ({ name, input: args })), text: last.text };
  },
  async askForJson(text, schema) {
    const structured = (model as BaseChatModel).withStructuredOutput({ title: 'town', ...schema });
    return structured.invoke([new HumanMessage(text)]);
  },
  failureOf(error) {
    if (!(error instanceof Error)) throw error;
    // What is too long has an error of its own, around the one that was told.
    const told = error.name === 'ContextOverflowError' ? error.cause : error;
    const { status, headers } = told as { status?: number; headers?: Headers };
    return { status, message: error.message, retryAfter: headers?.get('retry-after') ?? undefined };
  },
});

function messagesOf({ system, text, image }: Ask): BaseMessage[] {
  const url = image && `data:${image.type};base64,${image.base64}`;
  const picture = url ? [{ type: 'image_url' as const, image_url: { url } }] : [];
  const question = new HumanMessage({ content: [{ type: 'text', text }, ...picture] });
  return system ? [new SystemMessage(system), question] : [question];
}

function saidOf({ text, usage_metadata: usage }: AIMessageChunk): Said {
  return { text, outputTokens: (usage as UsageMetadata | undefined)?.output_tokens };
}

interface Integration extends Omit<ClientLibrary, 'connect'> {
  readonly modelOf: (place: ClientPlace) => ChatModel;
}

const integrations: readonly Integration[] = [
  {
    name: '@langchain/openai, chat completions',
    wire: 'openai-chat',
    thoughts: 'forgotten',
    modelOf: ({ url, key, model }) =>
      new ChatOpenAI({ model, apiKey: key, maxRetries: 0, configuration: { baseURL: `${url}/v1` } }),
  },
  {
    name: '@langchain/openai, responses',
    wire: 'openai-responses',
    modelOf: ({ url, key, model }) => {
      const configuration = { baseURL: `${url}/v1` };
      return new ChatOpenAI({ model, apiKey: key, maxRetries: 0, useResponsesApi: true, configuration });
    },
  },
  {
    name: '@langchain/anthropic',
    wire: 'anthropic-messages',
    // The count so far, at the beginning of a stream, is added to the count at its end.
    streamUsage: 'untold',
    modelOf: ({ url, key, model }) => new ChatAnthropic({ model, apiKey: key, maxRetries: 0, anthropicApiUrl: url }),
  },
];

for (const { modelOf, ...library } of integrations) {
  const isOpenAi = library.wire.startsWith('openai');
  const foreign: readonly ProtocolName[] = isOpenAi ? ['anthropic-messages', 'gemini'] : ['openai-chat'];
  describeLibrary({ ...library, connect: (place) => connect(modelOf(place)) }, [library.wire, ...foreign]);
}

it('embeds with @langchain/openai over gemini', async () => {
  const bench = await startClientBench('gemini');
  const configuration = { baseURL: `${bench.url}/v1` };
  const embedder = new OpenAIEmbeddings({ model: servedModel, apiKey: clientKey, configuration, maxRetries: 0 });
  const vectors = await embedder.embedDocuments(['one', 'two']);
  expect(vectors.map(({ length }) => length)).toEqual([16, 16]);
  await bench.stop();
});
