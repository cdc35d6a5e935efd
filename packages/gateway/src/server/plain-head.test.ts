import { createServer, type IncomingMessage } from 'node:http';
import { duplexPair } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headPieces } from './head-pieces.fixture.ts';
import { readPlainHead } from './plain-head.ts';

const usual = ['Host: example.test', 'Content-Type: application/json', 'Content-Length: 2'];

function headOf(lines: readonly string[], start = 'POST /v1/chat/completions HTTP/1.1'): Buffer {
  return Buffer.from(`${[start, ...lines].join('\r\n')}\r\n\r\n{}`, 'latin1');
}

describe('the head of a plain request', () => {
  it('is read with its headers in both spellings', () => {
    const bytes = headOf(['X-Api-Key: \t secret \t', 'Accept:', ...usual]);
    expect(readPlainHead(bytes)).toEqual({
      url: '/v1/chat/completions',
      headers: {
        'x-api-key': 'secret',
        accept: '',
        host: 'example.test',
        'content-type': 'application/json',
        'content-length': '2',
      },
      rawHeaders: [
        ...['X-Api-Key', 'secret', 'Accept', '', 'Host', 'example.test'],
        ...['Content-Type', 'application/json', 'Content-Length', '2'],
      ],
      contentLength: 2,
      end: bytes.length - 2,
    });
  });

  it.each([
    ['another method', 'GET /x HTTP/1.1'],
    ['a method in lower case', 'post /x HTTP/1.1'],
    ['an older version', 'POST /x HTTP/1.0'],
    ['no version', 'POST /x'],
    ['two blanks', 'POST  /x HTTP/1.1'],
    ['a blank in the path', 'POST /x y HTTP/1.1'],
    ['a blank at the end', 'POST /x HTTP/1.1 '],
    ['a whole address', 'POST http://example.test/x HTTP/1.1'],
    ['a fragment', 'POST /x#y HTTP/1.1'],
    ['quotes in the path', 'POST /"x" HTTP/1.1'],
    ['a path that is none', 'POST * HTTP/1.1'],
    ['an empty line before it', '\r\nPOST /x HTTP/1.1'],
  ])('is not one with %s', (_name, start) => {
    expect(readPlainHead(headOf(usual, start))).toBeUndefined();
  });

  it.each([
    ['chunks', ['Host: a', 'Transfer-Encoding: chunked']],
    ['chunks beside a length', [...usual, 'Transfer-Encoding: chunked']],
    ['no length', ['Host: a']],
    ['two lengths', [...usual, 'content-length: 2']],
    ['a length with a sign', ['Host: a', 'Content-Length: +2']],
    ['a length with zeros before it', ['Host: a', 'Content-Length: 02']],
    ['a length with a tab behind it', ['Host: a', 'Content-Length: 2\t']],
    ['a list of lengths', ['Host: a', 'Content-Length: 2, 2']],
    ['a length beyond reason', ['Host: a', 'Content-Length: 1000000000000']],
    ['no host', ['Content-Length: 2']],
    ['two hosts', [...usual, 'HOST: b']],
    ['an expectation', [...usual, 'Expect: 100-continue']],
    ['an upgrade', [...usual, 'Upgrade: h2c']],
    ['a connection that is to end', [...usual, 'Connection: close']],
    ['a connection with options', [...usual, 'Connection: keep-alive, Upgrade']],
    ['another name for connection', [...usual, 'Proxy-Connection: close']],
    ['trailers to come', [...usual, 'Trailer: x']],
    ['a header that comes twice', [...usual, 'X-A: 1', 'x-a: 2']],
    ['a name that every object has', [...usual, 'constructor: 1']],
    ['the name of what objects inherit from', [...usual, '__proto__: 1']],
    ['a folded line', [...usual, 'X-A: 1\r\n 2']],
    ['a blank before the colon', [...usual, 'X-A : 1']],
    ['no colon', [...usual, 'X-A']],
    ['no name', [...usual, ': 1']],
    ['a lone line feed', [...usual, 'X-A: 1\nX-B: 2']],
    ['a lone carriage return', [...usual, 'X-A: 1\rX-B: 2']],
    ['a zero byte', [...usual, 'X-A: \u0000']],
    ['a byte that is not ASCII', [...usual, 'X-A: \u00e9']],
    ['more headers than usual', [...usual, ...Array.from({ length: 62 }, (_, index) => `X-${index}: 1`)]],
    ['more bytes than usual', [...usual, `X-A: ${'a'.repeat(9_000)}`]],
  ])('is not one with %s', (_name, lines) => {
    expect(readPlainHead(headOf(lines))).toBeUndefined();
  });

  it('is not one before it is whole', () => {
    const bytes = headOf(usual);
    for (let end = 0; end < bytes.length - 2; end++) {
      expect(readPlainHead(bytes.subarray(0, end)), `${end} bytes`).toBeUndefined();
    }
    expect(readPlainHead(bytes.subarray(0, bytes.length - 2))).toBeDefined();
  });
});

/** What node:http understands; undefined where it refuses or waits. */
type Understood = Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'rawHeaders'> | undefined;

describe('node:http', () => {
  /** Gives it bytes and no more; answers what it takes for the first request. */
  function readByNode(bytes: Buffer): Promise<Understood> {
    return new Promise((resolve) => {
      const server = createServer({ requireHostHeader: false }, ({ headers, method, rawHeaders, url }, response) => {
        response.end();
        resolve({ headers, method, rawHeaders, url });
      });
      server.on('clientError', (_error, socket) => {
        socket.destroy();
        resolve(undefined);
      });
      const [client, served] = duplexPair();
      server.emit('connection', served);
      client.resume().end(bytes);
    });
  }

  const piece = fc.constantFrom(...headPieces);
  const line = fc.oneof(
    fc.constantFrom(
      'X-A: 1',
      'cookie: a=1',
      'Accept: */*',
      'Connection: Keep-Alive',
      'Origin: null',
      'Set-Cookie: a=1',
    ),
    fc
      .tuple(fc.string({ unit: 'binary-ascii', maxLength: 6 }), fc.string({ unit: 'binary-ascii', maxLength: 8 }))
      .map(([name, value]) => `${name}: ${value}`),
  );
  const path = fc.oneof(
    fc.constantFrom('/v1/chat/completions', '/v1/models/a%2Fb/chat/completions?x=1&y', '//x', '/..;/a', '/:@!$'),
    fc.string({ unit: 'binary-ascii', maxLength: 8 }).map((text) => `/${text}`),
  );
  const heads = fc
    .record({
      path,
      lines: fc.array(line, { maxLength: 4 }),
      edits: fc.array(fc.tuple(fc.nat(), piece), { maxLength: 2 }),
    })
    .map(({ path: place, lines, edits }) => {
      let text = headOf([...usual, ...lines], `POST ${place} HTTP/1.1`).toString('latin1');
      for (const [at, inserted] of edits) {
        const index = at % (text.length - 1);
        text = text.slice(0, index) + inserted + text.slice(index);
      }
      return Buffer.from(text, 'latin1');
    });

  it('reads every plain head just so', { timeout: 60_000 }, async () => {
    let plain = 0;
    await fc.assert(
      fc.asyncProperty(heads, async (bytes) => {
        const head = readPlainHead(bytes);
        if (head === undefined) return;
        plain++;
        const { headers, rawHeaders, url } = head;
        // With its body, so that node has nothing to wait for.
        const whole = Buffer.concat([bytes.subarray(0, head.end), Buffer.alloc(Math.min(head.contentLength, 64), 'x')]);
        expect(await readByNode(whole)).toEqual({ headers, method: 'POST', rawHeaders, url });
      }),
      { numRuns: 20_000 },
    );
    // One that reads nothing would pass otherwise.
    expect(plain).toBeGreaterThan(100);
  });
});
