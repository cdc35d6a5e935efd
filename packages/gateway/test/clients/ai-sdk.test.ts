import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createCohere } from '@ai-sdk/cohere';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import {
  APICallError,
  tool as aiTool,
  embedMany,
  generateText,
  jsonSchema,
  type LanguageModel,
  type ModelMessage,
  Output,
  stepCountIs,
  streamText,
} from 'ai';
import { afterEach, describe, expect, it } from 'vitest';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { type ClientBench, clientKey, plainModel, model as servedModel, startClientBench } from './client-bench.ts';
import type { Ask, ClientLibrary, ClientPlace, LibraryClient } from './client-library.ts';
import { describeLibrary } from './library-suite.ts';

const connect = (model: LanguageModel): LibraryClient => {
  const settings = { model, maxRetries: 0 } as const;
  return {
    async ask(ask) {
      const { text, usage } = await generateText({ ...settings, ...promptOf(ask) });
      return { text, outputTokens: usage.outputTokens };
    },
    async *stream(ask, signal) {
      // Errors are parts of the stream to this library, and some are no instances of Error.
      const stream = streamText({
        ...settings,
        ...promptOf(ask),
        onError: () => {},
        ...(signal && { abortSignal: signal }),
      });
      for await (const part of stream.fullStream) {
        if (part.type === 'text-delta') yield part.text;
        if (part.type === 'error') throw new Error('The stream broke.', { cause: part.error });
      }
      return { text: await stream.text, outputTokens: (await stream.usage).outputTokens };
    },
    async useTools({ text, mode, tool, run }) {
      const { name, description, schema } = tool;
      const execute = async (input: unknown) => run(input);
      const tools = { [name]: aiTool({ description, inputSchema: jsonSchema(schema), execute }) };
      const params = { ...settings, prompt: text, tools, stopWhen: stepCountIs(3) };
      const steps = mode === 'unary' ? (await generateText(params)).steps : await streamText(params).steps;
      const calls = steps.flatMap(({ toolCalls }) => toolCalls);
      return { calls: calls.map(({ toolName, input }) => ({ name: toolName, input })), text: steps.at(-1)!.text };
    },
    async askForJson(text, schema) {
      const output = Output.object({ schema: jsonSchema(schema) });
      return (await generateText({ ...settings, prompt: text, output })).output;
    },
    failureOf(error) {
      if (!APICallError.isInstance(error)) throw error;
      return { status: error.statusCode, message: error.message, retryAfter: error.responseHeaders?.['retry-after'] };
    },
  };
};

function promptOf({ system, text, image }: Ask): { messages: ModelMessage[]; system?: string } {
  const content = image
    ? [
        { type: 'text' as const, text },
        { type: 'image' as const, image: `data:${image.type};base64,${image.base64}` },
      ]
    : text;
  return { messages: [{ role: 'user', content }], ...(system ? { system } : {}) };
}

interface Provider extends Omit<ClientLibrary, 'connect'> {
  readonly modelOf: (place: ClientPlace) => LanguageModel;
  /** Its own and one that is foreign, when not given. */
  readonly upstreams?: readonly ProtocolName[];
}

const bedrock = ({ url, key }: ClientPlace) => createAmazonBedrock({ baseURL: url, apiKey: key, region: 'us-east-1' });

const providers: readonly Provider[] = [
  {
    name: 'openai',
    wire: 'openai-responses',
    modelOf: ({ url, key, model }) => createOpenAI({ baseURL: `${url}/v1`, apiKey: key })(model),
  },
  {
    name: 'openai, chat',
    wire: 'openai-chat',
    thoughts: 'forgotten',
    modelOf: ({ url, key, model }) => createOpenAI({ baseURL: `${url}/v1`, apiKey: key }).chat(model),
  },
  {
    name: 'anthropic',
    wire: 'anthropic-messages',
    modelOf: ({ url, key, model }) => createAnthropic({ baseURL: `${url}/v1`, apiKey: key })(model),
  },
  {
    name: 'google',
    wire: 'gemini',
    modelOf: ({ url, key, model }) => createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: key })(model),
  },
  // It asks each family of models for a shape in another way: some with a tool, Claude in Claude's own words.
  { name: 'amazon-bedrock, Nova', wire: 'bedrock-converse', modelOf: (place) => bedrock(place)(plainModel) },
  {
    name: 'amazon-bedrock, Claude',
    wire: 'bedrock-converse',
    modelOf: (place) => bedrock(place)(place.model),
    upstreams: ['openai-chat', 'anthropic-messages'],
  },
  {
    name: 'cohere',
    wire: 'cohere-chat',
    thoughts: 'forgotten',
    modelOf: ({ url, key, model }) => createCohere({ baseURL: `${url}/v2`, apiKey: key })(model),
  },
];

for (const { modelOf, upstreams, ...library } of providers) {
  const { name, wire } = library;
  const foreign: readonly ProtocolName[] = wire.startsWith('openai')
    ? ['anthropic-messages', 'gemini']
    : ['openai-chat'];
  describeLibrary(
    { ...library, name: `ai with @ai-sdk/${name}`, connect: (place) => connect(modelOf(place)) },
    upstreams ?? [wire, ...foreign],
  );
}

describe('ai, beyond chats', () => {
  let bench: ClientBench;
  afterEach(() => bench.stop());

  it.each(['openai-chat', 'gemini', 'cohere-chat'] as const)('embeds over %s with each provider', async (wire) => {
    bench = await startClientBench(wire);
    const { url } = bench;
    const embedders = [
      createOpenAI({ baseURL: `${url}/v1`, apiKey: clientKey }).embedding(servedModel),
      createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: clientKey }).embedding(servedModel),
      createCohere({ baseURL: `${url}/v2`, apiKey: clientKey }).embedding(servedModel),
    ];
    for (const embedder of embedders) {
      const { embeddings } = await embedMany({ model: embedder, values: ['one', 'two'], maxRetries: 0 });
      expect(embeddings.map(({ length }) => length)).toEqual([16, 16]);
    }
  });
});
