import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerText } from '../answer-text.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { chat, exchange, streamData, streamText } from '../testing/raw-exchange.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ tokens: 5, models: ['one', 'org/two'] });
});
afterAll(() => simulator.close());

const text = answerText(5);

async function ask(path: string, body: unknown) {
  const reply = await exchange(simulator.url, { path, body });
  expect(reply, path).toMatchObject({ status: 200, complete: true });
  return JSON.parse(reply.text);
}

function deltasOf(body: string): Record<string, unknown>[] {
  const chunks = streamData(body) as { choices?: { delta: Record<string, unknown> }[] }[];
  return chunks.flatMap(({ choices = [] }) => choices.map(({ delta }) => delta));
}

describe('chat completions', () => {
  it('answer behind any prefix, and for an Azure deployment', async () => {
    for (const prefix of ['', '/v1', '/openai/v1', '/api/v3', '/v1beta/openai']) {
      const answer = await ask(`${prefix}/chat/completions`, {
        model: 'm',
        messages: [{ role: 'user', content: 'é è' }],
      });
      expect(answer).toMatchObject({
        object: 'chat.completion',
        model: 'm',
        usage: { prompt_tokens: 2, completion_tokens: 5, total_tokens: 7 },
      });
      expect(answer.choices).toMatchObject([
        { index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' },
      ]);
    }
    const azure = await ask('/openai/deployments/my%20model/chat/completions?api-version=1', { messages: [] });
    expect(azure.model).toBe('my model');
  });

  it('stream usage when asked, and only then', async () => {
    const plain = streamData((await chat(simulator.url, { stream: true })).text);
    expect(plain.every((data) => data === '[DONE]' || !Object.hasOwn(data as object, 'usage'))).toBe(true);
    const asked = streamData(
      (await chat(simulator.url, { stream: true, stream_options: { include_usage: true } })).text,
    );
    expect(asked[0]).toMatchObject({ usage: null });
    expect(asked.at(-2)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 2, completion_tokens: 5, total_tokens: 7 },
    });
  });

  it('give n choices and count them', async () => {
    const answer = await ask('/v1/chat/completions', { model: 'm', n: 3, messages: [] });
    expect(answer.choices.map((choice: { index: number }) => choice.index)).toEqual([0, 1, 2]);
    expect(answer.usage.completion_tokens).toBe(15);
    const stream = await chat(simulator.url, { stream: true, n: 2 });
    expect(streamText(stream.text).length).toBe(2 * text.length);
    expect(simulator.attempts.at(-1)?.tokensSent).toBe(5);
  });

  it('stop at max_tokens', async () => {
    const answer = await ask('/v1/chat/completions', { model: 'm', max_tokens: 2, messages: [] });
    expect(answer.choices[0]).toMatchObject({ message: { content: answerText(2) }, finish_reason: 'length' });
    expect(answer.usage.completion_tokens).toBe(2);
  });

  it('continue a prefill that begins the answer', async () => {
    for (const prefill of [answerText(2), `${answerText(2)} `, 'Eve']) {
      const answer = await ask('/v1/chat/completions', {
        model: 'm',
        messages: [{ role: 'assistant', content: prefill }],
      });
      expect(prefill + answer.choices[0].message.content).toBe(text);
    }
    const other = await ask('/v1/chat/completions', { model: 'm', messages: [{ role: 'assistant', content: 'Nope' }] });
    expect(other.choices[0].message.content).toBe(text);
  });

  it('call a tool, in a stream too, until its result is there', async () => {
    const parameters = { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } } };
    const tools = ['first', 'second'].map((name) => ({ type: 'function', function: { name, parameters } }));
    const unary = await ask('/v1/chat/completions', { model: 'm', tools, messages: [] });
    expect(unary.choices[0]).toMatchObject({ message: { content: null }, finish_reason: 'tool_calls' });
    const [call] = unary.choices[0].message.tool_calls;
    expect(call).toMatchObject({
      type: 'function',
      function: { name: 'first', arguments: '{"city":"Zürich","days":7}' },
    });

    const choice = { type: 'function', function: { name: 'second' } };
    const stream = await chat(simulator.url, { stream: true, tools, tool_choice: choice });
    const deltas = streamData(stream.text).flatMap((data) => {
      const chunk = data as {
        choices?: { delta: { tool_calls?: { function: { name?: string; arguments: string } }[] } }[];
      };
      return chunk.choices?.[0]?.delta.tool_calls ?? [];
    });
    expect(deltas[0]?.function.name).toBe('second');
    expect(deltas.length).toBeGreaterThan(3);
    expect(deltas.map((delta) => delta.function.arguments).join('')).toBe(call.function.arguments);

    const messages = [{ role: 'tool', tool_call_id: call.id, content: 'sun' }];
    expect((await ask('/v1/chat/completions', { model: 'm', tools, messages })).choices[0].message.content).toBe(text);
    const none = await ask('/v1/chat/completions', { model: 'm', tools, tool_choice: 'none', messages: [] });
    expect(none.choices[0].finish_reason).toBe('stop');
  });

  it('say what a behaviour scripts', async () => {
    simulator.script([
      {
        kind: 'answer',
        text: 'Short.',
        reasoning: 'Think hard.',
        finishReason: 'content_filter',
        usage: { prompt_tokens: 1 },
      },
      {
        kind: 'answer',
        toolCalls: [
          { name: 'a', arguments: {} },
          { name: 'b', arguments: '{"x":' },
        ],
        usage: 'never',
      },
      { kind: 'answer', usage: 'always' },
    ]);
    const scripted = await ask('/v1/chat/completions', { model: 'm', messages: [] });
    expect(scripted.choices[0]).toMatchObject({
      message: { content: 'Short.', reasoning_content: 'Think hard.' },
      finish_reason: 'content_filter',
    });
    expect(scripted.usage).toEqual({ prompt_tokens: 1 });
    const calls = await ask('/v1/chat/completions', { model: 'm', messages: [] });
    expect(calls.choices[0].message.tool_calls.map((call: { function: unknown }) => call.function)).toEqual([
      { name: 'a', arguments: '{}' },
      { name: 'b', arguments: '{"x":' },
    ]);
    expect(calls.usage).toBeUndefined();
    expect(streamData((await chat(simulator.url, { stream: true })).text).at(-2)).toMatchObject({ choices: [] });
  });

  it('refuse, in a stream too', async () => {
    simulator.script(Array(2).fill({ kind: 'answer', refusal: 'I will not.' }));
    const { choices } = await ask('/v1/chat/completions', { model: 'm', messages: [] });
    const message = { role: 'assistant', content: null, refusal: 'I will not.' };
    expect(choices).toMatchObject([{ message, finish_reason: 'stop' }]);
    const deltas = deltasOf((await chat(simulator.url, { stream: true })).text);
    expect(deltas[0]).toEqual({ role: 'assistant', content: null, refusal: null });
    expect(deltas.map((delta) => delta['refusal'] ?? '').join('')).toBe('I will not.');
  });

  it('stream reasoning, then citations, then several calls side by side', async () => {
    const toolCalls = ['a', 'b'].map((name) => ({ name, arguments: { long: 'argument' } }));
    const citations = [{ citedText: 'quote', title: 'A page', url: 'https://a.test/' }];
    const spec = { kind: 'answer', reasoning: 'Think hard.', text: 'Well.', toolCalls, citations } as const;
    simulator.script([spec, { ...spec, interleave: true }, spec]);
    const orders = [];
    for (let turn = 0; turn < 2; turn++) {
      const deltas = deltasOf((await chat(simulator.url, { stream: true })).text);
      expect(deltas.map((delta) => delta['reasoning_content'] ?? '').join('')).toBe('Think hard.');
      const calls = deltas.flatMap((delta) => (delta['tool_calls'] as { index: number }[] | undefined) ?? []);
      orders.push(calls.map(({ index }) => index).join(''));
      for (const index of [0, 1]) {
        const fragments = calls.filter((call) => call.index === index) as { function?: { arguments?: string } }[];
        expect(fragments.map((call) => call.function?.arguments).join('')).toBe('{"long":"argument"}');
      }
    }
    expect(orders).toEqual(['0000011111', '0101010101']);
    const { choices } = await ask('/v1/chat/completions', { model: 'm', messages: [] });
    expect(choices[0].message.annotations).toEqual([
      { type: 'url_citation', url_citation: { start_index: 0, end_index: 5, title: 'A page', url: 'https://a.test/' } },
    ]);
  });
});
