import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { answerEvents } from '../../canonical/answer-events.ts';
import type { ChatAnswer } from '../../canonical/chat-answer.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import { answerContext } from './decode-events.fixture.ts';
import openaiChat from './protocol.ts';

// What is written for clients is read by OpenAI's own library.

const answer: ChatAnswer = {
  id: 'c-1',
  model: 'm',
  created: 5,
  serviceTier: undefined,
  usage: { input: 3, output: 4 },
  choices: [
    {
      index: 0,
      parts: [
        { type: 'reasoning', text: 'Hm', signature: { origin: 'anthropic-messages', value: 'c2ln' } },
        { type: 'text', text: 'Grüß dich' },
        { type: 'tool-call', id: 'a', name: 'f', kind: 'function', arguments: '{"x":1}' },
        { type: 'tool-call', id: 'b', name: 'g', kind: 'function', arguments: '{}' },
      ],
      finish: { reason: 'tool-calls', raw: 'tool_use' },
      logprobs: undefined,
    },
  ],
};

const context = answerContext();
const ask = { model: 'm', messages: [{ role: 'user' as const, content: 'Hi' }] };

function clientOf(bytes: Buffer, type: string, status = 200): OpenAI {
  const reply = new Response(new Uint8Array(bytes), { status, headers: { 'content-type': type } });
  return new OpenAI({ apiKey: 'k', maxRetries: 0, fetch: async () => reply });
}

describe("OpenAI's library", () => {
  const message = {
    role: 'assistant',
    content: 'Grüß dich',
    tool_calls: [
      { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
      { id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } },
    ],
  };

  it('reads whole answers', async () => {
    const client = clientOf(openaiChat.client.encodeAnswer(answer, context), 'application/json');
    const completion = await client.chat.completions.create(ask);
    expect(completion).toMatchObject({ id: 'c-1', choices: [{ message, finish_reason: 'tool_calls' }] });
    expect(completion.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 });
  });

  it('reads streams', async () => {
    const encoder = openaiChat.client.createStreamEncoder(context);
    const bytes = Buffer.concat([...answerEvents(answer)].map((event) => encoder.push(event)));
    const stream = clientOf(bytes, openaiChat.streamType).chat.completions.stream(ask);
    const completion = await stream.finalChatCompletion();
    expect(completion).toMatchObject({ id: 'c-1', choices: [{ message, finish_reason: 'tool_calls' }] });
    expect(await stream.totalUsage()).toMatchObject({ prompt_tokens: 3, completion_tokens: 4 });
  });

  it('reads errors, before a stream and within it', async () => {
    const error = new GatewayError('rate_limited', 'Too many.');
    const { body, status, contentType } = openaiChat.client.encodeError(error);
    await expect(clientOf(body, contentType, status).chat.completions.create(ask)).rejects.toMatchObject({
      status: 429,
      code: 'rate_limit_exceeded',
    });
    const encoder = openaiChat.client.createStreamEncoder(context);
    const begun = [...answerEvents(answer)].slice(0, 4).map((event) => encoder.push(event));
    const bytes = Buffer.concat([...begun, openaiChat.client.encodeErrorEvent(error)]);
    const stream = clientOf(bytes, openaiChat.streamType).chat.completions.stream(ask);
    await expect(stream.finalChatCompletion()).rejects.toThrow('Too many.');
  });
});
