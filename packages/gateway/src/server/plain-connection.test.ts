import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PlainFront, plainRequest, type RawClient, type Served } from './plain-connection.fixture.ts';
import type { PlainReply } from './plain-reply.ts';
import { LEFTOVER_MS, REQUEST_MS } from './server-limits.ts';

let front: PlainFront;
beforeEach(() => {
  front = new PlainFront();
});
afterEach(() => front.close());

/** Bodies of the replies that came, whose last byte is known by `pattern`. */
const bodies = (text: string): string[] => text.split(/HTTP\/1\.1 \d+ [\s\S]*?\r\n\r\n/).slice(1);

/** The next request, which is left to the test. */
function hold(): Promise<Served> {
  return new Promise((resolve) => {
    front.answer = resolve;
  });
}

/** A reply whose first bytes were written. */
async function begunReply(client: RawClient): Promise<PlainReply> {
  const held = hold();
  await client.send(plainRequest('one'));
  const { reply } = await held;
  reply.head(200, []);
  reply.write(Buffer.from('first'));
  return reply;
}

function finish({ reply }: Served, text = 'done'): void {
  reply.head(200, []);
  reply.end(Buffer.from(text));
}

describe('a connection with plain requests', () => {
  it('carries one after the other', async () => {
    const client = await front.open();
    for (const body of ['one', 'two', 'three']) {
      await client.send(plainRequest(body));
      await client.until(new RegExp(`${body}$`));
    }
    expect(bodies(client.received)).toEqual(['one', 'two', 'three']);
    expect(front.served).toHaveLength(3);
  });

  it('keeps bodies apart that come in pieces at the same time', async () => {
    const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(1_000));
    const clients = await Promise.all(texts.map(() => front.open()));
    for (const at of [0, 300, 600, 900]) {
      for (const [index, client] of clients.entries()) {
        const text = texts[index]!;
        const part = at === 0 ? plainRequest(text).slice(0, -700) : text.slice(at, at + 300);
        await client.send(part);
        await new Promise(setImmediate);
      }
    }
    const answers = await Promise.all(clients.map((client, index) => client.until(new RegExp(`${texts[index]}$`))));
    expect(answers.flatMap(bodies)).toEqual(texts);
    expect(front.served).toHaveLength(3);
  });

  it('reads the same request at whatever byte it is split', async () => {
    const request = plainRequest('{"split":"anywhere"}');
    for (let at = 1; at < request.length; at++) {
      const client = await front.open();
      await client.send(request.slice(0, at));
      // Until the first part has been read: what node:http has not whole, it says nothing of.
      await new Promise(setImmediate);
      await client.send(request.slice(at));
      expect(bodies(await client.until(/"anywhere"\}$/))[0], `split at ${at}`).toMatch(
        /^(by node: )?\{"split":"anywhere"\}$/,
      );
      client.socket.destroy();
    }
  });

  it('answers what was sent ahead in turn, each with its own body', async () => {
    const client = await front.open();
    await client.send(['one', 'two', '', 'three'].map((body) => plainRequest(body)).join(''));
    expect(bodies(await client.until(/three$/))).toEqual(['one', 'two', '', 'three']);
  });

  it('goes over to node:http with the first request that is not plain, and loses nothing', async () => {
    const client = await front.open();
    const chunked =
      'POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
    await client.send(`${plainRequest('one')}${chunked}${plainRequest('two')}`);
    expect(bodies(await client.until(/two$/))).toEqual(['one', 'by node: abc', 'by node: two']);
    expect(front.served).toHaveLength(1);
  });

  it('goes over when a path is for somebody else', async () => {
    const client = await front.open();
    await client.send(plainRequest('one', [], '/admin/keys'));
    await client.until(/by node: one$/);
  });

  it('goes over when its first bytes are no whole head, and when they are no HTTP', async () => {
    const client = await front.open();
    await client.send('GET / HTTP/1.1\r\nHost');
    await client.send(': a\r\n\r\n');
    await client.until(/by node: $/);
    const other = await front.open();
    await other.send('\u0016\u0003\u0001 hello\r\n\r\n');
    expect(await other.closed()).toContain('400 Bad Request');
  });

  it('ends after what follows a request and can be none', async () => {
    const client = await front.open();
    await client.send(`${plainRequest('one')}rubbish\r\n\r\n`);
    const text = await client.closed();
    expect(text).toContain('connection: close');
    expect(bodies(text)).toEqual(['one']);
  });

  it('ends after such bytes also when the head of the reply promised to go on', async () => {
    const client = await front.open();
    const reply = await begunReply(client);
    await client.until(/keep-alive[\s\S]*first/);
    await client.send('rubbish');
    // It has been read when what was sent after it, on another connection, has been.
    const other = await front.open();
    await other.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await other.until(/by node/);
    reply.end();
    expect(await client.closed()).toMatch(/first\r\n0\r\n\r\n$/);
  });

  it('stays open for the next request while idle, and says when a reply is under way', async () => {
    const client = await front.open();
    const reply = await begunReply(client);
    await client.until(/first/);
    reply.end(Buffer.from('last'));
    expect(bodies(await client.until(/0\r\n\r\n$/))).toEqual(['5\r\nfirst\r\n4\r\nlast\r\n0\r\n\r\n']);
  });
});

describe('a client that takes nothing', () => {
  it('of a reply that is over is not waited for', async () => {
    const client = await front.open();
    client.socket.pause();
    const reply = await begunReply(client);
    reply.write(Buffer.alloc(20_000_000));
    const [socket] = front.sockets;
    // As node tells of a silence.
    socket!.emit('timeout');
    expect(socket!.destroyed).toBe(false);
    reply.end();
    await new Promise((resolve) => setImmediate(resolve));
    expect(socket!.destroyed).toBe(false);
    socket!.emit('timeout');
    expect(socket!.destroyed).toBe(true);
  });

  it('and closes its side is not waited for either', async () => {
    const client = await front.open();
    client.socket.pause();
    const reply = await begunReply(client);
    reply.write(Buffer.alloc(20_000_000));
    client.socket.end();
    const [socket] = front.sockets;
    await expect.poll(() => socket!.readableEnded).toBe(true);
    expect(socket!.destroyed).toBe(false);
    socket!.emit('timeout');
    expect(socket!.destroyed).toBe(true);
  });
});

describe('a client that closes its side', () => {
  it('gets the reply that ended in the same turn', async () => {
    const held = hold();
    const client = await front.open();
    await client.send(plainRequest('one'));
    finish(await held);
    const [socket] = front.sockets;
    // As the system tells of it.
    socket!.push(null);
    socket!.read(0);
    expect(bodies(await client.closed())).toEqual(['done']);
  });
});

describe('the body of a plain request', () => {
  it('that takes too long ends with an error and the connection', async () => {
    const client = await front.open();
    await client.send(plainRequest('x'.repeat(100)).slice(0, -1));
    while (front.clock.pending() === 0) await new Promise(setImmediate);
    front.clock.advance(REQUEST_MS);
    await client.until(/did not arrive in time/);
    expect(client.received).toContain('connection: close');
    front.clock.advance(LEFTOVER_MS);
    await client.closed();
  });

  it('that comes in its time leaves no limit behind', async () => {
    const client = await front.open();
    const request = plainRequest('in two parts');
    await client.send(request.slice(0, -1));
    while (front.clock.pending() === 0) await new Promise(setImmediate);
    await client.send(request.slice(-1));
    await client.until(/in two parts$/);
    expect(front.clock.pending()).toBe(0);
  });

  it('that breaks off is answered while the client can still read', async () => {
    const client = await front.open();
    await client.send(plainRequest('x'.repeat(100)).slice(0, -1));
    client.socket.end();
    expect(await client.closed()).toContain('closed before the request was complete');
  });

  it('that nobody reads waits at the client', async () => {
    const held = hold();
    const client = await front.open();
    const size = 30_000_000;
    client.socket.write(plainRequest('x'.repeat(size)));
    const { body } = await held;
    // As much as the systems on both sides hold, and no more, however long it goes on.
    await new Promise(setImmediate);
    expect(client.socket.writableLength).toBeGreaterThan(0);
    expect((await body.readAll(size)).length).toBe(size);
  });

  it('whose rest comes after the reply is dropped, and the next request served', async () => {
    const client = await front.open();
    front.answer = (request) => finish(request, 'early');
    const request = plainRequest('x'.repeat(100));
    await client.send(request.slice(0, -50));
    await client.until(/early$/);
    await client.send(request.slice(-50));
    await client.send(plainRequest('two'));
    await client.until(/early[\s\S]*early$/);
    expect(front.clock.pending()).toBe(0);
  });

  it('whose rest does not come after the reply is not waited for', async () => {
    const client = await front.open();
    front.answer = (request) => finish(request, 'early');
    await client.send(plainRequest('x'.repeat(100)).slice(0, -50));
    await client.until(/early$/);
    front.clock.advance(LEFTOVER_MS);
    await client.closed();
  });

  it('may be too large for who reads it', async () => {
    const client = await front.open();
    front.answer = async ({ body, reply }) => {
      try {
        await body.readAll(10);
      } catch (error) {
        reply.head(413, ['connection', 'close']);
        reply.end(Buffer.from((error as Error).message));
      }
    };
    await client.send(plainRequest('x'.repeat(100)));
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 413 [\s\S]*connection: close\r\n[\s\S]*larger than 10 bytes/);
  });
});

describe('a client that leaves', () => {
  it.each(['end', 'destroy'] as const)('before its reply cancels it: %s', async (way) => {
    const held = hold();
    const client = await front.open();
    await client.send(plainRequest('one'));
    const served = await held;
    client.socket[way]();
    await expect.poll(() => served.cancelled).toEqual(['client_closed']);
    // The answer that was on its way goes nowhere, and does no harm.
    served.reply.head(200, []);
    served.reply.write(Buffer.from('late'));
    served.reply.end();
    await client.closed();
    expect(served.cancelled).toHaveLength(1);
  });

  it('in the middle of a body cancels it, and who reads it hears', async () => {
    const held = hold();
    const client = await front.open();
    await client.send(plainRequest('x'.repeat(100)).slice(0, -1));
    const served = await held;
    const reading = served.body.readAll(1_000);
    client.socket.resetAndDestroy();
    await expect(reading).rejects.toThrow('closed the connection');
    expect(served.cancelled).toEqual(['client_closed']);
  });

  it('after its reply cancels nothing', async () => {
    const client = await front.open();
    await client.send(plainRequest('one'));
    await client.until(/one$/);
    client.socket.end();
    await client.closed();
    expect(front.served[0]!.cancelled).toEqual([]);
  });

  it('with a reply that is cut gets no end of it', async () => {
    const client = await front.open();
    const reply = await begunReply(client);
    await client.until(/first\r\n$/);
    reply.cut();
    expect(await client.closed()).toMatch(/first\r\n$/);
  });
});

describe('a stop', () => {
  it('is told with the reply under way, after which the connection ends', async () => {
    const held = hold();
    const client = await front.open();
    await client.send(plainRequest('one'));
    const served = await held;
    front.isDraining = true;
    finish(served);
    expect(await client.closed()).toMatch(/connection: close\r\n[\s\S]*done$/);
  });
});
