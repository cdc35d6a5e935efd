import { randomBytes } from 'node:crypto';
import { type Behaviour, type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { send } from './exchange.ts';

// A reply reaches the caller byte for byte, however it was cut on its way.

let simulator: Simulator;
let gateway: TestGateway;

beforeAll(async () => {
  simulator = await startSimulator({ tokens: 12 });
  gateway = await startTestGateway({
    config: { backends: [{ url: simulator.url, weight: 1, api_key: 'sk-test' }] },
  });
});

beforeEach(() => simulator.reset());

afterAll(async () => {
  await gateway.stop();
  await simulator.close();
});

const chunkings = ['event', 'byte', 'all', [7, 3, 1000], [1000, 1]] as const;

/** The bytes the simulator answers when it is asked without a gateway in between. */
async function direct(path: string, body: string, behaviour: Behaviour): Promise<Buffer> {
  simulator.reset();
  simulator.behave(behaviour);
  const reply = await fetch(`${simulator.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return Buffer.from(await reply.arrayBuffer());
}

async function relayed(path: string, body: string, behaviour: Behaviour): Promise<Buffer> {
  simulator.reset();
  simulator.behave(behaviour);
  const reply = await send(gateway, { path, body });
  expect(reply.status).toBe(200);
  return reply.body;
}

const chat = (more: string): string => `{"model":"m",${more}"messages":[{"role":"user","content":"Hi"}]}`;

const streams: readonly (readonly [what: string, path: string, body: string])[] = [
  ['a chat', '/v1/chat/completions', chat('"stream":true,"stream_options":{"include_usage":true},')],
  [
    'a completion',
    '/v1/completions',
    '{"model":"m","stream":true,"stream_options":{"include_usage":true},"prompt":"Hi"}',
  ],
  ['a response', '/v1/responses', '{"model":"m","stream":true,"input":"Hi"}'],
];

describe('a stream', () => {
  describe.each(streams)('of %s', (_, path, body) => {
    it.each(['\n', '\r\n', '\r'] as const)('passes with line ends %j, in any chunks', async (newline) => {
      for (const chunking of chunkings) {
        for (const extras of [{}, { comments: true }, { bom: true, comments: true }]) {
          const behaviour = { kind: 'answer', newline, chunking, ...extras } as const;
          const expected = await direct(path, body, behaviour);
          const received = await relayed(path, body, behaviour);
          expect(received.toString('utf8')).toBe(expected.toString('utf8'));
          expect(received.equals(expected)).toBe(true);
        }
      }
    });
  });

  it.each(['\n', '\r\n', '\r'] as const)('lacks the usage nobody asked for, with line ends %j', async (newline) => {
    const path = '/v1/chat/completions';
    for (const chunking of chunkings) {
      const behaviour = { kind: 'answer', newline, chunking } as const;
      const asked = await direct(path, chat('"stream":true,"stream_options":{"include_usage":true},'), behaviour);
      const events = asked.toString('utf8').split(newline + newline);
      const expected = events.filter((event) => !event.includes('"usage":{'));
      expect(expected).toHaveLength(events.length - 1);
      const received = await relayed(path, chat('"stream":true,'), behaviour);
      expect(received.toString('utf8')).toBe(expected.join(newline + newline));
    }
  });

  it('passes with reasoning and tool calls', async () => {
    const body = chat(
      '"stream":true,"stream_options":{"include_usage":true},"tools":[{"type":"function","function":{"name":"f"}}],',
    );
    const behaviour = {
      kind: 'answer',
      reasoning: 'Hm, "well"',
      toolCalls: [{ name: 'f', arguments: { a: 'é\n' } }],
      chunking: [5],
    } as const;
    const expected = await direct('/v1/chat/completions', body, behaviour);
    expect((await relayed('/v1/chat/completions', body, behaviour)).equals(expected)).toBe(true);
  });

  it('passes what no parser would write: odd spaces, numbers, escapes, duplicate keys', async () => {
    const events = [
      'data:{"id" : 12345678901234567890,"choices":[ {"index":0,"delta":{"content":"\\u00e9\\/é"},"x":1.0} ] }',
      'id: 7\nevent: message\ndata: {"choices":[{"index":0,\ndata: "delta":{"content":"b","content":"c"}}]}\nretry: 10',
      ': comment',
      'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null,"n":-0}',
      'data: [DONE]',
    ];
    const bytes = `\n\n${events.join('\n\n')}\n\n`;
    for (const chunkSizes of [[100_000], [1], [13, 2]]) {
      const received = await relayed('/v1/chat/completions', chat('"stream":true,'), {
        kind: 'raw',
        bytes,
        chunkSizes,
      });
      expect(received.toString('utf8')).toBe(bytes);
    }
  });
});

describe('a whole answer', () => {
  const answers = [
    ['/v1/chat/completions', chat('')],
    ['/v1/completions', '{"model":"m","prompt":"Hi"}'],
    ['/v1/responses', '{"model":"m","input":"Hi"}'],
    ['/v1/embeddings', '{"model":"m","input":["Hi","Ho"]}'],
    ['/v1/moderations', '{"model":"m","input":"Hi"}'],
    ['/v1/rerank', '{"model":"m","query":"Hi","documents":["a","b"]}'],
    ['/v1/images/generations', '{"model":"m","prompt":"Hi"}'],
    ['/v1/audio/speech', '{"model":"m","input":"Hi","voice":"v"}'],
  ] as const;

  it.each(answers)('of %s passes in any chunks', async (path, body) => {
    for (const chunking of chunkings) {
      const behaviour = { kind: 'answer', chunking } as const;
      const expected = await direct(path, body, behaviour);
      expect((await relayed(path, body, behaviour)).equals(expected)).toBe(true);
    }
  });

  it('passes with odd spaces, numbers, escapes, duplicate keys and a newline at its end', async () => {
    const bytes = ` {"id" :12345678901234567890, "choices":[{"index":0,"message":{"content":"\\u00e9\\/é"},"p":1.0}],
      "x":1e400,"x":-0,"ключ":"\\ud800"} \n`;
    for (const chunkSizes of [[100_000], [1], [13, 2]]) {
      const behaviour = { kind: 'raw', bytes, chunkSizes, headers: { 'content-type': 'application/json' } } as const;
      expect((await relayed('/v1/chat/completions', chat(''), behaviour)).toString('utf8')).toBe(bytes);
    }
  });

  it.each([
    ['/v1/audio/speech', '{"model":"m","input":"Hi"}'],
    ['/v1/images/generations', '{"model":"m","prompt":"Hi"}'],
    ['/v1/m/some/content', '{}'],
  ])('of %s passes when it is no text', async (path, body) => {
    const bytes = randomBytes(300_000);
    for (const chunkSizes of [[1_000_000], [40_000, 17]]) {
      const headers = { 'content-type': 'application/octet-stream' };
      const behaviour = { kind: 'raw', base64: bytes.toString('base64'), chunkSizes, headers } as const;
      expect((await relayed(path, body, behaviour)).equals(bytes)).toBe(true);
    }
  });
});
