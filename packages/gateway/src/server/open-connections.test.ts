import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { endIdleConnections } from './open-connections.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function start(idleMs: number, onReply: (response: ServerResponse) => void): Promise<() => Socket> {
  const server = createServer((_request, response) => onReply(response));
  endIdleConnections(server, idleMs);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return () => connect(port, '127.0.0.1').setEncoding('latin1');
}

const request = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';

it('ends a connection that has been silent for its time after a reply', async () => {
  const open = await start(30, (response) => response.end('fine'));
  const client = open();
  for (let count = 0; count < 2; count++) {
    client.write(request);
    expect(String(await once(client, 'data'))).toContain('200 OK');
  }
  await once(client, 'end');
});

it('ends a connection on which nothing was ever asked', async () => {
  const open = await start(30, () => {});
  await once(open().resume(), 'end');
});

it('ends a connection whose client takes nothing of a reply that is over', async () => {
  let silences = 0;
  let end: () => void = () => {};
  const sockets: Socket[] = [];
  const open = await start(30, (response) => {
    sockets.push(response.socket!.on('timeout', () => silences++));
    response.write(Buffer.alloc(20_000_000));
    end = () => response.end();
  });
  const client = open().pause();
  client.write(request);
  await expect.poll(() => silences).toBeGreaterThan(1);
  expect(sockets[0]!.destroyed).toBe(false);
  end();
  await expect.poll(() => sockets[0]!.destroyed).toBe(true);
});

it('waits for a reply that takes longer', async () => {
  let reply: ServerResponse | undefined;
  let silences = 0;
  const open = await start(20, (response) => {
    reply = response;
    response.socket!.on('timeout', () => silences++);
  });
  const client = open();
  client.write(request);
  await expect.poll(() => silences).toBeGreaterThan(0);
  reply!.end('late');
  expect(String(await once(client, 'data'))).toContain('late');
  await once(client, 'end');
});
