import { answerText, type Simulator, startSimulator } from '@llm-gateway/simulator';
import OpenAI, {
  APIConnectionError,
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watchRunningTime } from '../harness/running-time.ts';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';

let simulator: Simulator;
let gateway: TestGateway;
let client: OpenAI;

beforeEach(async () => {
  simulator = await startSimulator({});
  const providers = [{ name: 'one', api_base: `${simulator.url}/v1`, api_key: 'provider-key' }];
  await start({ models: { 'gpt-4o': { providers }, 'org/model': { providers } } });
});

afterEach(async () => {
  await gateway.stop();
  await simulator.close();
});

async function start(config: Record<string, unknown>): Promise<void> {
  gateway = await startTestGateway({ config: { resilience: { retry: { initial_delay_ms: 1 } }, ...config } });
  client = clientWith('dummy');
}

const clientWith = (apiKey: string) => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0 });

const messages = [{ role: 'user' as const, content: 'Hello!' }];

describe('the OpenAI library for JavaScript', () => {
  it('lists models and finds one, slashes and all', async () => {
    const ids: string[] = [];
    for await (const { id } of client.models.list()) ids.push(id);
    expect(ids).toEqual(['gpt-4o', 'org/model']);
    expect(await client.models.retrieve('org/model')).toMatchObject({ id: 'org/model', object: 'model' });
  });

  it('chats with a dummy key', async () => {
    const answer = await client.chat.completions.create({ model: 'gpt-4o', messages });
    expect(answer.choices[0]!.message.content).toBe(answerText(60));
    expect(answer._request_id).toMatch(/^req-/);
  });

  it('chats without naming a model, for the default one', async () => {
    await gateway.stop();
    await start({ backends: [{ url: simulator.url, weight: 1, default_model: 'fast-8b' }] });
    const answer = await client.chat.completions.create({ model: '', messages });
    expect(answer.model).toBe('fast-8b');
  });

  it('streams, with usage where it asks for it', async () => {
    const stream = await client.chat.completions.create({
      model: 'org/model',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let output: number | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      output = chunk.usage?.completion_tokens ?? output;
    }
    expect([text, output]).toEqual([answerText(60), 60]);
  });

  it('calls tools, streamed too', async () => {
    const parameters = { type: 'object', properties: { city: { type: 'string' } } };
    const tools = [{ type: 'function' as const, function: { name: 'weather', parameters } }];
    const runner = client.chat.completions.stream({ model: 'gpt-4o', messages, tools });
    const { choices } = await runner.finalChatCompletion();
    expect(choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ function: { name: 'weather' } }] },
    });
  });

  it('aborts a stream, and the provider is let go of within a tenth of a second', async () => {
    const running = watchRunningTime();
    simulator.behave({ kind: 'answer', tokens: 1_000, gapMs: 20 });
    const stream = await client.chat.completions.create({ model: 'gpt-4o', messages, stream: true });
    let leftAt = 0;
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content === undefined) continue;
      leftAt = performance.timeOrigin + performance.now();
      stream.controller.abort();
      break;
    }
    await simulator.waitUntil(() => simulator.attempts[0]!.outcome === 'client_closed');
    expect(running.between(leftAt, simulator.attempts[0]!.clientClosedAt!)).toBeLessThan(100);
    running.stop();
    const [line] = await gateway.settled(1);
    expect(line).toMatchObject({ message: 'Client closed request', status: 499 });
  });

  it('embeds, completes, moderates and uses the responses API', async () => {
    const embedded = await client.embeddings.create({
      model: 'gpt-4o',
      input: ['one', 'two'],
      encoding_format: 'float',
    });
    expect(embedded.data).toHaveLength(2);
    const completed = await client.completions.create({ model: 'gpt-4o', prompt: 'Once' });
    expect(completed.choices[0]!.text).toBe(answerText(60));
    expect((await client.moderations.create({ model: 'gpt-4o', input: 'text' })).results).toHaveLength(1);
    const response = await client.responses.create({ model: 'gpt-4o', input: 'Hello!' });
    expect(response.output_text).toBe(answerText(60));
    let streamed = '';
    for await (const event of await client.responses.create({ model: 'gpt-4o', input: 'Hello!', stream: true })) {
      if (event.type === 'response.output_text.delta') streamed += event.delta;
    }
    expect(streamed).toBe(answerText(60));
  });

  it('sends files and gets sound', async () => {
    const file = new File([Buffer.alloc(1_000)], 'speech.wav');
    expect((await client.audio.transcriptions.create({ model: 'gpt-4o', file })).text).toBeTypeOf('string');
    const speech = await client.audio.speech.create({ model: 'gpt-4o', voice: 'alloy', input: 'Hello!' });
    expect((await speech.arrayBuffer()).byteLength).toBeGreaterThan(0);
  });
});

describe('errors, as the OpenAI library for JavaScript sees them', () => {
  const chat = (model = 'gpt-4o') => client.chat.completions.create({ model, messages });

  it.each([
    ['an unknown model', () => chat('none'), NotFoundError, 'model_not_found'],
    ['no messages', () => client.chat.completions.create({ model: 'gpt-4o', messages: [] }), BadRequestError, null],
  ])('tell %s', async (_what, ask, kind, code) => {
    const error = await ask().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(kind);
    if (code !== null) expect((error as APIError).code).toBe(code);
    expect((error as APIError).requestID).toMatch(/^req-/);
  });

  it('tell a wrong key from a right one', async () => {
    await gateway.stop();
    await start({ backends: [{ url: simulator.url, weight: 1, default_model: 'm' }], auth: { keys: ['right-key'] } });
    const error = await chat('').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AuthenticationError);
    expect((error as APIError).code).toBe('invalid_api_key');
    expect((await clientWith('right-key').chat.completions.create({ model: '', messages })).model).toBe('m');
  });

  it('tell limits, with the time to wait', async () => {
    simulator.behave('f2');
    const error = await chat().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RateLimitError);
    expect((error as APIError).headers?.get('retry-after')).toMatch(/^[1-9]\d*$/);
  });

  it('tell what the provider could not do, never as a fault of the key', async () => {
    for (const fault of ['f4', 'f23', 'f24', 'f18a']) {
      simulator.reset();
      simulator.behave(fault);
      const error = await chat().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InternalServerError);
    }
  });

  it('tell a stream that broke, in the middle of it', async () => {
    simulator.behave({ kind: 'truncate', afterTokens: 5, clean: true });
    const stream = await client.chat.completions.create({ model: 'gpt-4o', messages, stream: true });
    let text = '';
    const read = async () => {
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    };
    await expect(read()).rejects.toBeInstanceOf(APIError);
    expect(text).toBe(answerText(5));
  });

  it('tell a gateway that is not there', async () => {
    await gateway.stop();
    await expect(chat()).rejects.toBeInstanceOf(APIConnectionError);
  });
});
