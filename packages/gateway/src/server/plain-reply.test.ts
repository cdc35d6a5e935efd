import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PlainFront, plainRequest } from './plain-connection.fixture.ts';
import type { PlainReply } from './plain-reply.ts';

let front: PlainFront;
beforeEach(() => {
  front = new PlainFront();
});
afterEach(() => front.close());

/** Raw bytes of what `answer` replies, until `end` matches them. */
async function rawReply(end: RegExp, answer: (reply: PlainReply) => void): Promise<string> {
  front.answer = ({ reply }) => answer(reply);
  const client = await front.open();
  await client.send(plainRequest('{}'));
  return client.until(end);
}

const bodyOf = (raw: string): string => raw.slice(raw.indexOf('\r\n\r\n') + 4);

describe('the reply to a plain request', () => {
  it('declares the length of a whole body and sends its bytes as they are', async () => {
    const raw = await rawReply(/\0$/, (reply) => {
      reply.head(200, ['content-type', 'text/plain']);
      reply.end(Buffer.from('é漢\u0000'));
    });
    expect(raw).toMatch(
      /^HTTP\/1\.1 200 OK\r\ncontent-type: text\/plain\r\ncontent-length: 6\r\ndate: [^\r]+GMT\r\nconnection: keep-alive\r\nkeep-alive: timeout=75\r\n\r\n/,
    );
    expect(Buffer.from(bodyOf(raw), 'latin1').toString('utf8')).toBe('é漢\u0000');
  });

  it.each([16 * 1024, 16 * 1024 + 1, 3_000_000])('sends a body of %i bytes whole', async (size) => {
    const raw = await rawReply(/y$/, (reply) => {
      reply.head(200, []);
      reply.end(Buffer.from(`${'x'.repeat(size - 1)}y`));
    });
    expect(raw).toContain(`content-length: ${size}\r\n`);
    expect(bodyOf(raw).length).toBe(size);
  });

  it('frames the pieces of a stream', async () => {
    const raw = await rawReply(/\r\n0\r\n\r\n$/, (reply) => {
      reply.head(200, ['content-type', 'text/event-stream']);
      for (const piece of ['', 'data: 1\n\n', '', 'x'.repeat(300)]) reply.write(Buffer.from(piece));
      reply.end(Buffer.from('data: 2\n\n'));
    });
    expect(raw).toContain('transfer-encoding: chunked\r\n');
    expect(bodyOf(raw)).toBe(`9\r\ndata: 1\n\n\r\n12c\r\n${'x'.repeat(300)}\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n`);
  });

  it('ends a stream with what is known only then', async () => {
    const raw = await rawReply(/\r\n\r\n[\s\S]*\r\n\r\n$/, (reply) => {
      reply.head(200, []);
      reply.write(Buffer.from('a'));
      reply.trailer('x-cost', '1');
      reply.end();
    });
    expect(bodyOf(raw)).toBe('1\r\na\r\n0\r\nx-cost: 1\r\n\r\n');
  });

  it('sends a declared length and no chunks when the headers have one', async () => {
    const raw = await rawReply(/ab$/, (reply) => {
      reply.head(200, ['content-length', '2']);
      reply.write(Buffer.from('a'));
      reply.end(Buffer.from('b'));
    });
    expect(raw).not.toContain('chunked');
    expect(bodyOf(raw)).toBe('ab');
  });

  it('has a head of its own, however many leave in the same turn', async () => {
    const replies: PlainReply[] = [];
    const all = new Promise<void>((resolve) => {
      front.answer = ({ reply }) => {
        if (replies.push(reply) === 3) resolve();
      };
    });
    const clients = await Promise.all([front.open(), front.open(), front.open()]);
    for (const client of clients) await client.send(plainRequest('{}'));
    await all;
    for (const [index, reply] of replies.entries()) {
      reply.head(200, ['x-a', String(index)]);
      reply.end(Buffer.from(`own ${index}`));
    }
    const raws = await Promise.all(clients.map((client) => client.until(/own \d$/)));
    for (const raw of raws) expect(raw).toContain(`\r\nx-a: ${bodyOf(raw).slice(-1)}\r\ncontent-length: 5\r\n`);
    expect(raws.map(bodyOf).sort()).toEqual(['own 0', 'own 1', 'own 2']);
  });

  it.each([204, 304])('has no body with status %i', async (status) => {
    const raw = await rawReply(/\r\n\r\n/, (reply) => {
      reply.head(status, ['x-a', 'b']);
      reply.end(Buffer.from('none'));
    });
    expect(raw).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^\r]+\r\nx-a: b\r\ndate: `));
    expect(raw).not.toMatch(/content-length|transfer-encoding/);
    expect(bodyOf(raw)).toBe('');
  });

  it('lets no line break into the head, and encodes what a header cannot hold', async () => {
    const raw = await rawReply(/ok$/, (reply) => {
      reply.head(200, ['x-a', 'b\r\nx-evil: 1', 'x-b', '漢']);
      reply.end(Buffer.from('ok'));
    });
    expect(raw).not.toContain('\r\nx-evil');
    expect(raw).toContain('\r\nx-b: %E6%BC%A2\r\n');
  });

  it('that closes says so once', async () => {
    const raw = await rawReply(/ok$/, (reply) => {
      reply.head(200, ['connection', 'close']);
      reply.end(Buffer.from('ok'));
    });
    expect(raw.match(/connection: [^\r]+/g)).toEqual(['connection: close']);
  });

  it('holds back a writer whose client does not read', async () => {
    const held = new Promise<PlainReply>((resolve) => {
      front.answer = ({ reply }) => resolve(reply);
    });
    const client = await front.open();
    client.socket.pause();
    await client.send(plainRequest('{}'));
    const reply = await held;
    reply.head(200, []);
    const piece = Buffer.alloc(1_000_000, 'x');
    let pieces = 1;
    while (reply.write(piece)) pieces++;
    const drained = new Promise<void>((resolve) => reply.onDrain(resolve));
    client.socket.resume();
    await drained;
    reply.end();
    expect(bodyOf(await client.until(/\r\n0\r\n\r\n$/)).length).toBe(pieces * (piece.length + 9) + 5);
  });

  it('ends once, whoever says so again', async () => {
    const raw = await rawReply(/ok$/, (reply) => {
      reply.head(200, []);
      reply.end(Buffer.from('ok'));
      reply.end(Buffer.from('again'));
      reply.write(Buffer.from('more'));
    });
    expect(bodyOf(raw)).toBe('ok');
  });
});
