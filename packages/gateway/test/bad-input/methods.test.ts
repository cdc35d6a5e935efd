import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chat, errorOf, type Front, startFront } from './front.ts';

let front: Front;
beforeAll(async () => {
  front = await startFront();
});
afterEach(() => front.expectUnharmed());
afterAll(() => front.stop());

describe('methods', () => {
  it.each([
    ['GET', '/v1/chat/completions', 'POST'],
    ['HEAD', '/v1/chat/completions', 'POST'],
    ['PUT', '/v1/embeddings', 'POST'],
    ['DELETE', '/chat', 'POST'],
    ['GET', '/v1/models/m/chat/completions', 'POST'],
    ['POST', '/v1/models', 'GET, HEAD'],
    ['DELETE', '/v1/models/m', 'GET, HEAD'],
    ['POST', '/metrics', 'GET, HEAD'],
    ['TRACE', '/health', 'GET, HEAD'],
    ['PROPFIND', '/v1/models', 'GET, HEAD'],
    ['TRACE', '/v1/m/tokenize', 'GET, POST, PUT, PATCH, DELETE'],
  ])('%s %s is refused with those that are allowed', async (method, path, allow) => {
    const connection = await front.open();
    await connection.send(`${method} ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const reply = await connection.reply({ bodiless: method === 'HEAD' });
    expect([reply.status, reply.headers['allow']]).toEqual([405, allow]);
    if (method !== 'HEAD') expect(errorOf(reply).code).toBe('method_not_allowed');
  });

  it.each([
    ['GET /v1/messages', { type: 'error', error: { type: 'invalid_request_error' } }],
    ['GET /v1beta/models/m:generateContent', { error: { code: 405, status: expect.any(String) } }],
    ['POST /v1beta/models/%zz:generateContent', { error: { code: 400, status: 'INVALID_ARGUMENT' } }],
    ['PUT /model/m/converse', { message: 'Use POST for /model/m/converse.' }],
    ['GET /v2/chat', { error_type: 'METHOD_NOT_ALLOWED' }],
  ])('%s is refused in the words of who asks there', async (line, body) => {
    const reply = await front.ask(`${line} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`);
    expect(JSON.parse(reply.body)).toMatchObject(body);
  });

  it('OPTIONS tells those that are allowed', async () => {
    const ask = (path: string) => front.ask(`OPTIONS ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    for (const [path, allow] of [
      ['/v1/chat/completions', 'POST, OPTIONS'],
      ['/v1/models', 'GET, HEAD, OPTIONS'],
    ] as const) {
      const reply = await ask(path);
      expect([reply.status, reply.headers['allow'], reply.body]).toEqual([204, allow, '']);
    }
    expect((await ask('*')).status).toBe(204);
    expect((await ask('/nothing')).status).toBe(404);
  });

  it('HEAD gets the head of a page and nothing else', async () => {
    const connection = await front.open();
    await connection.send('HEAD /v1/models HTTP/1.1\r\nHost: x\r\n\r\nGET /live HTTP/1.1\r\nHost: x\r\n\r\n');
    const head = await connection.reply({ bodiless: true });
    expect([head.status, Number(head.headers['content-length'])]).toEqual([200, expect.any(Number)]);
    expect((await connection.reply()).body).toBe('{"status":"ok"}');
  });

  it('CONNECT is refused', async () => {
    const reply = await front.ask('CONNECT provider.test:443 HTTP/1.1\r\nHost: provider.test:443\r\n\r\n');
    expect([reply.status, errorOf(reply).code]).toEqual([405, 'method_not_allowed']);
  });
});

describe('an offer to speak something else', () => {
  it.each(['/v1/responses', '/v1/realtime', '/v1/chat/completions', '/'])(
    'is refused for WebSockets on %s',
    async (path) => {
      const connection = await front.open();
      const offer = [
        'Connection: Upgrade',
        'Upgrade: WebSocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: AAAA',
      ];
      await connection.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n${offer.join('\r\n')}\r\n\r\n`);
      const reply = await connection.reply();
      expect([reply.status, reply.headers['upgrade'], errorOf(reply).code]).toEqual([
        426,
        'HTTP/1.1',
        'upgrade_required',
      ]);
      await connection.over();
    },
  );

  it('is passed over for HTTP/2, which some clients offer with every request', async () => {
    const offer = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA'];
    expect((await front.ask(chat({ headers: ['Content-Type: application/json', ...offer] }))).status).toBe(200);
    const sent = front.simulator.attempts[0]!.headers;
    expect([sent['upgrade'], sent['http2-settings']]).toEqual([undefined, undefined]);
    front.simulator.reset();
  });
});
