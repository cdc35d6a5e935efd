import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerText } from './answer-text.ts';
import { type Simulator, startSimulator } from './simulator.ts';
import { exchange, streamText } from './testing/raw-exchange.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ tokens: 8 });
});
afterAll(() => simulator.close());

const whole = answerText(8);
const begun = answerText(3);
const user = { role: 'user', content: 'Hello' };
const assistant = { role: 'assistant', content: begun };

async function ask(path: string, body: object): Promise<{ readonly status: number; readonly text: string }> {
  const reply = await exchange(simulator.url, { path, body });
  const value = JSON.parse(reply.text);
  const text = value.choices?.[0].message.content ?? value.content?.[0].text ?? value.error?.message;
  return { status: reply.status, text };
}

const chat = (model: string, messages: readonly object[], more: object = {}) =>
  ask('/v1/chat/completions', { model, messages, ...more });
const messages = (model: string, list: readonly object[]) =>
  ask('/v1/messages', { model, max_tokens: 100, messages: list });

describe.each([
  ['chat', chat],
  ['messages', messages],
] as const)('a conversation that ends with the assistant, on %s', (_, send) => {
  it('is gone on with exactly where it ends', async () => {
    for (const model of ['sim', 'sim?prefill=honour']) {
      expect(await send(model, [user, assistant])).toEqual({ status: 200, text: whole.slice(begun.length) });
    }
    const inside = { role: 'assistant', content: whole.slice(0, 7) };
    expect(await send('sim?prefill=honour', [user, inside])).toEqual({ status: 200, text: whole.slice(7) });
  });

  it('is gone on with though it says something else, where any is honoured', async () => {
    const other = { role: 'assistant', content: answerText(3, 0) };
    expect((await send('sim?prefill=honour', [user, other])).text).toBe(whole.slice(begun.length));
    expect((await send('sim', [user, other])).text).toBe(whole);
  });

  it('is answered anew', async () => {
    expect(await send('sim?prefill=ignore', [user, assistant])).toEqual({ status: 200, text: whole });
  });

  it('is refused, and no other', async () => {
    const refused = await send('sim?prefill=refuse', [user, assistant]);
    expect(refused).toEqual({ status: 400, text: expect.stringContaining('prefill is not supported') });
    expect(await send('sim?prefill=refuse', [user])).toEqual({ status: 200, text: whole });
    expect(await send('sim?prefill=refuse', [user, assistant, user])).toEqual({ status: 200, text: whole });
  });

  it('is refused by whoever would break off otherwise', async () => {
    expect((await send('f8?after=2&prefill=refuse', [user, assistant])).status).toBe(400);
  });
});

describe('a conversation that ends with the assistant', () => {
  it('is refused on chat where its mark is missing', async () => {
    const refused = await chat('sim?prefill=prefix', [user, assistant]);
    expect(refused).toEqual({ status: 400, text: expect.stringContaining('prefix: true') });
    const marked = await chat('sim?prefill=prefix', [user, { ...assistant, prefix: true }]);
    expect(marked).toEqual({ status: 200, text: whole.slice(begun.length) });
  });

  it('is answered anew on chat where the flag is missing, and refused where it is half of two', async () => {
    const model = 'sim?prefill=flag';
    expect(await chat(model, [user, assistant])).toEqual({ status: 200, text: whole });
    const flags = { continue_final_message: true };
    expect((await chat(model, [user, assistant], flags)).status).toBe(400);
    const both = { ...flags, add_generation_prompt: false };
    expect((await chat(model, [user, assistant], both)).text).toBe(whole.slice(begun.length));
  });

  it('may not end with white space on messages, where it is honoured', async () => {
    const spaced = { role: 'assistant', content: `${begun} ` };
    expect(await messages('sim?prefill=honour', [user, spaced])).toEqual({
      status: 400,
      text: expect.stringContaining('trailing whitespace'),
    });
    expect((await chat('sim?prefill=honour', [user, spaced])).status).toBe(200);
  });

  it('is told by a behaviour, which goes before the name', async () => {
    simulator.script([{ kind: 'answer', prefill: 'ignore' }]);
    expect((await chat('sim?prefill=refuse', [user, assistant])).text).toBe(whole);
  });
});

describe('another answer', () => {
  it('begins at the word that the name tells', async () => {
    expect((await chat('sim?differs=3', [user])).text).toBe(answerText(8, 3));
    const reply = await exchange(simulator.url, {
      path: '/v1/chat/completions',
      body: { model: 'sim?differs=0', stream: true, messages: [user] },
    });
    expect(streamText(reply.text)).toBe(answerText(8, 0));
  });

  it('is what a behaviour says', async () => {
    simulator.script([{ kind: 'truncate', afterTokens: 5, clean: true, differs: 2 }]);
    const reply = await exchange(simulator.url, {
      path: '/v1/chat/completions',
      body: { model: 'sim', stream: true, messages: [user] },
    });
    expect(streamText(reply.text)).toBe(answerText(5, 2));
  });
});
