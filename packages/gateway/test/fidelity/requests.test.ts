import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { bodyUpstream, send } from './exchange.ts';

// A request reaches the upstream byte for byte, but for the spans that must change.

let simulator: Simulator;
let gateway: TestGateway;

beforeAll(async () => {
  simulator = await startSimulator({ tokens: 3 });
  gateway = await startTestGateway({
    config: {
      backends: [
        { url: simulator.url, weight: 1, api_key: 'sk-test', default_model: 'standard' },
        { url: simulator.url, weight: 1, api_key: 'sk-test', models: { alias: 'real-name' } },
      ],
    },
  });
});

beforeEach(() => simulator.reset());

afterAll(async () => {
  await gateway.stop();
  await simulator.close();
});

const messages = '"messages":[{"role":"user","content":"Hi"}]';

/** Members that JSON.parse and JSON.stringify would change. */
const oddMembers: readonly (readonly [what: string, members: string])[] = [
  ['big integers', '"seed":12345678901234567890123456789,"max_tokens":9007199254740993'],
  ['decimals that are whole', '"temperature":1.0,"top_p":1.50,"x":10E-1'],
  ['a negative zero', '"x":-0,"y":-0.0'],
  ['numbers beyond any double', '"x":1e400,"y":-1e400,"z":1e-400'],
  ['an odd order of keys', '"z":1,"10":2,"9":3,"a":4,"":5'],
  ['duplicate keys', '"x":1,"x":2,"temperature":0.1,"temperature":0.2'],
  ['duplicate keys that say the same', '"x":1,"max_tokens":5,"x":1,"max_tokens" : 5,"n":1,"\\u006e":1'],
  ['escapes', '"x":"\\u0041\\u00e9\\/\\b\\ud83d\\ude00","\\u0079":"\\u0000"'],
  ['raw Unicode', '"ключ":"é 漢字 😀 \u2028 \u007f"'],
  ['halves of surrogate pairs', '"x":"\\ud800","y":"\\udc00\\ud800"'],
  ['unknown fields', '"provider":{"order":["a","b"],"allow_fallbacks":false},"x_new":[[],{},null]'],
  ['text that looks like members', '"x":"\\"model\\":\\"no\\",\\"stream_options\\":{}","y":{"model":"inner"}'],
];

describe('a chat request', () => {
  it.each(oddMembers)('keeps %s, whatever becomes of its model', async (_, odd) => {
    const body = (model: string): string => `{${model}${odd},${messages}}`;
    const cases = [
      ['"model":"as-it-is",', '"model":"as-it-is",'],
      ['"model": "alias" ,', '"model": "real-name" ,'],
      ['"model":"",', '"model":"standard",'],
      ['"model":null,', '"model":"standard",'],
      ['', '"model":"standard",'],
    ] as const;
    for (const [model, upstream] of cases) {
      const received = await bodyUpstream(gateway, simulator, { path: '/v1/chat/completions', body: body(model) });
      expect(received.toString('utf8')).toBe(body(upstream));
    }
  });

  it('keeps whitespace everywhere and a newline at its end', async () => {
    const body = `\r\n {\t"model" : "m" ,\n\n  "messages" :[ { "role":"user" , "content" : "Hi" } ]\t} \n`;
    const received = await bodyUpstream(gateway, simulator, { path: '/v1/chat/completions', body });
    expect(received.toString('utf8')).toBe(body);
  });

  it('keeps a model that a caller wrote with escapes, and rewrites it where it must', async () => {
    const body = (model: string): string => `{"mod\\u0065l":${model},${messages}}`;
    const path = '/v1/chat/completions';
    expect((await bodyUpstream(gateway, simulator, { path, body: body('"\\u006d"') })).toString()).toBe(
      body('"\\u006d"'),
    );
    expect((await bodyUpstream(gateway, simulator, { path, body: body('"\\u0061lias"') })).toString()).toBe(
      body('"real-name"'),
    );
  });

  it.each<[string, string, string]>([
    ['without options', '', '"stream_options":{"include_usage":true},'],
    ['with null', '"stream_options":null,', '"stream_options":{"include_usage":true},'],
    ['with empty options', '"stream_options":{},', '"stream_options":{"include_usage":true},'],
    ['that declines', '"stream_options":{"include_usage": false},', '"stream_options":{"include_usage": true},'],
    [
      'with unknown options',
      '"stream_options": {"chunk":12345678901234567890},',
      '"stream_options": {"include_usage":true,"chunk":12345678901234567890},',
    ],
    ['that asks itself', '"stream_options":{"include_usage" :true},', '"stream_options":{"include_usage" :true},'],
  ])('for a stream %s asks for usage, and keeps the rest', async (_, options, upstream) => {
    for (const [, odd] of oddMembers) {
      const body = (streamOptions: string): string => `{${streamOptions}"model":"m",${odd},"stream":true,${messages}}`;
      const sent = { path: '/v1/chat/completions', body: body(options) };
      expect((await bodyUpstream(gateway, simulator, sent)).toString('utf8')).toBe(body(upstream));
    }
  });

  it('keeps a model that is there twice, and rewrites both', async () => {
    const body = (model: string): string => `{"model":${model},${messages},"model" : ${model}}`;
    const received = async (model: string) =>
      (await bodyUpstream(gateway, simulator, { path: '/v1/chat/completions', body: body(model) })).toString();
    expect(await received('"as-it-is"')).toBe(body('"as-it-is"'));
    expect(await received('"alias"')).toBe(body('"real-name"'));
  });

  it('may name its model in the path', async () => {
    const path = '/v1/models/alias/chat/completions';
    const received = await bodyUpstream(gateway, simulator, { path, body: `{"seed":1.0,"model":"other",${messages}}` });
    expect(received.toString()).toBe(`{"seed":1.0,"model":"real-name",${messages}}`);
  });

  it('may arrive in chunks', async () => {
    const body = `{"model":"m","x":"${'é'.repeat(5_000)}",${messages}}`;
    const sent = { path: '/v1/chat/completions', body, chunkSizes: [1, 2, 997] };
    expect((await bodyUpstream(gateway, simulator, sent)).toString('utf8')).toBe(body);
  });
});

describe('other operations with JSON', () => {
  it.each([
    ['/v1/completions', '"prompt":"Hi"'],
    ['/v1/embeddings', '"input":["Hi",[1,2.0]]'],
    ['/v1/responses', '"input":"Hi"'],
    ['/v1/moderations', '"input":"Hi"'],
    ['/v1/rerank', '"query":"Hi","documents":["a"]'],
    ['/v1/images/generations', '"prompt":"Hi"'],
    ['/v1/audio/speech', '"input":"Hi","voice":"v"'],
  ])('%s keeps every byte but the model', async (path, known) => {
    for (const [, odd] of oddMembers) {
      const body = (model: string): string => ` {"model":${model}, ${odd},${known}}\n`;
      for (const [model, upstream] of [
        ['"m"', '"m"'],
        ['"alias"', '"real-name"'],
        ['""', '"standard"'],
      ] as const) {
        const received = await bodyUpstream(gateway, simulator, { path, body: body(model) });
        expect(received.toString('utf8')).toBe(body(upstream));
      }
    }
  });

  it('asks for usage in a stream of completions, not in one of responses', async () => {
    const completions = '{"model":"m","stream":true,"prompt":"Hi"}';
    const received = await bodyUpstream(gateway, simulator, { path: '/v1/completions', body: completions });
    expect(received.toString()).toBe(`{"stream_options":{"include_usage":true},${completions.slice(1)}`);
    const responses = '{"model":"m","stream":true,"input":"Hi"}';
    expect((await bodyUpstream(gateway, simulator, { path: '/v1/responses', body: responses })).toString()).toBe(
      responses,
    );
  });
});

describe('forms', () => {
  const boundary = 'x-5f4dcc3b';
  const type = { 'content-type': `multipart/form-data; boundary=${boundary}` };
  const form = (model: string, file: Buffer): Buffer =>
    Buffer.concat([
      Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="model"\r\n\r\n${model}\r\n`),
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n`),
      file,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]);
  const small = Buffer.concat([Buffer.from([0, 255, 13, 10, 45, 45, 128]), randomBytes(2_000)]);

  it.each(['/v1/audio/transcriptions', '/v1/audio/translations', '/v1/images/edits', '/v1/images/variations'])(
    'to %s pass as they are',
    async (path) => {
      const body = form('whisper', small);
      const received = await bodyUpstream(gateway, simulator, { path, body, headers: type });
      expect(received.equals(body)).toBe(true);
      expect(simulator.attempts.at(-1)!.headers['content-type']).toBe(type['content-type']);
      const chunked = { path, body, headers: type, chunkSizes: [1, 50, 700] };
      expect((await bodyUpstream(gateway, simulator, chunked)).equals(body)).toBe(true);
    },
  );

  it('have their model rewritten, and nothing else', async () => {
    const sent = { path: '/v1/audio/transcriptions', body: form('alias', small), headers: type };
    expect((await bodyUpstream(gateway, simulator, sent)).equals(form('real-name', small))).toBe(true);
  });

  it.each([
    ['with a length', undefined],
    ['in chunks', [64 * 1024]],
  ])('of five megabytes pass while they arrive, %s', async (_, chunkSizes) => {
    const body = form('whisper', randomBytes(5 * 1024 * 1024));
    const sent = { path: '/v1/audio/transcriptions', body, headers: type, ...(chunkSizes ? { chunkSizes } : {}) };
    expect((await bodyUpstream(gateway, simulator, sent)).equals(body)).toBe(true);
  });
});

describe('a long upload', () => {
  it('reaches the upstream before its end has left the client', async () => {
    const boundary = 'b';
    const opening = `--${boundary}\r\ncontent-disposition: form-data; name="model"\r\n\r\nm\r\n--${boundary}\r\n\r\n`;
    let resolveArrival: () => void;
    const arrival = new Promise<void>((resolve) => {
      resolveArrival = resolve;
    });
    const upstream = createServer((incoming, reply) => {
      incoming.once('data', () => resolveArrival());
      incoming.on('end', () => reply.end('heard'));
    });
    await once(upstream.listen(0, '127.0.0.1'), 'listening');
    const { port } = upstream.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const streaming = await startTestGateway({ config: { backends: [{ url, weight: 1, api_key: 'sk-test' }] } });
    try {
      const outgoing = request(`${streaming.url}/v1/audio/transcriptions`, {
        method: 'POST',
        headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
        agent: false,
      });
      const answered = once(outgoing, 'response');
      outgoing.write(opening);
      outgoing.write(randomBytes(1024 * 1024));
      await arrival;
      outgoing.end(`\r\n--${boundary}--\r\n`);
      const [reply] = (await answered) as [IncomingMessage];
      expect(reply.statusCode).toBe(200);
      reply.resume();
    } finally {
      await streaming.stop();
      upstream.closeAllConnections();
      upstream.close();
    }
  });
});

describe('the generic proxy', () => {
  it('forwards method, path, query and body as they are', async () => {
    const body = Buffer.concat([Buffer.from('{"model":"other", "x":1.0}'), randomBytes(300)]);
    const reply = await send(gateway, {
      path: '/v1/alias/tokenize/a%20b?purpose=x&a=%2F',
      method: 'PUT',
      body,
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(reply.status).toBe(200);
    const [attempt] = simulator.attempts;
    expect(attempt).toMatchObject({ method: 'PUT', path: '/v1/tokenize/a%20b', query: 'purpose=x&a=%2F' });
    expect(attempt!.body.equals(body)).toBe(true);
    expect(attempt!.headers['content-type']).toBe('application/octet-stream');
  });

  it('forwards a long body while it arrives', async () => {
    const body = randomBytes(3 * 1024 * 1024);
    const headers = { 'content-type': 'application/octet-stream' };
    const received = await bodyUpstream(gateway, simulator, {
      path: '/v1/alias/tokenize',
      body,
      headers,
      chunkSizes: [40_000],
    });
    expect(received.equals(body)).toBe(true);
  });
});
