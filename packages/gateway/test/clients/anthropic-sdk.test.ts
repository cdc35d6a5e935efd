import Anthropic from '@anthropic-ai/sdk';
import { answerText } from '@llm-gateway/simulator';
import AnthropicBefore from 'anthropic-sdk-0';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { type ClientBench, clientKey, model, startClientBench } from './client-bench.ts';
import type { Ask, ClientLibrary, LibraryClient, Said } from './client-library.ts';
import { describeLibrary } from './library-suite.ts';
import { readUpstreamAsk } from './upstream-asks.ts';

/** The parts of the library that both versions have alike; their types differ in what they no longer allow. */
type AnthropicClient = InstanceType<typeof Anthropic>;
type Params = Anthropic.MessageCreateParamsNonStreaming;

const connect = (client: AnthropicClient, errors: typeof Anthropic, model: string): LibraryClient => {
  const create = (params: Partial<Params>, ask: Ask) => client.messages.create(paramsOf(ask, { model, ...params }));
  return {
    async listModels() {
      const ids: string[] = [];
      for await (const { id } of client.models.list()) ids.push(id);
      return ids;
    },
    ask: async (ask) => saidOf(await create({}, ask)),
    async *stream(ask, signal) {
      const stream = client.messages.stream(paramsOf(ask, { model }), signal ? { signal } : {});
      for await (const event of stream) {
        if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') yield event.delta.text;
      }
      return saidOf(await stream.finalMessage());
    },
    async useTools({ text, mode, tool, run }) {
      const { name, description, schema: input_schema } = tool;
      const tools = [{ name, description, input_schema: { ...input_schema } }];
      const send = (messages: Anthropic.MessageParam[]) => {
        const params = { model, max_tokens: 1_000, tools, messages };
        return mode === 'unary' ? client.messages.create(params) : client.messages.stream(params).finalMessage();
      };
      const question: Anthropic.MessageParam = { role: 'user', content: text };
      const { content, stop_reason } = await send([question]);
      if (stop_reason !== 'tool_use') throw new Error(`It stopped for ${stop_reason}.`);
      const calls = content.filter((block) => block.type === 'tool_use');
      const results = calls.map(({ id, input }) => {
        return { type: 'tool_result' as const, tool_use_id: id, content: run(input) };
      });
      const last = await send([question, { role: 'assistant', content }, { role: 'user', content: results }]);
      return { calls: calls.map(({ name, input }) => ({ name, input })), text: saidOf(last).text };
    },
    async askForJson(text, schema) {
      const format = { type: 'json_schema' as const, schema: { ...schema } };
      return JSON.parse(saidOf(await create({ output_config: { format } }, { text })).text);
    },
    failureOf(error) {
      if (!(error instanceof errors.APIError)) throw error;
      const { type } = error.error as { type: string };
      if (type !== 'error') throw error;
      return {
        status: error.status,
        message: error.message,
        retryAfter: error.headers?.get('retry-after') ?? undefined,
      };
    },
  };
};

function paramsOf({ system, text, image }: Ask, params: Partial<Params> & { model: string }): Params {
  const picture = image && {
    type: 'image' as const,
    source: { type: 'base64' as const, media_type: image.type, data: image.base64 },
  };
  const content = picture ? [picture, { type: 'text' as const, text }] : text;
  return { max_tokens: 1_000, messages: [{ role: 'user', content }], ...(system ? { system } : {}), ...params };
}

function saidOf({ content, usage }: Anthropic.Message): Said {
  const text = content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  return { text, outputTokens: usage.output_tokens };
}

const versions: readonly (readonly [name: string, library: typeof Anthropic])[] = [
  ['@anthropic-ai/sdk 1', Anthropic],
  ['@anthropic-ai/sdk 0', AnthropicBefore as unknown as typeof Anthropic],
];

for (const [name, Library] of versions) {
  const library: ClientLibrary = {
    name,
    wire: 'anthropic-messages',
    connect: ({ url, key, model }) =>
      connect(new Library({ baseURL: url, apiKey: key, maxRetries: 0 }), Library, model),
  };
  describeLibrary(library, ['anthropic-messages', 'openai-chat', 'gemini']);
}

describe.each(versions)('%s, beyond chats', (_name, Library) => {
  let bench: ClientBench;
  let client: AnthropicClient;
  const start = async (wire: ProtocolName) => {
    bench = await startClientBench(wire);
    client = new Library({ baseURL: bench.url, apiKey: clientKey, maxRetries: 0 });
  };
  beforeEach(() => start('openai-chat'));
  afterEach(() => bench.stop());

  it('finds models, all on one page, with what its types promise of each', async () => {
    const page = await client.models.list({ limit: 1 });
    expect(page.hasNextPage()).toBe(false);
    expect(page.data[0]).toMatchObject({ type: 'model', display_name: expect.any(String) });
    expect(Date.parse(page.data[0]!.created_at)).toBeGreaterThan(0);
    expect(await client.models.retrieve('org/model')).toMatchObject({ type: 'model', id: 'org/model' });
  });

  it('is told in its own words that there is no such model, and that its key is wrong', async () => {
    await expect(client.models.retrieve('none')).rejects.toMatchObject({ status: 404, type: 'not_found_error' });
    const stranger = new Library({ baseURL: bench.url, apiKey: 'another-key', maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toMatchObject({ status: 401, type: 'authentication_error' });
  });

  it('runs tools on its own until there is an answer, with what is still in beta', async () => {
    const tool = {
      name: 'get_weather',
      description: 'Weather of a city',
      input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } },
      parse: (input: unknown) => input,
      run: (input: unknown) => `Rain in ${(input as { city: string }).city}.`,
    };
    const messages = [{ role: 'user' as const, content: 'What is the weather?' }];
    const runner = client.beta.messages.toolRunner({ model, max_tokens: 1_000, messages, tools: [tool], stream: true });
    const last = await runner.runUntilDone();
    expect(last.content).toMatchObject([{ type: 'text', text: answerText(60) }]);
    expect(bench.simulator.attempts).toHaveLength(2);
  });

  it('tells the model how to behave amid a conversation', async () => {
    const messages = [
      { role: 'user' as const, content: 'Hello!' },
      { role: 'system' as const, content: 'Be brief.' },
      { role: 'user' as const, content: 'Well?' },
    ];
    await client.messages.create({ model, max_tokens: 1_000, messages });
    expect(readUpstreamAsk('openai-chat', bench.simulator.attempts[0]!).system).toBe('Be brief.');
  });

  it('counts tokens', async () => {
    await bench.stop();
    await start('anthropic-messages');
    const messages = [{ role: 'user' as const, content: 'One two three' }];
    expect(await client.messages.countTokens({ model, messages })).toEqual({ input_tokens: 3 });
  });
});
