import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { answerOf, call, openPost, readAll } from './caller.ts';

// Streams that break after their first words, and what further targets make of them.

type Play = (response: ServerResponse) => void;

/** The events of a stream; where it does not end well, its connection breaks behind them. */
const plays =
  (events: readonly string[], isWhole: boolean): Play =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (isWhole) response.end(events.join(''));
    else response.write(events.join(''), () => response.destroy());
  };
const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const chunk = (delta: object, finish: string | null = null): string =>
  data({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] });
const done = 'data: [DONE]\n\n';
const said = (text: string): string => chunk({ content: text });
const block = (type: string, members: object): string => data({ type: `content_block_${type}`, index: 0, ...members });
const saidInBlock = (text: string): string =>
  data({ type: 'message_start', message: { id: 'msg', model: 'm', usage: { input_tokens: 1, output_tokens: 1 } } }) +
  block('start', { content_block: { type: 'text', text: '' } }) +
  block('delta', { delta: { type: 'text_delta', text } });

const servers: Server[] = [];
let gateway: TestGateway;
afterEach(async () => {
  await gateway.stop();
  for (const server of servers.splice(0)) server.close();
});

interface Script {
  readonly protocol?: string;
  /** Goes on with the beginning of an answer, as it is configured. */
  readonly takesBeginnings?: boolean;
  readonly play: Play;
  /** Is told what was asked. */
  readonly hear?: (body: string) => void;
}

async function listen({ play, hear }: Script): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      hear?.(Buffer.concat(chunks).toString());
      play(response);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const roots: Readonly<Record<string, readonly [name: string, root: string]>> = {
  'openai-chat': ['openai', '/v1'],
  'anthropic-messages': ['anthropic', ''],
  gemini: ['gemini', ''],
  'cohere-chat': ['cohere', ''],
};

/** Targets that are asked one after another. */
async function start(scripts: readonly Script[], { timeout = {}, mode = 'restart' } = {}): Promise<void> {
  const providers = await Promise.all(
    scripts.map(async (script, index) => {
      const { protocol = 'openai-chat', takesBeginnings: assistant_prefill = false } = script;
      const [name, root] = roots[protocol]!;
      const api_base = (await listen(script)) + root;
      const protocols = [protocol];
      const target = { name, api_base, protocols, priority: index + 1, api_key: `sk-${index}`, model: 'm' };
      return { ...target, max_retries: 0, assistant_prefill };
    }),
  );
  gateway = await startTestGateway({
    config: {
      models: { chat: { strategy: 'priority', providers } },
      resilience: { retry: { initial_delay_ms: 1 }, timeout },
      routing: { stream_recovery: mode },
    },
  });
}

it('what followed an attempt that had only repeated the answer and ended its text was lost', async () => {
  await start([
    { play: plays([said('Hello')], false) },
    { protocol: 'anthropic-messages', play: plays([saidInBlock('Hello'), block('stop', {})], false) },
    { play: plays([said('Hello, '), said('world'), chunk({}, 'stop'), done], true) },
  ]);
  expect(answerOf(await call(gateway.url, { stream: true }))).toMatchObject({ text: 'Hello, world', isDone: true });
});

it.each([
  [
    'gemini',
    [
      data({ candidates: [{ content: { parts: [{ text: 'Hello' }] }, index: 0 }] }),
      data({ candidates: [{ finishReason: 'STOP', index: 0 }] }),
    ],
  ],
  ['openai-chat', [said('Hello'), chunk({}, 'stop')]],
] as const)(
  'an attempt was failed that had only the end of an answer to add and sends no terminator: %s',
  async (protocol, events) => {
    await start([{ play: plays([said('Hello')], false) }, { protocol, play: plays(events, true) }]);
    expect(answerOf(await call(gateway.url, { stream: true }))).toMatchObject({ text: 'Hello', isDone: true });
  },
);

it('a word that came in the event by which an attempt broke off was told twice at the end of the answer', async () => {
  const candidate = (text: string, finishReason?: string): string =>
    data({ candidates: [{ content: { parts: [{ text }] }, index: 0, finishReason }] });
  await start([
    { play: plays([said('Hello')], false) },
    { protocol: 'gemini', play: plays([candidate('Hello'), candidate(', ', 'MALFORMED_FUNCTION_CALL')], true) },
    { play: plays([said('Hello, world'), chunk({}, 'stop'), done], true) },
  ]);
  const body = JSON.stringify({ model: 'chat', stream: true, input: 'Hi' });
  const reply = await readAll(await openPost(`${gateway.url}/v1/responses`, { body }).response);
  const events = [...reply.body.toString().matchAll(/^data: (.*)$/gm)].map(([, event]) => JSON.parse(event!));
  expect(events.map(({ delta = '' }) => delta).join('')).toBe('Hello, world');
  expect(events.at(-1)).toMatchObject({
    type: 'response.completed',
    response: { output: [{ content: [{ text: 'Hello, world' }] }] },
  });
});

it('a caller was told that no target was left of a stream that broke off where all had been out before', async () => {
  let requests = 0;
  await start([
    {
      play: (response) => {
        if (requests++ < 3) response.writeHead(500).end();
        else plays([said('Hello')], false)(response);
      },
    },
  ]);
  for (let count = 0; count < 3; count++) await call(gateway.url);
  expect(answerOf(await call(gateway.url, { stream: true }))).toMatchObject({
    text: 'Hello',
    error: { message: expect.stringContaining('cut its answer short') },
  });
});

it('an attempt that fell silent while it repeated was taken for alive because of the comments of a proxy', async () => {
  const timeout = { stream_idle_seconds: 0.4, streaming_seconds: 3 };
  const dribble: Play = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(said('Hel'));
    const timer = setInterval(() => response.write(': ping\n\n'), 100);
    response.on('close', () => clearInterval(timer));
  };
  const answer = plays([said('Hello, world'), chunk({}, 'stop'), done], true);
  await start([{ play: plays([said('Hello')], false) }, { play: dribble }, { play: answer }], { timeout });
  const reply = await call(gateway.url, { stream: true });
  expect(answerOf(reply)).toMatchObject({ text: 'Hello, world', isDone: true });
  expect(reply.durationMs).toBeLessThan(1_500);
});

it.each([
  ['auto', false, said('Hello, world')],
  ['continue', true, said(', world')],
  ['restart', false, said('Hello, world')],
] as const)(
  'no further target was asked to complete an answer after one that refused what it was asked (%s)',
  async (mode, takesBeginnings, rest) => {
    const error = { message: 'The last message must be of the user.', type: 'invalid_request_error' };
    const refuse: Play = (response) => {
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
    };
    await start(
      [
        { play: plays([said('Hello')], false) },
        { play: refuse, takesBeginnings: true },
        { play: plays([rest, chunk({}, 'stop'), done], true), takesBeginnings },
      ],
      { mode },
    );
    expect(answerOf(await call(gateway.url, { stream: true }))).toMatchObject({ text: 'Hello, world', isDone: true });
  },
);

it('what a broken attempt had told of its usage passed for that of the answer that another completed', async () => {
  await start([
    { protocol: 'anthropic-messages', play: plays([saidInBlock('One two three four five six seven. ')], false) },
    { play: plays([said('One two three four five six seven. Eight.'), chunk({}, 'stop'), done], true) },
  ]);
  const { isDone, usage } = answerOf(await call(gateway.url, { stream: true, includeUsage: true }));
  expect(isDone).toBe(true);
  expect(usage?.completion_tokens).toBeGreaterThan(8);
});

it('several answers were not completed by a target that sends no terminator, once one of them had ended', async () => {
  const of = (index: number, delta: object, finish_reason: string | null = null): string =>
    data({ id: 'c', model: 'm', choices: [{ index, delta, finish_reason }] });
  const first = of(0, { content: 'A' }) + of(0, {}, 'stop');
  await start([
    { play: plays([first, of(1, { content: 'B' })], false) },
    { play: plays([first, of(1, { content: 'BC' }), of(1, {}, 'stop')], true) },
  ]);
  const body = JSON.stringify({ model: 'chat', stream: true, n: 2, messages: [{ role: 'user', content: 'Hi' }] });
  const reply = openPost(`${gateway.url}/v1/chat/completions`, { body });
  const response = await reply.response;
  const answer = answerOf({ headers: response.headers, body: (await readAll(response)).body });
  expect(answer).toMatchObject({ text: 'ABC', finishReasons: ['stop', 'stop'], isDone: true });
});

const saidInContent = (text: string): string =>
  data({ type: 'content-delta', index: 0, delta: { message: { content: { text } } } });

it.each([
  ['anthropic-messages', '/v1/messages', saidInBlock('Hello'), data({ type: 'message_stop' }), 'message_stop"'],
  ['cohere-chat', '/v2/chat', data({ type: 'message-start', id: 'm' }) + saidInContent('Hello'), done, '[DONE]'],
])(
  'an end that was not earned was passed on, and the answer went on behind it (%s)',
  async (protocol, path, ...told) => {
    const [words, end, mark] = told;
    await start([
      { protocol, play: plays([words, end], true) },
      { play: plays([said('Hello, world'), chunk({}, 'stop'), done], true) },
    ]);
    const messages = [{ role: 'user', content: 'Hi' }];
    const body = JSON.stringify({ model: 'chat', stream: true, max_tokens: 99, messages });
    const reply = (await readAll(await openPost(gateway.url + path, { body }).response)).body.toString();
    expect(reply).toContain(', world');
    expect(reply.indexOf(mark)).toBeGreaterThan(reply.indexOf(', world'));
  },
);

it('a member that the gateway does not know kept an answer from being gone on with on its own wire', async () => {
  let heard = '';
  const hear = (body: string): void => {
    heard = body;
  };
  const rest = plays([said(', world'), chunk({}, 'stop'), done], true);
  await start([{ play: plays([said('Hello')], false) }, { play: rest, takesBeginnings: true, hear }], {
    mode: 'continue',
  });
  const newer = { newer: { than: 'this' } };
  const tool = { type: 'function', function: { name: 'f', ...newer }, ...newer };
  const messages = [{ role: 'user', content: [{ type: 'text', text: 'Hi', ...newer }], ...newer }];
  const body = JSON.stringify({ model: 'chat', stream: true, messages, tools: [tool], ...newer });
  const response = await openPost(`${gateway.url}/v1/chat/completions`, { body }).response;
  const answer = answerOf({ headers: response.headers, body: (await readAll(response)).body });
  expect(answer).toMatchObject({ text: 'Hello, world', isDone: true });
  const asked = JSON.parse(heard);
  expect(asked).toMatchObject({ messages: [...messages, { role: 'assistant', content: 'Hello' }], ...newer });
  expect(asked.tools).toMatchObject([tool]);
});
