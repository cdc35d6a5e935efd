import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { certificate, privateKey } from '../harness/localhost-certificate.ts';
import { type BuiltGateway, buildGateway } from './built-gateway.ts';
import { call, hello, streamedText } from './caller.ts';

let built: BuiltGateway;
let server: Server;
/** Of connections that requests came on; probes of the target's health have others. */
let handshakes: { readonly servername: unknown; readonly isResumed: boolean }[];

beforeAll(async () => {
  built = await buildGateway();
});
afterAll(() => built.remove());

beforeEach(async () => {
  handshakes = [];
  const known = new Set<unknown>();
  server = createServer({ cert: certificate, key: privateKey }, (request, response) => {
    const socket = request.socket as TLSSocket & { servername?: unknown };
    if (request.method === 'POST' && !known.has(socket)) {
      known.add(socket);
      handshakes.push({ servername: socket.servername, isResumed: socket.isSessionReused() });
    }
    let asked = '';
    request.on('data', (bytes) => {
      asked += bytes;
    });
    request.on('end', () => {
      if (request.url === '/v1/close/chat/completions') response.setHeader('connection', 'close');
      if (asked.includes('"stream":true')) {
        response.setHeader('content-type', 'text/event-stream');
        response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'safe' } }] })}\n\n`);
        response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\n`);
        response.end('data: [DONE]\n\n');
        return;
      }
      const message = { role: 'assistant', content: 'x'.repeat(200_000) };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }] }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function startGateway(host: string, path = '/v1', env: Record<string, string> = {}): Promise<string> {
  const { port } = server.address() as AddressInfo;
  const config = `
server: { host: 127.0.0.1, port: 0, metrics_port: 0 }
models:
  sim: { providers: [{ name: one, api_base: "https://${host}:${port}${path}", api_key: none }] }
`;
  const files = { 'gateway.yaml': config, 'ca.pem': certificate };
  const gateway = await built.start({ args: ['gateway.yaml'], files, env });
  return gateway.listening();
}

const chat = (url: string, more: Record<string, unknown> = {}) => call(url, { model: 'sim', messages: hello, ...more });
const trusting = { NODE_EXTRA_CA_CERTS: 'ca.pem' };

it('relays whole answers and streams over TLS, with the name of the host, on one connection', async () => {
  const url = await startGateway('localhost', '/v1', trusting);
  for (let count = 0; count < 3; count++) {
    const reply = await chat(url);
    expect(reply.status).toBe(200);
    expect((await reply.text()).length).toBeGreaterThan(200_000);
  }
  const streamed = await chat(url, { stream: true });
  expect(streamedText(await streamed.text())).toBe('safe');
  expect(handshakes).toEqual([{ servername: 'localhost', isResumed: false }]);
});

it('takes up the session of the last connection', async () => {
  const url = await startGateway('localhost', '/v1/close', trusting);
  for (let count = 0; count < 3; count++) expect((await chat(url)).status).toBe(200);
  expect(handshakes.map(({ isResumed }) => isResumed)).toEqual([false, true, true]);
});

it('sends nothing to a host that nobody vouches for, or that vouches for another name', async () => {
  const unknown = await chat(await startGateway('localhost'));
  expect(unknown.status).toBe(502);
  expect(await unknown.text()).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
  const other = await chat(await startGateway('127.0.0.1', '/v1', trusting));
  expect(other.status).toBe(502);
  expect(await other.text()).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
});
