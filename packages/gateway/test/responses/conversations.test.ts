import { afterEach, describe, expect, it } from 'vitest';
import { type Mode, type ResponsesDrill, startResponsesDrill } from './responses-drill.ts';

let drill: ResponsesDrill;
afterEach(() => drill.stop());

const modes: readonly Mode[] = ['whole', 'streamed'];
const wires = ['openai-chat', 'anthropic-messages', 'gemini', 'bedrock-converse', 'cohere-chat'] as const;
const cases = wires.flatMap((wire) => modes.map((mode) => [wire, mode] as const));

/** Who says what in a request, over whichever wire it went out. */
function told(body: Record<string, unknown>): string[] {
  const turns = (body['messages'] ?? body['contents']) as Record<string, unknown>[];
  return turns.map((turn) => `${turn['role']}: ${textsIn(turn).join(' ')}`.replace('model:', 'assistant:'));
}

function textsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    (key === 'text' || key === 'content') && typeof inner === 'string' ? [inner] : textsIn(inner),
  );
}

describe('previous_response_id', () => {
  it.each(cases)('goes on with a conversation over %s, %s', async (wire, mode) => {
    drill = await startResponsesDrill({ protocols: [wire] });
    drill.upstream.behave({ kind: 'answer', text: 'Hello Ada!' });
    const first = await drill.ask({ input: 'I am Ada.', instructions: 'Be brief.' }, mode);
    expect(first).toMatchObject({ output_text: 'Hello Ada!', store: true, previous_response_id: null });

    drill.upstream.behave({ kind: 'answer', text: 'Ada.' });
    const second = await drill.ask({ input: 'Who am I?', previous_response_id: first.id }, mode);
    expect(second).toMatchObject({ output_text: 'Ada.', previous_response_id: first.id });
    expect(told(drill.lastBody())).toEqual(['user: I am Ada.', 'assistant: Hello Ada!', 'user: Who am I?']);

    const [, , last] = [first, second, await drill.ask({ input: 'Sure?', previous_response_id: second.id }, mode)];
    expect(last.id).not.toBe(second.id);
    expect(told(drill.lastBody())).toHaveLength(5);
    expect(JSON.stringify(drill.lastBody())).not.toContain('Be brief.');
  });

  it('can be gone on with in two ways', async () => {
    drill = await startResponsesDrill({ protocols: ['openai-chat'] });
    const first = await drill.ask({ input: 'One' });
    await drill.ask({ input: 'Two', previous_response_id: first.id });
    await drill.ask({ input: 'Three', previous_response_id: first.id });
    expect(told(drill.lastBody()).filter((line) => line.startsWith('user'))).toEqual(['user: One', 'user: Three']);
  });

  it('keeps instructions of its own request', async () => {
    drill = await startResponsesDrill({ protocols: ['openai-chat'] });
    const first = await drill.ask({ input: 'One', instructions: 'In French.' });
    const second = await drill.ask({ input: 'Two', previous_response_id: first.id, instructions: 'In Dutch.' });
    expect(second.instructions).toBe('In Dutch.');
    expect(told(drill.lastBody())[0]).toBe('system: In Dutch.');
    expect(told(drill.lastBody())).toHaveLength(4);
  });

  it.each(modes)('brings a call back to its result, %s', async (mode) => {
    drill = await startResponsesDrill({ protocols: ['anthropic-messages'] });
    const parameters = { type: 'object', properties: { city: { type: 'string' } } };
    const tools = [{ type: 'function' as const, name: 'weather', parameters, strict: false }];
    drill.upstream.behave({ kind: 'answer', toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }] });
    const first = await drill.ask({ input: 'How is Oslo?', tools }, mode);
    const call = first.output.find((item) => item.type === 'function_call')!;
    drill.upstream.behave({ kind: 'answer', text: 'Cold.' });
    const output = { type: 'function_call_output' as const, call_id: call.call_id, output: '-3' };
    const second = await drill.ask({ input: [output], tools, previous_response_id: first.id }, mode);
    expect(second.output_text).toBe('Cold.');
    const { messages } = drill.lastBody() as { messages: { content: unknown }[] };
    expect(messages.map(({ content }) => content).slice(1)).toMatchObject([
      [{ type: 'tool_use', name: 'weather', input: { city: 'Oslo' } }],
      [{ type: 'tool_result', content: expect.anything() }],
    ]);
  });
});

describe('item_reference', () => {
  it('stands for an item of an earlier answer, or of what was asked', async () => {
    drill = await startResponsesDrill({ protocols: ['openai-chat'] });
    drill.upstream.behave({ kind: 'answer', text: 'Hello Ada!' });
    const first = await drill.ask({ input: 'I am Ada.' });
    const { data } = await drill.client().responses.inputItems.list(first.id);
    const ids = [data[0]!.id!, first.output[0]!.id!];
    const references = ids.map((id) => ({ type: 'item_reference' as const, id }));
    await drill.ask({ input: [...references, { role: 'user', content: 'Who am I?' }] });
    expect(told(drill.lastBody())).toEqual(['user: I am Ada.', 'assistant: Hello Ada!', 'user: Who am I?']);
  });

  it('to nothing is refused in OpenAI’s words', async () => {
    drill = await startResponsesDrill({ protocols: ['openai-chat'] });
    const input = [{ type: 'item_reference' as const, id: 'msg_none' }];
    await expect(drill.ask({ input })).rejects.toMatchObject({
      status: 404,
      param: 'input',
      message: expect.stringContaining("Item with id 'msg_none' not found."),
    });
    expect(drill.upstream.attemptCount).toBe(0);
  });
});

describe('reasoning of an earlier answer', () => {
  const think = { kind: 'answer', text: 'Four.', reasoning: 'Two and two.', signature: 'proof-of-it' } as const;

  it.each(modes)('goes back to an upstream of its own wire, and to no other, %s', async (mode) => {
    drill = await startResponsesDrill({ protocols: ['anthropic-messages'] });
    drill.upstream.behave(think);
    const reasoning = { effort: 'low' as const };
    const first = await drill.ask({ input: 'What is 2+2?', reasoning }, mode);
    await drill.ask({ input: 'Sure?', previous_response_id: first.id, reasoning }, mode);
    expect(drill.lastBody()['messages']).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: [{ type: 'thinking', thinking: 'Two and two.', signature: 'proof-of-it' }, {}] },
      { role: 'user' },
    ]);

    const { upstream } = drill;
    const backends = [{ url: upstream.url, api_key: 'k', default_model: 'sim', protocols: ['openai-chat'] }];
    drill.gateway.gateway.reload(await drill.gateway.load({ backends }));
    await drill.ask({ input: 'Sure?', previous_response_id: first.id }, mode);
    expect(upstream.attempts.at(-1)!.path).toContain('chat/completions');
    expect(told(drill.lastBody())).toEqual(['user: What is 2+2?', 'assistant: Four.', 'user: Sure?']);
    expect(JSON.stringify(drill.lastBody())).not.toContain('proof-of-it');
  });
});
