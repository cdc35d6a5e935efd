import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bodiesOf, finish, PlainFront, plainRequest, type RawClient } from './plain-connection.fixture.ts';
import type { PlainReply } from './plain-reply.ts';

let front: PlainFront;
beforeEach(() => {
  front = new PlainFront();
});
afterEach(() => front.close());

/** A reply whose first bytes were written. */
async function begunReply(client: RawClient): Promise<PlainReply> {
  const held = front.hold();
  await client.send(plainRequest('one'));
  const { reply } = await held;
  reply.head(200, []);
  reply.write(Buffer.from('first'));
  return reply;
}

describe('a connection with plain requests', () => {
  it('carries one after the other', async () => {
    const client = await front.open();
    for (const body of ['one', 'two', 'three']) {
      await client.send(plainRequest(body));
      await client.until(new RegExp(`${body}$`));
    }
    expect(bodiesOf(client.received)).toEqual(['one', 'two', 'three']);
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
      expect(bodiesOf(await client.until(/"anywhere"\}$/))[0], `split at ${at}`).toMatch(
        /^(by node: )?\{"split":"anywhere"\}$/,
      );
      client.socket.destroy();
    }
  });

  it('answers what was sent ahead in turn, each with its own body', async () => {
    const client = await front.open();
    await client.send(['one', 'two', '', 'three'].map((body) => plainRequest(body)).join(''));
    expect(bodiesOf(await client.until(/three$/))).toEqual(['one', 'two', '', 'three']);
  });

  it('goes over to node:http with the first request that is not plain, and loses nothing', async () => {
    const client = await front.open();
    const chunked =
      'POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
    await client.send(`${plainRequest('one')}${chunked}${plainRequest('two')}`);
    expect(bodiesOf(await client.until(/two$/))).toEqual(['one', 'by node: abc', 'by node: two']);
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
    expect(bodiesOf(text)).toEqual(['one']);
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
    expect(bodiesOf(await client.until(/0\r\n\r\n$/))).toEqual(['5\r\nfirst\r\n4\r\nlast\r\n0\r\n\r\n']);
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
    const held = front.hold();
    const client = await front.open();
    await client.send(plainRequest('one'));
    finish(await held);
    const [socket] = front.sockets;
    // As the system tells of it.
    socket!.push(null);
    socket!.read(0);
    expect(bodiesOf(await client.closed())).toEqual(['done']);
  });
});

describe('a client that leaves', () => {
  it.each(['end', 'destroy'] as const)('before its reply cancels it: %s', async (way) => {
    const held = front.hold();
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
    const held = front.hold();
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
  it('began requests that came just as their connection was closed, and cancelled them', async () => {
    const client = await front.open();
    await client.send(plainRequest('one'));
    await client.until(/one$/);
    const [socket] = front.sockets;
    socket!.pause();
    await client.send(plainRequest('two'));
    socket!.resume();
    socket!.end();
    await once(client.socket, 'end');
    client.socket.end();
    await client.closed();
    expect(front.served).toHaveLength(1);
  });

  it('is told with the reply under way, after which the connection ends', async () => {
    const held = front.hold();
    const client = await front.open();
    await client.send(plainRequest('one'));
    const served = await held;
    front.isDraining = true;
    finish(served);
    expect(await client.closed()).toMatch(/connection: close\r\n[\s\S]*done$/);
  });
});
