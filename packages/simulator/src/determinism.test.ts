import { describe, expect, it } from 'vitest';
import type { Behaviour } from './behaviours.ts';
import { startSimulator } from './simulator.ts';
import { exchange } from './testing/raw-exchange.ts';

const turn = { role: 'user', content: 'Hello' };
const schema = { type: 'object', properties: { city: { type: 'string' } } };
const contents = [{ role: 'user', parts: [{ text: 'Hello' }] }];
const converse = { messages: [{ role: 'user', content: [{ text: 'Hello' }] }] };

const requests: readonly (readonly [path: string, body: object])[] = [
  ['/v1/chat/completions', { model: 'm', messages: [turn] }],
  ['/v1/chat/completions', { model: 'm', stream: true, messages: [turn] }],
  ['/v1/chat/completions', { model: 'm', stream: true, tools: [{ function: { name: 'a', parameters: schema } }] }],
  ['/v1/completions', { model: 'm', stream: true, prompt: 'Hello' }],
  ['/v1/responses', { model: 'm', input: 'Hello' }],
  ['/v1/responses', { model: 'm', stream: true, input: 'Hello', text: { format: { type: 'json_schema', schema } } }],
  ['/v1/messages', { model: 'm', messages: [turn] }],
  ['/v1/messages', { model: 'm', stream: true, messages: [turn] }],
  ['/v1/embeddings', { model: 'm', input: 'Hello' }],
  ['/v1beta/models/m:generateContent', { contents }],
  ['/v1beta/models/m:streamGenerateContent', { contents }],
  ['/v1beta/models/m:streamGenerateContent?alt=sse', { contents }],
  ['/v1beta/models/m:countTokens', { contents }],
  ['/v1beta/models/m:embedContent', { content: contents[0] }],
  ['/model/m/converse', converse],
  ['/model/m/converse-stream', converse],
  ['/model/m/count-tokens', { input: { converse } }],
  ['/model/amazon.titan-embed-text-v2%3A0/invoke', { inputText: 'Hello' }],
  ['/v2/chat', { model: 'm', messages: [turn] }],
  ['/v2/chat', { model: 'm', stream: true, messages: [turn] }],
  ['/v2/embed', { model: 'm', texts: ['Hello'] }],
  ['/v2/rerank', { model: 'm', query: 'Hello', documents: ['Hello', 'Bye'] }],
];

const everything: Behaviour = {
  kind: 'answer',
  reasoning: 'Think hard.',
  redacted: 'hidden',
  text: 'Well then.',
  refusal: 'But no.',
  citations: [{ citedText: 'quote', title: 'A page', url: 'https://a.test/' }],
  toolCalls: [
    { name: 'a', arguments: { x: 1 } },
    { name: 'b', arguments: { y: 'two' } },
  ],
  interleave: true,
};

async function play(behaviour: Behaviour): Promise<Buffer[]> {
  const simulator = await startSimulator({ behaviour });
  const replies: Buffer[] = [];
  for (const [path, body] of requests) {
    const reply = await exchange(simulator.url, { path, body });
    expect(reply, path).toMatchObject({ status: 200, complete: true });
    replies.push(reply.bytes);
  }
  await simulator.close();
  return replies;
}

describe('good answers', () => {
  it.each([[{ kind: 'answer' } as const], [everything]])(
    'are the same bytes on every simulator, %#',
    async (behaviour) => {
      const [first, second] = [await play(behaviour), await play(behaviour)];
      const different = requests.filter((_, index) => !first[index]?.equals(second[index] ?? Buffer.alloc(0)));
      expect(different).toEqual([]);
    },
  );
});

describe('a prefill', () => {
  it.each([
    ['/v1beta/models/f14b:generateContent', { contents: [...contents, { role: 'model', parts: [{ text: 'Every' }] }] }],
    ['/model/f14b/converse', { messages: [...converse.messages, { role: 'assistant', content: [{ text: 'Every' }] }] }],
    [
      '/v2/chat',
      { model: 'f14b', messages: [turn, { role: 'assistant', content: [{ type: 'text', text: 'Every' }] }] },
    ],
  ])('is refused by f14b on %s', async (path, body) => {
    const simulator = await startSimulator();
    const reply = await exchange(simulator.url, { path, body });
    expect(reply.status).toBe(400);
    expect(reply.text).toMatch(/prefill is not supported/);
    await simulator.close();
  });
});
