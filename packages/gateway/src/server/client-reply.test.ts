import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ClientReply } from './client-reply.ts';

let server: Server | undefined;

afterEach(() => server?.close());

/** Raw bytes of the reply that `answer` gives to one request with `head` as its first lines. */
function rawReply(
  answer: (reply: ClientReply) => void,
  request = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
): Promise<string> {
  return new Promise((resolve, reject) => {
    server = createServer((_request, response) => void setImmediate(() => answer(new ClientReply(response)))).listen(
      0,
      '127.0.0.1',
      () => {
        const socket = connect((server!.address() as AddressInfo).port, '127.0.0.1');
        const chunks: Buffer[] = [];
        socket.on('data', (chunk) => chunks.push(chunk)).on('error', reject);
        socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
        socket.write(request);
      },
    );
  });
}

const bodyOf = (raw: string): string => raw.slice(raw.indexOf('\r\n\r\n') + 4);

describe('the reply to a client', () => {
  it('declares the length of a small whole body and sends its bytes as they are', async () => {
    const raw = await rawReply((reply) => {
      reply.head(200, ['content-type', 'text/plain']);
      reply.end(Buffer.from('é漢\u0000'));
    });
    expect(raw).toMatch(
      /^HTTP\/1\.1 200 OK\r\ncontent-type: text\/plain\r\ncontent-length: 6\r\ndate: [^\r]+GMT\r\nconnection: close\r\n\r\n/,
    );
    expect(Buffer.from(bodyOf(raw), 'latin1').toString('utf8')).toBe('é漢\u0000');
  });

  it('frames chunks that node:http would take back apart', async () => {
    const raw = await rawReply((reply) => {
      reply.head(200, ['content-type', 'text/event-stream']);
      reply.write(Buffer.from('data: 1\n\n'));
      reply.write(Buffer.alloc(300, 'x'));
      reply.end(Buffer.from('data: 2\n\n'));
    });
    expect(raw).toContain('transfer-encoding: chunked\r\n');
    expect(bodyOf(raw)).toBe(`9\r\ndata: 1\n\n\r\n12c\r\n${'x'.repeat(300)}\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n`);
  });

  it('ends a stream without a last piece', async () => {
    const raw = await rawReply((reply) => {
      reply.head(200, []);
      reply.write(Buffer.from('a'));
      reply.end();
    });
    expect(bodyOf(raw)).toBe('1\r\na\r\n0\r\n\r\n');
  });

  it('has no chunk for a piece without bytes, which would end the body early', async () => {
    const raw = await rawReply((reply) => {
      reply.head(200, []);
      for (const piece of ['', 'a', '', 'b', '']) reply.write(Buffer.from(piece));
      reply.end(Buffer.alloc(0));
    });
    expect(bodyOf(raw)).toBe('1\r\na\r\n1\r\nb\r\n0\r\n\r\n');
  });

  it('sends a declared length and no chunks when the headers have one', async () => {
    const raw = await rawReply((reply) => {
      reply.head(200, ['content-length', '2']);
      reply.write(Buffer.from('a'));
      reply.end(Buffer.from('b'));
    });
    expect(raw).not.toContain('chunked');
    expect(bodyOf(raw)).toBe('ab');
  });

  it('leaves HTTP/1.0, which knows no chunks, to node:http', async () => {
    const raw = await rawReply((reply) => {
      reply.head(200, []);
      reply.write(Buffer.from('a'));
      reply.end(Buffer.from('b'));
    }, 'GET / HTTP/1.0\r\n\r\n');
    expect(raw).not.toContain('chunked');
    expect(bodyOf(raw)).toBe('ab');
  });

  it('sends a head without a body where there can be none', async () => {
    const raw = await rawReply((reply) => {
      reply.head(204, ['x-a', 'b']);
      reply.end();
    });
    expect(raw).toMatch(/^HTTP\/1\.1 204 No Content\r\nx-a: b\r\n/);
    expect(bodyOf(raw)).toBe('');
  });

  it('lets no line break into the head', async () => {
    const raw = await rawReply((reply) => {
      reply.head(200, ['x-a', 'b\r\nx-evil: 1']);
      reply.end(Buffer.from('ok'));
    });
    expect(raw).not.toContain('\r\nx-evil');
  });

  it('keeps the connection for the next request', async () => {
    const two = 'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    const raw = await rawReply((reply) => {
      reply.head(200, []);
      reply.write(Buffer.from('a'));
      reply.end();
    }, two);
    expect(raw.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
    expect(raw).toContain('connection: keep-alive\r\nkeep-alive: timeout=75\r\n');
  });
});
