import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bodiesOf, finish, PlainFront, plainRequest } from './plain-connection.fixture.ts';
import { LEFTOVER_MS, REQUEST_MS } from './server-limits.ts';

let front: PlainFront;
beforeEach(() => {
  front = new PlainFront();
});
afterEach(() => front.close());

describe('the body of a plain request', () => {
  it('is kept apart from others that come in pieces at the same time', async () => {
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
    expect(answers.flatMap(bodiesOf)).toEqual(texts);
    expect(front.served).toHaveLength(3);
  });

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
    const held = front.hold();
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
