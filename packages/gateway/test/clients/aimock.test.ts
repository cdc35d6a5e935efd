import { LLMock } from '@copilotkit/aimock';
import OpenAI, { APIError, RateLimitError } from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import type { TestGateway } from '../harness/test-gateway.ts';
import { clientKey, model, startBenchGateway } from './client-bench.ts';

const wires: readonly ProtocolName[] = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
  'bedrock-converse',
  'cohere-chat',
];

const said = 'The gateway was not written with this provider in mind. Grüße, 漢字, 🍜!';
const usage = { prompt_tokens: 11, completion_tokens: 22 };
const question = { role: 'user' as const, content: 'Who are you?' };
interface Thoughtful {
  readonly content: string | null;
  readonly reasoning_content?: string;
}
const tools = [
  {
    type: 'function' as const,
    function: {
      name: 'get_weather',
      description: 'Weather of a city',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
];

describe.each(wires)('a provider played by others, over %s', (wire) => {
  let provider: LLMock;
  let gateway: TestGateway;
  let client: OpenAI;

  beforeEach(async () => {
    provider = new LLMock({ port: 0, logLevel: 'silent', chunkSize: 5 });
    await provider.start();
    gateway = await startBenchGateway({ wire, address: provider.url, apiKey: 'key-of-the-provider' });
    client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: clientKey, maxRetries: 0 });
  });
  afterEach(async () => {
    await gateway.stop();
    await provider.stop();
  });

  const ask = (messages: OpenAI.ChatCompletionMessageParam[] = [question]) =>
    client.chat.completions.create({ model, messages, tools });
  const stream = (messages: OpenAI.ChatCompletionMessageParam[] = [question]) =>
    client.chat.completions.stream({ model, messages, tools });

  it('answers', async () => {
    provider.onMessage('Who are you?', { content: said, usage });
    const { choices, usage: told } = await ask();
    expect(choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: said } });
    expect(told).toMatchObject({ prompt_tokens: 11, completion_tokens: 22 });
  });

  it('streams', async () => {
    provider.onMessage('Who are you?', { content: said });
    const pieces: string[] = [];
    const answer = stream();
    answer.on('content', (piece) => pieces.push(piece));
    const { choices } = await answer.finalChatCompletion();
    expect(choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: said } });
    expect(pieces.length).toBeGreaterThan(5);
  });

  it.each(['unary', 'streamed'])('calls tools, and goes on with their results, %s', async (mode) => {
    const cities = ['Zürich', 'Oslo'];
    const toolCalls = cities.map((city) => ({ name: 'get_weather', arguments: JSON.stringify({ city }) }));
    provider.on({ userMessage: 'Who are you?', hasToolResult: false }, { content: 'Let me see.', toolCalls });
    provider.on({ hasToolResult: true }, { content: said });
    const send = async (messages: OpenAI.ChatCompletionMessageParam[]) =>
      (mode === 'unary' ? await ask(messages) : await stream(messages).finalChatCompletion()).choices[0]!;
    const first = await send([question]);
    expect(first.finish_reason).toBe('tool_calls');
    expect(first.message.content).toContain('Let me see.');
    const calls = first.message.tool_calls!.flatMap((call) => (call.type === 'function' ? [call] : []));
    expect(calls.map((call) => JSON.parse(call.function.arguments))).toEqual(cities.map((city) => ({ city })));
    const results = calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'Rain.' }));
    const last = await send([question, first.message, ...results]);
    expect(last.message.content).toBe(said);
  });

  it('tells its thoughts', async () => {
    provider.onMessage('Who are you?', { content: said, reasoning: 'They want to know.' });
    const [whole, streamed] = [await ask(), await stream().finalChatCompletion()];
    const { content, reasoning_content: thought } = whole.choices[0]!.message as Thoughtful;
    // It has no other place for thoughts on Cohere's wire.
    const shown = wire === 'cohere-chat' ? `They want to know.${said}` : said;
    expect([thought, content]).toEqual([wire === 'cohere-chat' ? undefined : 'They want to know.', shown]);
    expect(streamed.choices[0]!.message.content).toBe(shown);
  });

  it('is busy', async () => {
    provider.onMessage('Who are you?', {
      error: { message: 'Too much.', type: 'rate_limit_error' },
      status: 429,
      retryAfter: 7,
    });
    const error = await ask().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RateLimitError);
    expect((error as APIError).headers?.get('retry-after')).toBe('7');
  });

  it('breaks off in the middle', async () => {
    provider.onMessage('Who are you?', { content: said }, { truncateAfterChunks: 6 });
    await expect(stream().finalChatCompletion()).rejects.toBeInstanceOf(APIError);
  });
});
