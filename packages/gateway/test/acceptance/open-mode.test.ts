import { networkInterfaces } from 'node:os';
import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { call, errorOf, hello, openRequest, replyTo, textOf } from './caller.ts';

/** An address of this machine that is not its loopback. */
const outside = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

let simulator: Simulator;
let gateway: TestGateway | undefined;

beforeEach(async () => {
  simulator = await startSimulator({});
});

afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
  await simulator.close();
});

/** The harness names a host; `undefined` takes the name away again, so that it is as if nobody had. */
async function start(config: Record<string, unknown>, env: Record<string, string> = {}): Promise<number> {
  const backends = [{ url: simulator.url, weight: 1, api_key: 'provider-key', default_model: 'sim' }];
  gateway = await startTestGateway({ config: { backends, ...config, server: { host: undefined } }, env });
  return gateway.port;
}

const chatAt = (address: string, port: number, key?: string) =>
  call(`http://${address}:${port}`, { messages: hello }, key === undefined ? {} : { key });

describe('a gateway without keys and without a host', () => {
  it('answers clients on its own machine', async () => {
    const port = await start({});
    expect((await chatAt('127.0.0.1', port)).status).toBe(200);
  });

  it.each([
    ['came through a proxy', { 'x-forwarded-for': '192.0.2.1' }],
    ['came through a proxy that only says so', { via: '1.1 proxy' }],
    ['asks for a name that somebody gave this address', { host: 'rebound.example' }],
  ])('refuses what %s, but is alive to it', async (_what, headers) => {
    const url = `http://127.0.0.1:${await start({})}`;
    const chat = openRequest(url, '/v1/chat/completions', { 'content-type': 'application/json', ...headers });
    chat.end(JSON.stringify({ messages: hello }));
    const reply = await replyTo(chat);
    expect([reply.statusCode, await textOf(reply)]).toEqual([403, expect.stringContaining('GATEWAY_API_KEYS')]);
    const health = openRequest(url, '/health', headers);
    health.method = 'GET';
    health.end();
    expect((await replyTo(health)).statusCode).toBe(200);
    expect(simulator.attempts).toHaveLength(0);
  });

  it.skipIf(outside === undefined)(
    'refuses clients at any other address and tells what to do, but is alive to them',
    async () => {
      const port = await start({});
      const response = await chatAt(outside!, port);
      expect(response.status).toBe(403);
      const { message } = await errorOf(response);
      for (const remedy of ['auth.keys', 'GATEWAY_API_KEYS', '--host', 'auth.mode: open'])
        expect(message).toContain(remedy);
      expect((await fetch(`http://${outside}:${port}/v1/models`)).status).toBe(403);
      expect((await fetch(`http://${outside}:${port}/health`)).status).toBe(200);
      expect(simulator.attempts).toHaveLength(0);
    },
  );

  it.skipIf(outside === undefined)('answers them once somebody asks for it', async () => {
    const port = await start({ auth: { mode: 'open' } });
    expect((await chatAt(outside!, port)).status).toBe(200);
  });

  it.skipIf(outside === undefined)('answers them with a key once it has keys', async () => {
    const port = await start({}, { GATEWAY_API_KEYS: 'key-of-team' });
    expect((await chatAt(outside!, port)).status).toBe(401);
    const wrong = await chatAt(outside!, port, 'dummy');
    expect(wrong.status).toBe(401);
    expect(await errorOf(wrong)).toMatchObject({ code: 'invalid_api_key' });
    expect((await chatAt(outside!, port, 'key-of-team')).status).toBe(200);
    expect(simulator.attempts[0]!.headers.authorization).toBe('Bearer provider-key');
  });
});
