import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerText } from '../answer-text.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { chat, exchange, streamText } from '../testing/raw-exchange.ts';
import { textAt } from '../testing/wires.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ tokens: 3 });
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const schema = { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } } };
const messages = [{ role: 'user', content: 'Hello' }];
const format = { type: 'json_schema', name: 'x', schema };
const inChat = { type: 'json_schema', json_schema: { name: 'x', schema } };

describe('a schema for the answer', () => {
  it.each([
    ['chat', '/v1/chat/completions', { response_format: inChat }, ['choices', 0, 'message', 'content']],
    ['responses', '/v1/responses', { text: { format } }, ['output', 0, 'content', 0, 'text']],
    ['messages', '/v1/messages', { output_config: { format } }, ['content', 0, 'text']],
  ] as const)('is fitted on %s', async (_, path, fields, place) => {
    const reply = await exchange(simulator.url, { path, body: { model: 'm', messages, ...fields } });
    expect(textAt(JSON.parse(reply.text), ...place)).toBe('{"city":"Zürich","days":7}');
  });

  it('is fitted in a stream of small pieces, and not when the text is scripted', async () => {
    const reply = await chat(simulator.url, { stream: true, response_format: inChat });
    expect(JSON.parse(streamText(reply.text))).toEqual({ city: 'Zürich', days: 7 });
    expect(simulator.attempts[0]?.tokensSent).toBeGreaterThan(3);
    simulator.behave({ kind: 'answer', text: 'Plain.' });
    expect(streamText((await chat(simulator.url, { stream: true, response_format: inChat })).text)).toBe('Plain.');
  });

  it('waits for the result of a tool', async () => {
    const tools = [{ type: 'function', function: { name: 'look', parameters: schema } }];
    const called = await chat(simulator.url, { tools, response_format: inChat });
    expect(JSON.parse(called.text).choices[0].finish_reason).toBe('tool_calls');
    const free = await chat(simulator.url, { response_format: { type: 'json_object' } });
    expect(textAt(JSON.parse(free.text), 'choices', 0, 'message', 'content')).toBe(answerText(3));
  });
});
