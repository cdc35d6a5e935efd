import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SharedReads } from './shared-reads.ts';

let server: Server;
beforeEach(async () => {
  server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => void server.close());

interface Pair {
  readonly client: Socket;
  readonly accepted: Socket;
}

async function open(): Promise<Pair> {
  const accepted = once(server, 'connection');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  return { client, accepted: (await accepted)[0] };
}

/** As of a version of node that has other names for it. */
async function openElsewhere(): Promise<Pair> {
  const pair = await open();
  Object.assign(pair.accepted, { _server: undefined });
  server.close();
  return pair;
}

describe.each([
  ['', open],
  [' where sockets cannot be made anew', openElsewhere],
])('reads%s', (_title, openPair) => {
  it('tell of all bytes in their order', async () => {
    const { client, accepted } = await openPair();
    const text = 'abcdefghij'.repeat(50_000);
    let read = '';
    const { socket } = new SharedReads(accepted, (bytes) => {
      read += bytes.toString('latin1');
    });
    client.end(text);
    await once(socket, 'end');
    expect(read).toBe(text);
    socket.end('answer');
    expect(String(await once(client, 'data'))).toBe('answer');
  });

  it('wait while the socket is paused', async () => {
    const { client, accepted } = await openPair();
    let read = 0;
    const reads = new SharedReads(accepted, (bytes) => {
      read += bytes.length;
      if (read === bytes.length) reads.socket.pause();
    });
    const length = 20_000_000;
    client.end(Buffer.alloc(length));
    while (read === 0) await new Promise(setImmediate);
    const first = read;
    await new Promise(setImmediate);
    expect(read).toBe(first);
    reads.socket.resume();
    await once(reads.socket, 'end');
    expect(read).toBe(length);
    reads.socket.destroy();
  });

  it('that are released leave a socket like any other, with what was not read first', async () => {
    const { client, accepted } = await openPair();
    const reads = new SharedReads(accepted, (bytes) => reads.release(bytes.subarray(2)));
    client.write('a first piece');
    while (reads.socket.readableLength === 0) await new Promise(setImmediate);
    // More than a socket takes while nobody reads it, and each byte known by its place.
    const rest = Buffer.from(Uint32Array.from({ length: 2_000_000 }, (_, index) => index).buffer);
    client.end(rest);
    await new Promise(setImmediate);
    const pieces: Buffer[] = [];
    reads.socket.on('data', (piece: Buffer) => pieces.push(piece)).resume();
    await once(reads.socket, 'end');
    expect(Buffer.concat(pieces).equals(Buffer.concat([Buffer.from('first piece'), rest]))).toBe(true);
    reads.socket.destroy();
  });
});

it('a server counts connections whose socket was made anew, and closes after the last', async () => {
  const { client, accepted } = await open();
  const { socket } = new SharedReads(accepted, () => {});
  socket.on('end', () => socket.destroy());
  expect(socket).not.toBe(accepted);
  expect(socket.remoteAddress).toBe('127.0.0.1');
  const closed = once(server, 'close');
  server.close();
  const count = (): Promise<number> =>
    new Promise((resolve, reject) => server.getConnections((error, found) => (error ? reject(error) : resolve(found))));
  expect(await count()).toBe(1);
  client.destroy();
  await closed;
  expect(await count()).toBe(0);
});
