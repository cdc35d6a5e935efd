import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createHttpServer } from '../../src/server/http-server.ts';
import type { HttpServerParts } from '../../src/server/server-parts.ts';
import { startTestGateway } from '../harness/test-gateway.ts';
import { chat, chatBody, chunk, errorOf, type Front, framed, message, startFront } from './front.ts';

let front: Front;
beforeAll(async () => {
  front = await startFront();
});
afterEach(() => front.expectUnharmed());
afterAll(() => front.stop());

const length = `Content-Length: ${chatBody.length}`;
const json = 'Content-Type: application/json';

async function refusedWith(status: number, bytes: string | Buffer): Promise<string> {
  const connection = await front.open();
  void connection.send(bytes);
  const reply = await connection.reply();
  expect(reply.status).toBe(status);
  expect(reply.headers['connection']).toBe('close');
  const { message: text } = errorOf(reply);
  await connection.over();
  expect(connection.rest).toBe('');
  return text;
}

describe('a head that is too large', () => {
  it.each([40_000, 3_000_000])('is refused: a header of %d bytes', async (bytes) => {
    const text = await refusedWith(431, chat({ headers: [json, `X-Long: ${'a'.repeat(bytes)}`] }));
    expect(text).toContain('32768');
  });

  it('is refused: many headers, none of which is dropped without a word', async () => {
    const text = await refusedWith(
      431,
      chat({ headers: [json, ...Array.from({ length: 2_000 }, (_, n) => `a: ${n}`)] }),
    );
    expect(text).toContain('256 headers');
    expect(
      (await front.ask(chat({ headers: [json, ...Array.from({ length: 250 }, (_, n) => `a: ${n}`)] }))).status,
    ).toBe(200);
    front.simulator.reset();
  });

  it.each(['/v1/chat/completions?', '/v1/models/', '/v1/m/', '/v1/models?', '/nothing'])(
    'is refused: a request line of 20 kB, %s',
    async (path) => {
      expect(await refusedWith(400, chat({ line: `POST ${path}${'a'.repeat(20_000)} HTTP/1.1` }))).toContain('8192');
    },
  );

  it('is refused on a connection that served requests before, too', async () => {
    const connection = await front.open();
    await connection.send('GET /live HTTP/1.1\r\nHost: x\r\n\r\n');
    expect((await connection.reply()).status).toBe(200);
    await connection.send(chat({ headers: [json, `X-Long: ${'a'.repeat(40_000)}`] }));
    expect((await connection.reply()).status).toBe(431);
    await connection.over();
  });
});

describe('a head that is malformed', () => {
  it.each([
    ['a space in a name', 'X Y: z'],
    ['a space before the colon', 'X-Y : z'],
    ['a folded line', 'X-Y: z\r\n folded'],
    ['a tab for a fold', 'X-Y: z\r\n\tfolded'],
    ['NUL in a value', 'X-Y: a\0b'],
    ['NUL in a name', 'X\0Y: ab'],
    ['a lone CR in a value', 'X-Y: a\rb'],
    ['a lone LF after a value', 'X-Y: a\nX-Z: b'],
    ['no name', ': value'],
    ['no colon', 'value'],
    ['a name beyond ASCII', 'X-\u00e9: z'],
    ['brackets in a name', 'X[Y]: z'],
  ])('is refused: %s', async (_name, line) => {
    await refusedWith(400, framed([length, line], chatBody));
  });

  it('is refused: the first header folded', async () => {
    await refusedWith(400, `GET /live HTTP/1.1\r\n X-Y: z\r\nHost: x\r\n\r\n`);
  });

  it.each([
    ['bare LF', '\n'],
    ['bare CR', '\r'],
  ])('is refused: %s for its line ends', async (_name, end) => {
    await refusedWith(400, framed([length], chatBody).replaceAll('\r\n', end));
  });

  it.each([
    'GET /live',
    'GET /live HTTP/1.2',
    'GET /live HTTP/2.0',
    'GET /live HTTP/1.11',
    'GET /live http/1.1',
    'get /live HTTP/1.1',
    'BREW /live HTTP/1.1',
    'GET live HTTP/1.1',
    'GET /l ive HTTP/1.1',
    'PRI * HTTP/2.0',
    'GET constructor HTTP/1.1',
  ])('is refused: %s', async (line) => {
    await refusedWith(400, `${line}\r\nHost: x\r\n\r\n`);
  });

  it('is refused: bytes that are TLS', async () => {
    await refusedWith(400, Buffer.from('16030102000100010001fc0303', 'hex'));
  });
});

describe('the Host header', () => {
  it.each([
    ['missing', []],
    ['there twice', ['Host: a', 'Host: b']],
    ['there twice, in two spellings', ['Host: a', 'hOST: a']],
  ])('is refused when it is %s', async (_name, host) => {
    expect(await refusedWith(400, chat({ host }))).toContain('Host');
  });

  it('may be missing with HTTP/1.0', async () => {
    const connection = await front.open();
    await connection.send(chat({ line: 'POST /v1/chat/completions HTTP/1.0', host: [] }));
    const reply = await connection.reply();
    expect([reply.status, reply.headers['connection']]).toEqual([200, 'close']);
    await connection.over();
    front.simulator.reset();
  });
});

describe('expectations', () => {
  it('are met: the body is asked for, then read', async () => {
    const connection = await front.open();
    await connection.send(framed([length, 'Expect: 100-continue'], ''));
    expect((await connection.reply()).status).toBe(100);
    await connection.send(chatBody);
    const reply = await connection.reply();
    expect([reply.status, reply.headers['connection']]).toEqual([200, 'keep-alive']);
    expect(front.simulator.attempts[0]!.headers['expect']).toBeUndefined();
    front.simulator.reset();
  });

  it('are not met for a body that would be refused anyway, and the connection ends', async () => {
    const text = await refusedWith(413, framed(['Content-Length: 10000000', 'Expect: 100-continue'], ''));
    expect(text).toContain('larger');
    const type = chat({ headers: ['Content-Type: text/plain', 'Expect: 100-continue'], body: '' });
    await refusedWith(415, type);
  });

  it.each(['200-ok', 'a=b'])('of other kinds are refused: %s', async (value) => {
    await refusedWith(417, framed([length, `Expect: ${value}`], chatBody));
  });
});

describe('clients that take their time', () => {
  it('are bounded in all they do', () => {
    const server = createHttpServer({ maxConnections: 7 } as HttpServerParts);
    expect(server).toMatchObject({
      headersTimeout: 30_000,
      requestTimeout: 300_000,
      timeout: 75_000,
      maxConnections: 7,
    });
    server.close();
  });

  it('may send a request byte by byte', async () => {
    const connection = await front.open();
    for (const byte of framed(['Transfer-Encoding: chunked'], `${chunk(chatBody)}${chunk('')}`))
      await connection.send(byte);
    expect((await connection.reply()).status).toBe(200);
    front.simulator.reset();
  });

  it('and stop in the middle are told to, once they say that no more will come', async () => {
    for (const part of [
      'POST /v1/chat/completions HT',
      framed(['Content-Length: 1000'], '{"model"'),
      framed(['Transfer-Encoding: chunked'], '5\r\n{'),
    ]) {
      const connection = await front.open();
      await connection.send(part);
      connection.endSending();
      expect((await connection.reply()).status).toBe(400);
      await connection.over();
    }
  });

  it('and close their half of the connection have left: the provider is not kept at work', async () => {
    front.simulator.behave({ kind: 'hang', when: 'before-headers' });
    const connection = await front.open();
    await connection.send(chat());
    await front.simulator.waitForAttempts(1);
    connection.endSending();
    await connection.over();
    await front.simulator.waitUntil(() => front.simulator.attempts[0]!.outcome === 'client_closed');
    front.simulator.reset();
  });
});

describe('a request after another that was refused', () => {
  it('is served on the same connection when the first was read to its end', async () => {
    const connection = await front.open();
    await connection.send(message({ body: '[]' }));
    expect((await connection.reply()).status).toBe(400);
    await connection.send(chat());
    expect((await connection.reply()).status).toBe(200);
    front.simulator.reset();
  });
});

describe('names that no header can hold', () => {
  it('are percent-encoded in replies: a configuration may be written in any script', async () => {
    // The low bytes of these characters are CR and LF.
    const name = '\u010d\u010aX-Evil: 1';
    const provider = { name: '\u901a\u4e49', api_base: `${front.simulator.url}/v1`, api_key: 'sk-of-the-provider' };
    const other = await startTestGateway({ config: { models: { [name]: { providers: [provider] } } } });
    for (const stream of [false, true]) {
      const reply = await fetch(`${other.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: name, stream, messages: [{ role: 'user', content: 'Hi' }] }),
      });
      expect(reply.status).toBe(200);
      expect(reply.headers.has('x-evil')).toBe(false);
      expect(decodeURIComponent(reply.headers.get('x-gateway-target')!)).toContain('\u901a\u4e49');
      await reply.text();
    }
    await other.stop();
    front.simulator.reset();
  });
});
