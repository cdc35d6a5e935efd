import { answerText } from '@llm-gateway/simulator';
import OpenAI, { APIError } from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClientBench, clientKey, model as servedModel, startClientBench } from './client-bench.ts';
import type { Ask, ClientLibrary, LibraryClient, Said } from './client-library.ts';
import { describeLibrary } from './library-suite.ts';

type ChatParams = OpenAI.ChatCompletionCreateParamsNonStreaming;
type ResponseParams = OpenAI.Responses.ResponseCreateParamsNonStreaming;

const chats = (client: OpenAI, model: string): LibraryClient => ({
  ...commonParts(client),
  ask: async (ask) => saidInChat(await client.chat.completions.create(chatParams(ask, model))),
  async *stream(ask, signal) {
    const params = { ...chatParams(ask, model), stream: true as const, stream_options: { include_usage: true } };
    const stream = client.chat.completions.stream(params, signal ? { signal } : {});
    for await (const { choices } of stream) yield choices[0]?.delta.content ?? '';
    return saidInChat(await stream.finalChatCompletion());
  },
  async useTools({ text, mode, tool, run }) {
    const { name, description, schema } = tool;
    const parameters = { ...schema };
    const tools = [{ type: 'function' as const, function: { name, description, parameters, strict: true } }];
    const send = (messages: OpenAI.ChatCompletionMessageParam[]): Promise<OpenAI.ChatCompletion> => {
      const params = { model, messages, tools };
      return mode === 'unary'
        ? client.chat.completions.create(params)
        : client.chat.completions.stream(params).finalChatCompletion();
    };
    const question = { role: 'user' as const, content: text };
    const [first] = (await send([question])).choices;
    if (first?.finish_reason !== 'tool_calls') throw new Error(`It stopped for ${first?.finish_reason}.`);
    const calls = (first.message.tool_calls ?? []).flatMap((call) => (call.type === 'function' ? [call] : []));
    const inputs = calls.map((call): unknown => JSON.parse(call.function.arguments));
    const results = calls.map(({ id }, index) => {
      return { role: 'tool' as const, tool_call_id: id, content: run(inputs[index]) };
    });
    const last = await send([question, first.message, ...results]);
    return {
      calls: calls.map((call, index) => ({ name: call.function.name, input: inputs[index] })),
      text: saidInChat(last).text,
    };
  },
  async askForJson(text, schema) {
    const json_schema = { name: 'town', schema: { ...schema }, strict: true };
    const params: ChatParams = {
      ...chatParams({ text }, model),
      response_format: { type: 'json_schema', json_schema },
    };
    return (await client.chat.completions.parse(params)).choices[0]?.message.parsed;
  },
});

const responses = (client: OpenAI, model: string): LibraryClient => ({
  ...commonParts(client),
  ask: async (ask) => saidInResponse(await client.responses.create(responseParams(ask, model))),
  async *stream(ask, signal) {
    const params = { ...responseParams(ask, model), stream: true as const };
    const stream = client.responses.stream(params, signal ? { signal } : {});
    for await (const event of stream) if (event.type === 'response.output_text.delta') yield event.delta;
    return saidInResponse(await stream.finalResponse());
  },
  async useTools({ text, mode, tool, run }) {
    const { name, description, schema } = tool;
    const tools = [{ type: 'function' as const, name, description, parameters: { ...schema }, strict: true }];
    const send = (input: OpenAI.Responses.ResponseInput): Promise<OpenAI.Responses.Response> => {
      const params = { model, input, tools, store: false };
      return mode === 'unary' ? client.responses.create(params) : client.responses.stream(params).finalResponse();
    };
    const question = { role: 'user' as const, content: text };
    const { output } = await send([question]);
    const calls = output.flatMap((item) => (item.type === 'function_call' ? [item] : []));
    const inputs = calls.map((call): unknown => JSON.parse(call.arguments));
    const results = calls.map(({ call_id }, index) => {
      return { type: 'function_call_output' as const, call_id, output: run(inputs[index]) };
    });
    const last = await send([question, ...(output as OpenAI.Responses.ResponseInput), ...results]);
    return { calls: calls.map(({ name }, index) => ({ name, input: inputs[index] })), text: last.output_text };
  },
  async askForJson(text, schema) {
    const format = { type: 'json_schema' as const, name: 'town', schema: { ...schema }, strict: true };
    const params = { ...responseParams({ text }, model), text: { format } };
    return (await client.responses.parse(params)).output_parsed;
  },
});

function commonParts(client: OpenAI): Pick<LibraryClient, 'failureOf' | 'listModels'> {
  return {
    async listModels() {
      const ids: string[] = [];
      for await (const { id } of client.models.list()) ids.push(id);
      return ids;
    },
    failureOf(error) {
      if (!(error instanceof APIError)) throw error;
      return {
        status: error.status,
        message: error.message,
        retryAfter: error.headers?.get('retry-after') ?? undefined,
      };
    },
  };
}

function chatParams({ system, text, image }: Ask, model: string): ChatParams {
  const url = image && `data:${image.type};base64,${image.base64}`;
  const content = url
    ? [
        { type: 'text' as const, text },
        { type: 'image_url' as const, image_url: { url } },
      ]
    : text;
  const instructions = system ? [{ role: 'system' as const, content: system }] : [];
  return { model, messages: [...instructions, { role: 'user', content }] };
}

function responseParams({ system, text, image }: Ask, model: string): ResponseParams {
  const image_url = image && `data:${image.type};base64,${image.base64}`;
  const content = image_url
    ? [
        { type: 'input_text' as const, text },
        { type: 'input_image' as const, image_url, detail: 'auto' as const },
      ]
    : text;
  return { model, input: [{ role: 'user', content }], ...(system ? { instructions: system } : {}) };
}

function saidInChat({ choices, usage }: OpenAI.ChatCompletion): Said {
  return { text: choices[0]?.message.content ?? '', outputTokens: usage?.completion_tokens };
}

function saidInResponse({ output_text, usage }: OpenAI.Responses.Response): Said {
  return { text: output_text, outputTokens: usage?.output_tokens };
}

const libraries: readonly (readonly [name: string, wire: ClientLibrary['wire'], typeof chats])[] = [
  ['openai, chat completions', 'openai-chat', chats],
  ['openai, responses', 'openai-responses', responses],
];
const upstreams = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
  'bedrock-converse',
  'cohere-chat',
] as const;

for (const [name, wire, drive] of libraries) {
  const connect: ClientLibrary['connect'] = ({ url, key, model }) =>
    drive(new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 }), model);
  describeLibrary({ name, wire, connect }, upstreams);
}

describe('openai, beyond single questions', () => {
  let bench: ClientBench;
  const connectTo = async (wire: ClientLibrary['wire']) => {
    bench = await startClientBench(wire);
    return new OpenAI({ baseURL: `${bench.url}/v1`, apiKey: clientKey, maxRetries: 0 });
  };
  afterEach(() => bench.stop());

  it.each(['openai-chat', 'gemini', 'cohere-chat'] as const)('embeds over %s', async (wire) => {
    const client = await connectTo(wire);
    const { data } = await client.embeddings.create({ model: servedModel, input: ['one', 'two'] });
    // As base64, which this library asks for by itself.
    expect(data.map(({ embedding }) => embedding.length)).toEqual([16, 16]);
    expect(data[0]!.embedding[0]).toBeTypeOf('number');
  });

  it('runs tools on its own until there is an answer', async () => {
    const client = await connectTo('anthropic-messages');
    const runner = client.chat.completions.runTools({
      model: servedModel,
      stream: true,
      messages: [{ role: 'user', content: 'What is the weather?' }],
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: 'Weather of a city',
            parameters: { type: 'object', properties: { city: { type: 'string' } } },
            parse: JSON.parse,
            function: ({ city }: { city: string }) => `Rain in ${city}.`,
          },
        },
      ],
    });
    expect(await runner.finalContent()).toBe(answerText(60));
    expect(bench.simulator.attempts).toHaveLength(2);
  });

  it('goes on from a response that was kept', async () => {
    const client = await connectTo('anthropic-messages');
    const first = await client.responses.create({ model: servedModel, input: 'Hello!' });
    await client.responses.create({ model: servedModel, input: 'Go on.', previous_response_id: first.id });
    const { messages } = JSON.parse(bench.simulator.attempts[1]!.body.toString('utf8'));
    expect(messages.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant', 'user']);
  });
});
