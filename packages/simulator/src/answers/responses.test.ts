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

  it('think with a summary, and encrypted when asked or scripted', async () => {
    simulator.behave({ kind: 'answer', reasoning: 'Think hard.' });
    const body = { model: 'm', input: 'x' };
    const plain = (await ask('/v1/responses', body)).output[0];
    expect(plain).toEqual({
      id: expect.any(String),
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: 'Think hard.' }],
    });
    const include = ['reasoning.encrypted_content'];
    expect((await ask('/v1/responses', { ...body, include })).output[0].encrypted_content).toEqual(expect.any(String));
    simulator.behave({ kind: 'answer', reasoning: 'Think hard.', signature: 'c2ln' });
    const reply = await exchange(simulator.url, { path: '/v1/responses', body: { ...body, stream: true } });
    const done = streamData(reply.text).find(
      (event) => (event as { type: string }).type === 'response.output_item.done',
    );
    expect(done).toMatchObject({ item: { type: 'reasoning', encrypted_content: 'c2ln' } });
    simulator.behave(undefined);
  });

  it('refuse, cite, and call side by side', async () => {
    const toolCalls = ['a', 'b'].map((name) => ({ name, arguments: { long: 'argument' } }));
    const citations = [{ citedText: 'quote', title: 'A page', url: 'https://a.test/' }];
    const spec = {
      kind: 'answer',
      text: 'Well.',
      refusal: 'I will not.',
      toolCalls,
      citations,
      interleave: true,
    } as const;
    simulator.script([spec, spec]);
    const body = { model: 'm', input: 'x' };
    const { output } = await ask('/v1/responses', body);
    const annotation = { type: 'url_citation', start_index: 0, end_index: 5, title: 'A page', url: 'https://a.test/' };
    expect(output[0].content).toEqual([
      { type: 'output_text', text: 'Well.', annotations: [annotation], logprobs: [] },
      { type: 'refusal', refusal: 'I will not.' },
    ]);
    const reply = await exchange(simulator.url, { path: '/v1/responses', body: { ...body, stream: true } });
    const events = streamData(reply.text) as { type: string; output_index?: number; delta?: string }[];
    const of = (type: string) => events.filter((event) => event.type === type);
    expect(
      of('response.refusal.delta')
        .map(({ delta }) => delta)
        .join(''),
    ).toBe('I will not.');
    expect(of('response.refusal.done')).toMatchObject([{ content_index: 1, refusal: 'I will not.' }]);
    expect(of('response.output_text.annotation.added')).toMatchObject([{ annotation_index: 0, annotation }]);
    const order = of('response.function_call_arguments.delta').map((event) => event.output_index);
    expect(order).toEqual([1, 2, 1, 2, 1, 2, 1, 2]);
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { output: [{}, {}, {}] } });
  });
});
