import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerText } from '../answer-text.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { exchange, streamData } from '../testing/raw-exchange.ts';

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

describe('responses', () => {
  it('answer whole', async () => {
    const answer = await ask('/v1/responses', { model: 'm', input: 'one two three', instructions: 'four' });
    expect(answer).toMatchObject({
      object: 'response',
      status: 'completed',
      usage: { input_tokens: 4, output_tokens: 5 },
    });
    expect(answer.output[0].content[0].text).toBe(text);
    const short = await ask('/v1/responses', { model: 'm', input: 'x', max_output_tokens: 1 });
    expect(short).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
  });

  it('stream typed events in order', async () => {
    const reply = await exchange(simulator.url, {
      path: '/v1/responses',
      body: { model: 'm', input: 'x', stream: true },
    });
    const events = streamData(reply.text) as {
      type: string;
      sequence_number: number;
      delta?: string;
      response?: { status: string };
    }[];
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    expect([...reply.text.matchAll(/^event: (.+)$/gm)].map((match) => match[1])).toEqual(
      events.map((event) => event.type),
    );
    expect(events.map((event) => event.delta ?? '').join('')).toBe(text);
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { status: 'completed' } });
  });

  it('call functions', async () => {
    const tools = [
      { type: 'function', name: 'look', parameters: { type: 'object', properties: { up: { type: 'boolean' } } } },
    ];
    const body = { model: 'm', input: 'x', tools };
    expect((await ask('/v1/responses', body)).output[0]).toMatchObject({
      type: 'function_call',
      name: 'look',
      arguments: '{"up":true}',
    });
    const reply = await exchange(simulator.url, { path: '/v1/responses', body: { ...body, stream: true } });
    const deltas = streamData(reply.text) as { type: string; delta?: string }[];
    expect(deltas.map((event) => event.delta ?? '').join('')).toBe('{"up":true}');
  });

  it('think first when a behaviour says so', async () => {
    simulator.script([
      { kind: 'answer', reasoning: 'Hm, well.' },
      { kind: 'answer', reasoning: 'Hm, well.' },
    ]);
    const answer = await ask('/v1/responses', { model: 'm', input: 'x' });
    expect(answer.output.map((item: { type: string }) => item.type)).toEqual(['reasoning', 'message']);
    expect(answer.usage).toMatchObject({ output_tokens: 7, output_tokens_details: { reasoning_tokens: 2 } });
    const reply = await exchange(simulator.url, {
      path: '/v1/responses',
      body: { model: 'm', input: 'x', stream: true },
    });
    const deltas = streamData(reply.text) as { type: string; delta?: string }[];
    expect(deltas.map((event) => event.delta ?? '').join('')).toBe(`Hm, well.${text}`);
  });

  it('carry errors as their own event', async () => {
    const reply = await exchange(simulator.url, {
      path: '/v1/responses',
      body: { model: 'f17b?after=2', input: 'x', stream: true },
    });
    expect(streamData(reply.text).at(-1)).toMatchObject({ type: 'error', message: expect.any(String) });
  });
});
