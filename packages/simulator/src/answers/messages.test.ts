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

describe('messages', () => {
  it('answer in the shape of Anthropic', async () => {
    const answer = await ask('/v1/messages', {
      model: 'm',
      max_tokens: 99,
      system: 'a b',
      messages: [{ role: 'user', content: 'c' }],
    });
    expect(answer).toMatchObject({
      type: 'message',
      role: 'assistant',
      stop_reason: 'end_turn',
      content: [{ type: 'text', text }],
    });
    expect(answer.usage).toMatchObject({ input_tokens: 3, output_tokens: 5 });
    expect((await ask('/v1/messages', { model: 'm', max_tokens: 2, messages: [] })).stop_reason).toBe('max_tokens');
    expect(await ask('/v1/messages/count_tokens', { messages: [{ role: 'user', content: 'a b c' }] })).toEqual({
      input_tokens: 3,
    });
  });

  it('stream typed events', async () => {
    simulator.script([{ kind: 'answer', reasoning: 'Hm.' }]);
    const body = { model: 'm', max_tokens: 99, stream: true, messages: [] };
    const reply = await exchange(simulator.url, { path: '/v1/messages', body });
    const events = streamData(reply.text) as { type: string; delta?: { text?: string; thinking?: string } }[];
    expect(events.map((event) => event.delta?.thinking ?? event.delta?.text ?? '').join('')).toBe(`Hm.${text}`);
    expect(events[0]?.type).toBe('message_start');
    expect(events.slice(-2)).toMatchObject([
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 6 } },
      { type: 'message_stop' },
    ]);
  });

  it('call tools until the result is there', async () => {
    const tools = [{ name: 'look', input_schema: { type: 'object', properties: { up: { type: 'boolean' } } } }];
    const body = { model: 'm', max_tokens: 9, tools, messages: [] };
    expect(await ask('/v1/messages', body)).toMatchObject({
      stop_reason: 'tool_use',
      content: [{ name: 'look', input: { up: true } }],
    });
    const reply = await exchange(simulator.url, { path: '/v1/messages', body: { ...body, stream: true } });
    const events = streamData(reply.text) as { delta?: { partial_json?: string } }[];
    expect(events.map((event) => event.delta?.partial_json ?? '').join('')).toBe('{"up":true}');
    const messages = [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'x', content: 'sky' }] }];
    expect((await ask('/v1/messages', { ...body, messages })).stop_reason).toBe('end_turn');
  });

  it('fail in the shape of Anthropic', async () => {
    const status = await exchange(simulator.url, { path: '/v1/messages', body: { model: 'f2', messages: [] } });
    expect(JSON.parse(status.text)).toMatchObject({ type: 'error', error: { type: 'rate_limit_error' } });
    const stream = await exchange(simulator.url, {
      path: '/v1/messages',
      body: { model: 'f17b?after=2', stream: true, messages: [] },
    });
    expect(streamData(stream.text).at(-1)).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } });
  });

  it('think, hide thoughts, cite, and call in parallel', async () => {
    const toolCalls = ['a', 'b'].map((name) => ({ name, arguments: { long: 'argument' } }));
    const citations = [{ citedText: 'quote', title: 'A page', url: 'https://a.test/' }, { citedText: 'passage' }];
    const spec = { reasoning: 'Hm.', signature: 'c2ln', redacted: 'xyz', text: 'Yes.', citations, toolCalls };
    simulator.script(Array(2).fill({ kind: 'answer', ...spec }));
    const body = { model: 'm', max_tokens: 99, messages: [] };
    const { content } = await ask('/v1/messages', body);
    const types = ['thinking', 'redacted_thinking', 'text', 'tool_use', 'tool_use'];
    expect(content.map(({ type }: { type: string }) => type)).toEqual(types);
    expect(content.slice(0, 3)).toMatchObject([
      { thinking: 'Hm.', signature: 'c2ln' },
      { data: 'xyz' },
      { citations: [{ type: 'web_search_result_location', cited_text: 'quote' }, { type: 'char_location' }] },
    ]);
    const reply = await exchange(simulator.url, { path: '/v1/messages', body: { ...body, stream: true } });
    const events = streamData(reply.text) as { type: string; index?: number; delta?: { type?: string } }[];
    const blocks = types.map((_, index) => events.filter((event) => event.index === index));
    expect(blocks[0]?.map((event) => event.delta?.type ?? event.type)).toEqual([
      ...['content_block_start', 'thinking_delta', 'signature_delta', 'content_block_stop'],
    ]);
    expect(blocks[1]?.[0]).toMatchObject({ content_block: { type: 'redacted_thinking', data: 'xyz' } });
    expect(blocks[2]?.[0]).toMatchObject({ content_block: { type: 'text', citations: [] } });
    expect(blocks[2]?.filter((event) => event.delta?.type === 'citations_delta')).toHaveLength(2);
    for (const block of blocks.slice(3)) {
      const deltas = block.flatMap(
        (event) => (event.delta as { partial_json?: string } | undefined)?.partial_json ?? [],
      );
      expect(deltas.length).toBeGreaterThan(2);
      expect(deltas.join('')).toBe('{"long":"argument"}');
    }
  });

  it('refuse', async () => {
    simulator.behave({ kind: 'answer', refusal: 'I will not.' });
    expect(await ask('/v1/messages', { model: 'm', max_tokens: 9, messages: [] })).toMatchObject({
      content: [{ type: 'text', text: 'I will not.' }],
      stop_reason: 'refusal',
      stop_details: { type: 'refusal', category: null, explanation: 'I will not.' },
    });
    simulator.behave(undefined);
  });
});
